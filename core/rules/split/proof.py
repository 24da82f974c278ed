"""A split checked from scratch: whether every line may go where it goes, within stock, at the total that is claimed.

It shares no code with the search. It asks the rules of eligibility, the dates, the stock and the quote, as a person
with the files in hand would, and adds up.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.context import Context
from core.domain.model import Cart, CartLine, Constraint, ConstraintKind, Days, Program, RoutedLine, Scope, Split
from core.rules.eligibility import Eligibility
from core.rules.pricing.quotes import box_for, quote
from core.rules.ship_dates import promise


def faults(
    found: Split,
    cart: Cart,
    context: Context,
    program: Program,
    days: Days,
    overrides: frozenset[tuple[int, str]] = frozenset(),
) -> list[str]:
    """What is wrong with a split of the cart, in words; nothing where it may be placed.

    That it is the best is not checked here, only that no claim contradicts itself: a bound above what was found.
    """
    wrong = [
        *_lines(found, cart),
        *_may_fill(found, context, program, days, overrides),
        *_stock(found, cart, context, days),
        *_constraints(found, cart, context),
    ]
    return wrong or [*_amounts(found, context, program, days)]


def _lines(found: Split, cart: Cart) -> Iterator[str]:
    if sorted(cart.lines, key=lambda line: line.number) != [routed.line for routed in found.lines]:
        yield "The split is not of this cart's lines."
    for routed in found.filled:
        if routed.line.hold:
            yield f"Line {routed.line.number} is held and has a pharmacy."


def _may_fill(
    found: Split, context: Context, program: Program, days: Days, overrides: frozenset[tuple[int, str]]
) -> Iterator[str]:
    rules = Eligibility(context, program, days)
    for routed in found.filled:
        line, code = routed.line, str(routed.pharmacy)
        subject, pharmacy = rules.subject(line), context.pharmacies.get(code)
        if subject is None or pharmacy is None:
            yield f"Line {line.number} goes to {code}, which this clinic does not have."
            continue
        overridden = frozenset(what for number, what in overrides if number == line.number)
        if codes := rules.codes(subject, rules.terms_of(pharmacy, subject), overridden):
            yield f"Line {line.number} goes to {code}, which may not fill it: {', '.join(codes)}."
        if code not in {wanted or code for wanted in _pins(line, context)}:
            yield f"Line {line.number} goes to {code} and is pinned elsewhere."
        cold = subject.sku.cold_chain
        if (routed.promise, routed.box) != (promise(pharmacy, cold, context, days), box_for(line, pharmacy, cold)):
            yield f"Line {line.number} has another box or other dates at {code}."


def _pins(line: CartLine, context: Context) -> tuple[str | None, ...]:
    prescription = context.prescriptions.get(line.rx or "")
    return line.pharmacy, prescription.rx_pharmacy if prescription else None


def _stock(found: Split, cart: Cart, context: Context, days: Days) -> Iterator[str]:
    taken: dict[tuple[str, str], list[CartLine]] = {}
    for routed in found.filled:
        taken.setdefault((str(routed.pharmacy), routed.line.sku), []).append(routed.line)
    for (pharmacy, sku), lines in taken.items():
        left = context.stock(pharmacy, sku, days.placing_day)
        if left is None:
            continue
        packs, kept = sum(line.quantity for line in lines), _kept(cart, pharmacy, sku)
        own = sum(line.quantity for line in lines if line.number in kept)
        absent = sum(kept.values()) - own
        if packs > left or packs - own > max(left - own - absent, 0):
            yield f"{pharmacy} has {left} packs of {sku}; {packs} are taken, {absent} are kept for other lines."


def _kept(cart: Cart, pharmacy: str, sku: str) -> dict[int, int]:
    """Packs reserved at a pharmacy, by line."""
    reserved = [one for one in cart.constraints if one.kind is ConstraintKind.RESERVE and one.pharmacy == pharmacy]
    lines = [line for line in cart.lines if line.sku == sku] if reserved else []
    return {line.number: line.quantity for line in lines if any(_about(one, line) for one in reserved)}


def _constraints(found: Split, cart: Cart, context: Context) -> Iterator[str]:
    homes: dict[str, set[str]] = {}
    for routed in found.filled:
        if any(_pins(routed.line, context)):
            continue
        for constraint in cart.constraints:
            if _about(constraint, routed.line) and _broken(constraint, routed, homes):
                yield f"Line {routed.line.number} goes to {routed.pharmacy} against “{constraint.kind}”."


def _about(constraint: Constraint, line: CartLine) -> bool:
    return {
        Scope.CART: True,
        Scope.PATIENT: constraint.of == line.patient,
        Scope.SKU: constraint.of == line.sku,
        Scope.LINE: constraint.of == str(line.number),
    }[constraint.scope]


def _broken(constraint: Constraint, routed: RoutedLine, homes: dict[str, set[str]]) -> bool:
    pharmacy = str(routed.pharmacy)
    match constraint.kind:
        case ConstraintKind.USE:
            return pharmacy != constraint.pharmacy
        case ConstraintKind.AVOID:
            return pharmacy == constraint.pharmacy
        case ConstraintKind.TOGETHER:
            home = homes.setdefault(routed.line.patient, {pharmacy})
            return pharmacy not in home
        case _:
            return False


def _amounts(found: Split, context: Context, program: Program, days: Days) -> Iterator[str]:
    total = quote(found.lines, context, program, days).total_cents if found.filled else 0
    if total != found.total_cents:
        yield f"The split says {found.total_cents} cents and comes to {total}."
    if found.objective.value == "cheapest" and found.bound > found.total_cents:
        yield f"No split is said to cost less than {found.bound} cents, and this one costs {found.total_cents}."
