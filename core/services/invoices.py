"""A pharmacy's invoice checked against the ledger, and the ledger by month for an accountant. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from core.adapters.store import Store
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.invoices import billable_lines, payable_by_month
from core.domain.errors import Refused
from core.domain.ledger import Amounts
from core.domain.money import dollars
from core.domain.roles import Action, Person, require
from core.rules.invoices import InvoiceMatch, InvoiceRow, matched

MONTH_COLUMNS = (
    "month", "pharmacy", "medication", "program_fee", "encounters", "shipping", "processing", "refunds", "total",
)  # fmt: skip


def check_invoice(
    store: Store, person: Person, clinic: str, pharmacy: str, rows: Iterable[InvoiceRow], first: date, last: date
) -> list[InvoiceMatch]:
    """Rows of a pharmacy's invoice beside our lines; lines shipped from ``first`` to ``last`` have to be on it.

    Raises Refused for a pharmacy that the clinic does not have, or a period that ends before it begins.
    """
    require(person, Action.WORK_ORDERS)
    if last < first:
        raise Refused(f"The period ends on {last}, before it begins on {first}.")
    with store.read(clinic) as work:
        if pharmacy not in pharmacies_of(work):
            raise Refused(f"This clinic has no pharmacy “{pharmacy}”.")
        return matched(rows, billable_lines(work, pharmacy), first, last)


def ledger_by_month(store: Store, person: Person, clinic: str) -> list[tuple[object, ...]]:
    """Rows under MONTH_COLUMNS, in dollars: what became payable, less refunds, by month and pharmacy."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return [_month(month, pharmacy, cents) for (month, pharmacy), cents in payable_by_month(work).items()]


def _month(month: date, pharmacy: str, cents: Amounts) -> tuple[object, ...]:
    shipping, processing = cents.shipping_cents, cents.processing_cents + cents.processing_fixed_cents
    parts = (cents.medication_cents, cents.program_fee_cents, cents.encounter_cents, shipping, processing)
    return (f"{month:%Y-%m}", pharmacy, *map(dollars, (*parts, cents.adjustment_cents, cents.total_cents)))
