"""A cart decided: who fills each line, what is wrong with it, what it costs, and the hash that a person confirms.

``quote`` prices every filled line whatever its findings; what may be paid for is up to checkout.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.domain.context import Context
from core.domain.model import Cart, Days, Finding, Objective, Program, Quote, Severity, Split
from core.rules.pricing.quotes import quote
from core.rules.split.cart_split import split
from core.rules.split.search import Watch
from core.rules.validation.cart_digest import cart_hash
from core.rules.validation.runner import validate


@dataclass(frozen=True, slots=True)
class Plan:
    """The split, the findings line by line, the quote of what is filled, and the hash of all that was validated."""

    program: Program
    split: Split
    findings: tuple[Finding, ...]
    quote: Quote
    hash: str

    def open_findings(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of a severity on lines that are not held."""
        return tuple(finding for finding in self.findings if finding.severity is severity and not finding.held)

    def unanswered(
        self, acknowledged: Collection[tuple[int, str]], overridden: Collection[tuple[int, str]]
    ) -> tuple[Finding, ...]:
        """What stops a checkout: blocking findings that nobody overrode and warnings that nobody acknowledged, both as
        (line, code), on lines that are not held."""
        blocking = (
            finding
            for finding in self.open_findings(Severity.BLOCKING)
            if (finding.line, finding.code) not in overridden
        )
        unread = (
            finding
            for finding in self.open_findings(Severity.WARNING)
            if (finding.line, finding.code) not in acknowledged
        )
        return (*blocking, *unread)


def plan(
    cart: Cart,
    context: Context,
    program: Program,
    objective: Objective,
    days: Days,
    *,
    overrides: frozenset[tuple[int, str]] = frozenset(),
    day_price_cents: int | None = None,
    confirmed: Split | None = None,
    watch: Watch | None = None,
) -> Plan:
    """Split, validate and price a cart.

    ``overrides`` are (line number, code) that a person has overridden; ``day_price_cents`` None takes the setting.
    ``confirmed`` is an earlier split, which is taken over where the question is the same; ``watch`` follows a new one.
    """
    price = context.day_price_cents(days) if day_price_cents is None else day_price_cents
    routed = split(
        cart,
        context,
        program,
        objective,
        days,
        overrides=overrides,
        day_price_cents=price,
        previous=confirmed,
        watch=watch,
    )
    findings = validate(routed, context, program, days)
    return Plan(
        program=program,
        split=routed,
        findings=findings,
        quote=quote(routed.lines, context, program, days),
        hash=cart_hash(cart, findings, program.program, objective, price, days),
    )
