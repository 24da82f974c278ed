"""What a split comes to, in the few figures by which objectives are compared."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from core.domain.model import Objective, Split


class SplitDifference(NamedTuple):
    """What one split costs more than another, and its average days to delivery more."""

    cents: int
    days_a_line: Decimal


class SplitSummary(NamedTuple):
    """A split in figures. ``delivery_days`` is the sum over lines of days from the refill day to delivery."""

    objective: Objective
    total_cents: int
    lines: int
    boxes: int
    pharmacies: int
    delivery_days: int
    last_delivery: date | None
    proven: bool

    @property
    def days_a_line(self) -> Decimal:
        """Days to delivery on average, to one decimal; 0 for no line."""
        return (Decimal(self.delivery_days) / max(self.lines, 1)).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def against(self, other: SplitSummary) -> SplitDifference:
        """This split less the other one."""
        return SplitDifference(self.total_cents - other.total_cents, self.days_a_line - other.days_a_line)


def summarized(split: Split, refill_day: date) -> SplitSummary:
    """The figures of a split of ``refill_day``'s cart."""
    deliveries = [line.promise.delivers_on for line in split.filled if line.promise]
    return SplitSummary(
        objective=split.objective,
        total_cents=split.total_cents,
        lines=len(split.filled),
        boxes=len({line.box for line in split.filled}),
        pharmacies=len({line.pharmacy for line in split.filled}),
        delivery_days=sum((day - refill_day).days for day in deliveries),
        last_delivery=max(deliveries, default=None),
        proven=split.proven,
    )
