"""A split checked from scratch: whether every line may go where it goes, within stock, at the total that is claimed.

It shares no code with the search. It asks the rules of eligibility, the dates, the stock and the quote, as a person
with the files in hand would, and adds up.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.context import Context
from core.domain.model import Cart, CartLine, Days, PreferenceKind, Program, RoutedLine, RoutingPreference, Split
from core.rules.eligibility import Eligibility
from core.rules.pricing.quotes import box_for, quote
from core.rules.ship_dates import promise


def faults(
    split: Split, cart: Cart, context: Context, program: Program, days: Days,
    overrides: frozenset[tuple[int, str]] = frozenset(),
) -> list[str]:  # fmt: skip
    """What is wrong with a split of the cart, in words; nothing where it may be placed.

    That it is the best is not checked here, only that no claim contradicts itself: a bound above the total.
    """
    wrong = [
        *_lines(split, cart),
        *_may_fill(split, context, program, days, overrides),
        *_stock(split, cart, context, days),
        *_preferences(split, cart, context),
    ]
    return wrong or [*_amounts(split, context, program, days)]


def _lines(split: Split, cart: Cart) -> Iterator[str]:
    if sorted(cart.lines, key=lambda line: line.number) != [routed.line for routed in split.lines]:
        yield "The split is not of this cart's lines."
    for routed in split.filled:
        if routed.line.hold:
            yield f"Line {routed.line.number} is held and has a pharmacy."


def _may_fill(
    split: Split, context: Context, program: Program, days: Days, overrides: frozenset[tuple[int, str]]
) -> Iterator[str]:
    rules = Eligibility(context, program, days)
    for routed in split.filled:
        line, code = routed.line, str(routed.pharmacy)
        subject, pharmacy = rules.subject(line), context.pharmacies.get(code)
        if subject is None or pharmacy is None:
            yield f"Line {line.number} goes to {code}, which this clinic does not have."
            continue
        overridden = frozenset(finding for number, finding in overrides if number == line.number)
        if codes := rules.codes(subject, rules.terms_of(pharmacy, subject), overridden):
            yield f"Line {line.number} goes to {code}, which may not fill it: {', '.join(codes)}."
        if code not in {pin or code for pin in _pins(line, context)}:
            yield f"Line {line.number} goes to {code} and is pinned elsewhere."
        cold = subject.sku.cold_chain
        if (routed.promise, routed.box) != (promise(pharmacy, cold, context, days), box_for(line, pharmacy, cold)):
            yield f"Line {line.number} has another box or other dates at {code}."


def _pins(line: CartLine, context: Context) -> tuple[str | None, ...]:
    prescription = context.prescriptions.get(line.rx or "")
    return line.pharmacy, prescription.rx_pharmacy if prescription else None


def _stock(split: Split, cart: Cart, context: Context, days: Days) -> Iterator[str]:
    taken: dict[tuple[str, str], list[CartLine]] = {}
    for routed in split.filled:
        taken.setdefault((str(routed.pharmacy), routed.line.sku), []).append(routed.line)
    for (pharmacy, sku), lines in taken.items():
        left = context.stock(pharmacy, sku, days.placing_day)
        if left is None:
            continue
        packs, reserved = sum(line.quantity for line in lines), _reserved(cart, pharmacy, sku)
        drawn = sum(line.quantity for line in lines if line.number in reserved)
        absent = sum(reserved.values()) - drawn
        if packs > left or packs - drawn > max(left - drawn - absent, 0):
            yield f"{pharmacy} has {left} packs of {sku}; {packs} are taken, {absent} are kept for other lines."


def _reserved(cart: Cart, pharmacy: str, sku: str) -> dict[int, int]:
    """Packs reserved at a pharmacy, by line."""
    reserved = [item for item in cart.preferences if item.kind is PreferenceKind.RESERVE and item.pharmacy == pharmacy]
    lines = [line for line in cart.lines if line.sku == sku] if reserved else []
    return {line.number: line.quantity for line in lines if any(_about(item, line) for item in reserved)}


def _preferences(split: Split, cart: Cart, context: Context) -> Iterator[str]:
    homes: dict[str, str] = {}
    for routed in split.filled:
        if any(_pins(routed.line, context)):
            continue
        for preference in cart.preferences:
            if _about(preference, routed.line) and _broken(preference, routed, homes):
                yield f"Line {routed.line.number} goes to {routed.pharmacy} against “{preference.kind}”."


def _about(preference: RoutingPreference, line: CartLine) -> bool:
    keys = {"cart": preference.of, "patient": line.patient, "sku": line.sku, "line": str(line.number)}
    return preference.of == keys[preference.scope.value]


def _broken(preference: RoutingPreference, routed: RoutedLine, homes: dict[str, str]) -> bool:
    pharmacy = str(routed.pharmacy)
    match preference.kind:
        case PreferenceKind.USE:
            return pharmacy != preference.pharmacy
        case PreferenceKind.AVOID:
            return pharmacy == preference.pharmacy
        case PreferenceKind.TOGETHER:
            return pharmacy != homes.setdefault(routed.line.patient, pharmacy)
        case _:
            return False


def _amounts(split: Split, context: Context, program: Program, days: Days) -> Iterator[str]:
    total = quote(split.lines, context, program, days).total_cents if split.filled else 0
    if total != split.total_cents:
        yield f"The split says {split.total_cents} cents and comes to {total}."
    if split.objective.value == "cheapest" and split.bound > split.total_cents:
        yield f"No split is said to cost less than {split.bound} cents, and this one costs {split.total_cents}."
