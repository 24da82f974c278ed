"""The same cart split under other objectives, without a wish, or with one more pack: what each thing costs.

Everything is found by splitting again, so that every figure is the whole checkout's; a search that was not finished
says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, Constraint, ConstraintKind, Days, Objective, Program, Scope, Split
from core.rules.split.cart_split import split
from core.rules.split.progress import WORK, Watch
from core.rules.split.summary import Outcome, outcome

DAY_PRICES_CENTS: Final = (50, 1_00, 2_00, 3_50, 5_00, 7_50, 10_00, 15_00, 25_00, 50_00)
"""Prices of a day at which the curve looks for points between the cheapest and the fastest split."""

MOST_SHORTAGES: Final = 12
"""Offers that are asked for one more pack, those first that most lines would rather go to."""

FEWEST: Final = Constraint(ConstraintKind.BOXES, Scope.CART)


@dataclass(frozen=True)
class Question:
    """What is split, and how."""

    cart: Cart
    context: Context
    program: Program
    objective: Objective
    days: Days
    overrides: frozenset[tuple[int, str]]
    day_price_cents: int

    def answered(self, watch: Watch | None = None, known: Split | None = None) -> Split:
        """Its split."""
        return split(
            self.cart,
            self.context,
            self.program,
            self.objective,
            self.days,
            overrides=self.overrides,
            day_price_cents=self.day_price_cents,
            work=WORK // 4,
            watch=watch,
            known=known,
        )


class Point(NamedTuple):
    """One split that a person may pick: how it is asked for, and what it comes to."""

    objective: Objective
    day_price_cents: int
    fewest: bool
    outcome: Outcome


class Price(NamedTuple):
    """What a wish costs: the total with everything that is asked, less the total without this wish. ``wish`` is its
    place among the cart's constraints; None is all of them together."""

    wish: int | None
    cents: int
    lines: int
    proven: bool


class Shortage(NamedTuple):
    """What one more pack at a pharmacy would save, and how many more lines it would fill."""

    pharmacy: str
    sku: str
    saves_cents: int
    fills: int
    proven: bool


def points(question: Question, now: Split, watch: Watch | None = None) -> Iterator[Point]:
    """The cheapest, the fastest and the fewest shipments, then what lies between them, each split once."""
    price = question.day_price_cents
    for objective in Objective:
        found = now if objective is now.objective else replace(question, objective=objective).answered(watch, now)
        yield Point(objective, price, False, outcome(found, question.days.refill_day))
    if FEWEST not in question.cart.constraints:
        asked = question.cart.model_copy(update={"constraints": (*question.cart.constraints, FEWEST)})
        fewest = replace(question, cart=asked, objective=Objective.CHEAPEST).answered(watch)
        yield Point(Objective.CHEAPEST, price, True, outcome(fewest, question.days.refill_day))
    for cents in DAY_PRICES_CENTS:
        if cents != price:
            balanced = replace(question, objective=Objective.BALANCED, day_price_cents=cents).answered(watch)
            yield Point(Objective.BALANCED, cents, False, outcome(balanced, question.days.refill_day))


def prices(question: Question, now: Split, watch: Watch | None = None) -> Iterator[Price]:
    """What everything that is asked costs together, then each wish alone while the others stand."""
    constraints = question.cart.constraints
    if not constraints:
        return
    yield _price(None, now, _without(question, ()).answered(watch))
    for at in range(len(constraints) if len(constraints) > 1 else 0):
        rest = (*constraints[:at], *constraints[at + 1 :])
        yield _price(at, now, _without(question, rest).answered(watch))


def _without(question: Question, constraints: Sequence[Constraint]) -> Question:
    return replace(question, cart=question.cart.model_copy(update={"constraints": tuple(constraints)}))


def _price(wish: int | None, now: Split, free: Split) -> Price:
    lines = len(free.filled) - len(now.filled)
    return Price(wish, now.total_cents - free.total_cents, lines, now.proven and free.proven)


def shortages(question: Question, now: Split, watch: Watch | None = None) -> Iterator[Shortage]:
    """One more pack of each offer that has run out for somebody, the most wanted first."""
    for pharmacy, sku in wanted(now)[:MOST_SHORTAGES]:
        more = replace(question, context=_with_one_more(question, pharmacy, sku)).answered(watch)
        fills = len(more.filled) - len(now.filled)
        yield Shortage(pharmacy, sku, now.total_cents - more.total_cents, fills, now.proven and more.proven)


def wanted(now: Split) -> list[tuple[str, str]]:
    """(pharmacy, SKU) that lines were refused for stock, by how many lines; lines that nobody fills count first."""
    asked: dict[tuple[str, str], list[int]] = {}
    for routed in now.lines:
        if routed.line.hold:
            continue
        for refusal in routed.refused:
            if refusal.codes == ("OUT_OF_STOCK",):
                counts = asked.setdefault((refusal.pharmacy, routed.line.sku), [0, 0])
                counts[0] += not routed.filled
                counts[1] += 1
    return sorted(asked, key=lambda key: (-asked[key][0], -asked[key][1], key))


def _with_one_more(question: Question, pharmacy: str, sku: str) -> Context:
    context, day = question.context, question.days.placing_day
    offer, left = context.offer(pharmacy, sku, day), context.stock(pharmacy, sku, day) or 0
    stock = context.reserved.get((pharmacy, sku), 0) + left + 1
    offers = tuple(row.model_copy(update={"stock": stock}) if row == offer else row for row in context.offers)
    return replace(context, offers=offers)
