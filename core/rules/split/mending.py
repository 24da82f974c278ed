"""A good assignment made better a piece at a time: the destinations that lose most at the prices of stock, and those
that hold what they want, are decided anew together while all others stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from core.rules.split.effort import Effort
from core.rules.split.problem import Choice, Problem
from core.rules.split.relaxation import Limit, Real, Relaxation, Whole
from core.rules.split.solver import Stage, solved

PIECES: Final = 40
"""Pieces that are tried."""

LINES: Final = 70
"""Lines of a piece: what HiGHS decides in about a tenth of a second."""

CHECKS: Final = 12
"""Its check points for one."""

Step = Callable[[dict[int, Choice]], bool]
"""Told of every piece's assignment; False stops."""


def mended(
    problem: Problem,
    relaxed: Relaxation,
    prices: Real,
    limits: Sequence[Limit],
    chosen: dict[int, Choice],
    step: Step,
) -> dict[int, Choice]:
    """``chosen`` or better, within the same limits."""
    stage = Stage(problem.weight, problem.fee_weight, problem.measure.weight_unit)
    tried: set[int] = set()
    for _ in range(PIECES):
        now = relaxed.as_choices(chosen)
        piece = _piece(relaxed, prices, now, tried)
        if not piece:
            break
        lines = [relaxed.lines[at] for at in piece]
        here = {line.position: chosen[line.position] for line in lines}
        others = {position: choice for position, choice in chosen.items() if position not in here}
        answer = solved(
            _with_what_is_left(problem, others), lines, _left(limits, others), stage, here, CHECKS, _UNLIMITED
        )
        if answer.chosen is not here:
            chosen = chosen | answer.chosen
            tried.clear()
        if not step(chosen):
            break
    return chosen


_UNLIMITED: Final = Effort(float("inf"), lambda: 0.0)
"""A piece is small: it is finished once begun."""


def _piece(relaxed: Relaxation, prices: Real, now: Whole, tried: set[int]) -> list[int]:
    """Lines of the destination that loses most of those not tried yet, of those that hold what it wants, and on."""
    lost = relaxed.lost(prices, now)
    wanted = relaxed.decided(prices).chosen
    order = sorted((at for at in range(len(lost)) if lost[at] > 0 and at not in tried), key=lambda at: (-lost[at], at))
    if not order:
        return []
    holders = _holders(relaxed, now)
    taken, lines = [order[0]], list(relaxed.destinations[order[0]])
    tried.add(order[0])
    known, at = {order[0]}, 0
    while at < len(taken) and len(lines) < LINES:
        rows = {row for line in relaxed.destinations[taken[at]] for row in relaxed.row[wanted[line]].tolist()}
        near = {place for row in rows for place in holders.get(row, ())} - known
        for place in sorted(near, key=lambda place: (-lost[place], place)):
            if len(lines) < LINES:
                known.add(place)
                taken.append(place)
                lines.extend(relaxed.destinations[place])
        at += 1
    return sorted(int(line) for line in lines)


def _holders(relaxed: Relaxation, now: Whole) -> dict[int, list[int]]:
    """By row of stock, the destinations that take of it."""
    holders: dict[int, list[int]] = {}
    for place, members in enumerate(relaxed.destinations):
        for row in np.unique(relaxed.row[now[members]]).tolist():
            if row != relaxed.rows:
                holders.setdefault(row, []).append(place)
    return holders


def _with_what_is_left(problem: Problem, others: dict[int, Choice]) -> Problem:
    left = list(problem.stock)
    for choice in others.values():
        for stock, packs in choice.takes:
            left[stock] -= packs
    return replace(problem, stock=tuple(left))


def _left(limits: Sequence[Limit], others: dict[int, Choice]) -> list[Limit]:
    spent = [
        sum(limit.counts.get((position, choice.rank), 0) for position, choice in others.items()) for limit in limits
    ]
    return [Limit(limit.counts, limit.most - used) for limit, used in zip(limits, spent, strict=True)]
