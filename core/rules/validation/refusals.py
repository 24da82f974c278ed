"""Findings of rules that need a pharmacy: why nobody, or not the pinned one, may fill a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from core.domain.context import Context
from core.domain.model import Fix, Pharmacy
from core.rules.validation.checked import UNPIN, CheckedCart, CheckedLine, Violation

REASONS: Final = {
    "PRICE_STALE": "no price in force",
    "NO_PRICE": "no aggregate price",
    "QUANTITY_LIMIT": "quantity or refills outside its limits",
    "PHARMACY_NOT_LICENSED": "not licensed",
    "SIG_TOO_LONG": "directions too long",
    "ORDER_NOT_TAKEN": "its system does not take the order",
    "REFILL_TOO_SOON": "too soon",
    "COLD_CHAIN_WINDOW": "cannot ship it in time",
    "OUT_OF_STOCK": "out of stock",
    "EXCLUDED": "left out by somebody here",
}
"""In short, why another pharmacy is no way out; that it does not offer the SKU goes without saying."""

MOST_NAMED: Final = 5

Reason = Callable[[CheckedLine, Pharmacy], str]
"""What is found and expected at one pharmacy."""


def refused(
    cart: CheckedCart,
    context: Context,
    code: str,
    reason: Reason,
    fixes: Callable[[CheckedLine, tuple[Pharmacy, ...]], Iterable[Fix]] = lambda line, pharmacies: (),
) -> Iterator[Violation]:
    """A problem for every line accused of ``code``, naming each pharmacy that fails it and what it fails by."""
    for line, codes in cart.accused(code):
        failing = tuple(context.pharmacies[pharmacy] for pharmacy in codes if pharmacy in context.pharmacies)
        unpin = [UNPIN] if line.line.pharmacy and not _at_a_pharmacy(line) else []
        yield line.problem(_message(line, code, failing, context, reason), *fixes(line, failing), *unpin)


def _at_a_pharmacy(line: CheckedLine) -> bool:
    return line.prescription is not None and line.prescription.rx_pharmacy is not None


def _message(line: CheckedLine, code: str, pharmacies: tuple[Pharmacy, ...], context: Context, reason: Reason) -> str:
    reasons = [f"{pharmacy.name}: {reason(line, pharmacy)}" for pharmacy in pharmacies]
    if line.pin:
        return f"{reasons[0] if reasons else f'{line.pin} is not among the clinic’s pharmacies'}."
    shown = "; ".join(reasons[:MOST_NAMED]) + (
        f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    )
    others = [
        f"{_name(refusal.pharmacy, context)} ({REASONS[refusal.codes[0]]})"
        for refusal in line.routed.refused
        if code not in refusal.codes and refusal.codes and refusal.codes[0] in REASONS
    ]
    also = f" Nor: {', '.join(others[:MOST_NAMED])}." if others else ""
    return f"No pharmacy can fill {line.sku.name}" + (f": {shown}." if shown else ".") + also


def _name(pharmacy: str, context: Context) -> str:
    return context.pharmacies[pharmacy].name if pharmacy in context.pharmacies else pharmacy
