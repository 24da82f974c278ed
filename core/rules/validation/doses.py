"""Weekly doses on an active's ladder: which step, since when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Prescription, Sku
from core.rules.validation.checked import CheckedCart, Directions


class DoseFill(NamedTuple):
    """A fill of a ladder's active on a day; ``step`` is None where its directions do not tell the weekly mg."""

    filled_on: date
    rx: str
    step: int | None


def step_at(ladder: Sequence[Decimal], weekly_mg: Decimal) -> int:
    """The place of the largest ladder dose not above ``weekly_mg``, from 0; -1 below the first."""
    return bisect_right(ladder, weekly_mg) - 1


def highest_step(directions: Directions, context: Context) -> int | None:
    """The step that directions lead to; None without a ladder or without readable mg."""
    ladder = context.ladder(directions.active)
    weekly = directions.weekly if ladder else None
    return None if weekly is None else step_at(ladder, weekly.highest)


def prescribed_of(patient: str, active: str, context: Context) -> Iterator[tuple[Prescription, Sku]]:
    """The patient's prescriptions of an active, newest first, with their SKUs."""
    for rx in context.prescriptions_of(patient):
        sku = context.skus.get(rx.sku)
        if sku is not None and context.active_of(sku) == active:
            yield rx, sku


def dose_fills(patient: str, active: str, cart: CheckedCart, context: Context) -> list[DoseFill]:
    """Every day on which a fill of the active is known, here or elsewhere, in order, with the step that it led to."""
    shipped = [line for line in context.lines_of(patient) if line.shipped_on is not None]
    fills = set()
    for rx, sku in prescribed_of(patient, active, context):
        step = highest_step(cart.read(rx.sig, sku), context)
        fill_days = (rx.first_filled_on, rx.last_filled_on, *(line.shipped_on for line in shipped if line.rx == rx.rx))
        fills |= {DoseFill(day, rx.rx, step) for day in fill_days if day is not None}
    return sorted(fills, key=lambda fill: (fill.filled_on, fill.rx))


def filled_undated(patient: str, active: str, context: Context) -> bool:
    """Whether fills of the active are counted of which nobody knows when."""
    return any(rx.fills > 0 for rx, _ in prescribed_of(patient, active, context))


def at_dose_since(fills: Sequence[DoseFill]) -> date:
    """The first day of the newest fills' unbroken row at one step."""
    since = fills[-1].filled_on
    for fill in reversed(fills):
        if fill.step != fills[-1].step:
            break
        since = fill.filled_on
    return since
