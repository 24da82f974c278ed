"""One cart split: options gathered, pins put in their places, the rest decided, every line explained."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, Days, Objective, Program, Split
from core.rules.split.explanation import RoutedCart
from core.rules.split.formulation import Costs, chosen_options, formulated, free_groups, pinned
from core.rules.split.instance import Instance, Measure
from core.rules.split.options import Overrides, candidates
from core.rules.split.preferences import box_cents, priced, reserved_for
from core.rules.split.search import WORK, Solution, Watch, best_assignment
from core.rules.split.stock import Stock


class SolvedInstance(NamedTuple):
    """What was decided, in whole numbers, and the search's answer."""

    instance: Instance
    solution: Solution


def split(
    cart: Cart, context: Context, program: Program, objective: Objective, days: Days, *,
    overrides: Overrides = frozenset(), day_price_cents: int | None = None, work: int = WORK,
    watch: Watch | None = None, previous: Split | None = None, clock: Callable[[], float] = time.perf_counter,
) -> Split:  # fmt: skip
    """The assignment of every line that is not held, never beyond stock, with pins in their places.

    ``day_price_cents`` None takes the clinic's setting. ``work`` limits the search of hard carts alone
    (search.py); ``clock`` is read for ``Split.seconds`` and decides nothing. ``watch`` is told how far the search is,
    and may stop it. ``previous`` is an earlier split: where it solves the very same instance, to the last
    number, nothing is searched.
    """
    begun = clock()
    price = context.day_price_cents(days) if day_price_cents is None else day_price_cents
    costs = Costs(Measure.of(objective, program, price, priced=priced(cart)), context, program)
    lines = candidates(cart, context, program, days, overrides)
    stock = Stock(context, days, cart, reserved_for(cart))
    pins = pinned(lines, stock)
    fixed = [(item.line, pins.options[item.line.number]) for item in lines if item.line.number in pins.options]
    free = free_groups(lines, stock)
    instance = formulated(free, fixed, stock, costs, box_cents(cart))
    solved = previous.answer if previous else None
    if not isinstance(solved, SolvedInstance) or solved.instance != instance:
        solved = SolvedInstance(instance, best_assignment(instance, work, watch))
    solution = solved.solution
    options = pins.options | chosen_options(free, solution.chosen)
    for item in lines:
        if item.free and item.line.number in options:
            stock.take(item.line, options[item.line.number].pharmacy)
    taken = [(item.line, options[item.line.number]) for item in lines if item.line.number in options]
    together = Counter(item.preferences.together for item in lines if item.free and item.preferences.together)
    routed = RoutedCart(taken, stock, costs, together)
    days_fixed = sum(option.days for _, option in fixed) if objective is Objective.FASTEST else 0
    return Split(
        objective=objective,
        program=program.program,
        lines=tuple(
            routed.explained(item, options.get(item.line.number), pins.codes.get(item.line.number)) for item in lines
        ),
        total_cents=routed.total_cents,
        bound=solution.bound + days_fixed if options else 0,
        proven=solution.proven,
        seconds=clock() - begun,
        answer=solved,
    )
