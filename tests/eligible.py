"""Which filters refuse one pharmacy for one line."""

from __future__ import annotations

from core.domain.context import Context
from core.domain.model import CartLine, Days, Program
from core.rules.eligibility import FILTERS, Eligibility


def codes_against(
    line: CartLine,
    pharmacy: str,
    context: Context,
    program: Program,
    days: Days,
    overridden: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The filters that refuse a pharmacy for a line, in the order of FILTERS; empty where it may fill it.

    Stock is the pharmacy's whole stock: what other lines of the cart take is the split's to say. ``overridden`` are
    codes that a person has overridden on this line.
    """
    eligibility = Eligibility(context, program, days)
    subject, partner = eligibility.subject(line), context.pharmacies.get(pharmacy)
    if subject is None or partner is None:
        return FILTERS[:1]
    return eligibility.codes(subject, eligibility.terms_of(partner, subject), overridden)
