"""One cart split: routes found, pins put in their places, the rest decided, every line explained."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, Days, Objective, Program, Split
from core.rules.split.explanation import Decided
from core.rules.split.formulation import Costs, chosen_routes, free_lines, laid_out, pinned
from core.rules.split.instance import Instance, Measure
from core.rules.split.options import candidates
from core.rules.split.preferences import box_cents, priced, reserved_for
from core.rules.split.progress import WORK, Effort, Watch
from core.rules.split.search import Solution, best_assignment
from core.rules.split.stock import Stock


class Answer(NamedTuple):
    """A question in whole numbers and what the search decided."""

    instance: Instance
    solution: Solution


def split(
    cart: Cart,
    context: Context,
    program: Program,
    objective: Objective,
    days: Days,
    *,
    overrides: frozenset[tuple[int, str]] = frozenset(),
    day_price_cents: int | None = None,
    work: int = WORK,
    watch: Watch | None = None,
    known: Split | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Split:
    """The assignment of every line that is not held, never beyond stock, with pins in their places.

    ``overrides`` are (line number, code) that a person has overridden; ``day_price_cents`` None takes the clinic's
    setting. ``time_limit`` is in seconds and for hard carts alone, which are limited by work long before; ``clock`` is
    read for it and for ``Split.seconds``. ``watch`` is told how far the search is, and may stop it.
    ``known`` is an earlier split: where it answers the very same question, in the same whole numbers, nothing is
    searched again.
    """
    begun = clock()
    price = context.day_price_cents(days) if day_price_cents is None else day_price_cents
    costs = Costs(Measure.of(objective, program, price, priced=priced(cart)), context, program)
    found = candidates(cart, context, program, days, overrides)
    stock = Stock(context, days, cart, reserved_for(cart))
    pins = pinned(found, stock)
    fixed = [(one.line, pins.routes[one.line.number]) for one in found if one.line.number in pins.routes]
    free = free_lines(found, stock)
    instance = laid_out(free, fixed, stock, costs, box_cents(cart))
    answer = known.answer if known else None
    if not isinstance(answer, Answer) or answer.instance != instance:
        answer = Answer(instance, best_assignment(instance, Effort(work, watch)))
    solution = answer.solution
    routes = pins.routes | chosen_routes(free, solution.chosen)
    for one in found:
        if one.free and one.line.number in routes:
            stock.take(one.line, routes[one.line.number].pharmacy)
    taken = [(one.line, routes[one.line.number]) for one in found if one.line.number in routes]
    together = Counter(one.asked.together for one in found if one.free and one.asked.together is not None)
    decided = Decided(taken, stock, costs, together)
    lines = [decided.explained(one, routes.get(one.line.number), pins.codes.get(one.line.number)) for one in found]
    bound = solution.bound + (sum(route.days for _, route in fixed) if objective is Objective.FASTEST else 0)
    return Split(
        objective=objective,
        program=program.program,
        lines=tuple(lines),
        total_cents=decided.total_cents,
        bound=bound if routes else 0,
        proven=solution.proven,
        seconds=clock() - begun,
        answer=answer,
    )
