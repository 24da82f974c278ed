"""What is counted of checkouts day by day, so that the dashboard never reads events (rules.md, section 9, Measures)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from core.domain.ledger import Amounts
from core.domain.orders.records import Attempt


class FulfillmentStage(StrEnum):
    """A part of a line's way, measured from what was told at its start to what was told at its end."""

    SENDING = "placed to submitted"
    ANSWER = "submitted to accepted"
    COMPOUNDING = "accepted to shipped"
    TRANSIT = "shipped to delivered"
    TOTAL = "placed to delivered"


class DelayBasis(StrEnum):
    """What a delivery is held against: the day promised at placing, or, since it shipped, the promised transit."""

    PROMISE = "promise"
    SHIPMENT = "shipment"


COMPONENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "medication_cents": ("medication_cents",),
    "program_fee_cents": ("program_fee_cents",),
    "encounter_cents": ("encounter_cents",),
    "shipping_cents": ("shipping_cents",),
    "processing_cents": ("processing_cents", "processing_fixed_cents"),
    "adjustment_cents": ("adjustment_cents",),
}
"""The tally's money columns, and the components that each adds up."""


class DailyTotals:
    """Increments of the rollups: per day, pharmacy and program; per rejection code; per whole hours of a stage; per
    days of delay."""

    def __init__(self) -> None:
        self.daily: dict[tuple[date, str, str], Counter[str]] = {}
        self.rejections: Counter[tuple[date, str, str]] = Counter()
        self.hours: Counter[tuple[date, str, FulfillmentStage, int]] = Counter()
        self.delays: Counter[tuple[date, str, bool, DelayBasis, int]] = Counter()

    def count(self, day: date, attempt: Attempt, **amounts: int) -> None:
        """Add to a day's columns."""
        self.daily.setdefault((day, attempt.pharmacy, attempt.program), Counter()).update(amounts)

    def count_rejection(self, day: date, attempt: Attempt) -> None:
        """One attempt refused, under its code."""
        self.rejections[day, attempt.pharmacy, attempt.reason_code] += 1

    def count_money(self, day: date, attempt: Attempt, amounts: Amounts) -> None:
        """Money that became payable, or (negative) no longer is."""
        cents = amounts._asdict()
        self.count(day, attempt, **{name: sum(cents[part] for part in parts) for name, parts in COMPONENTS.items()})

    def count_stage(
        self, day: date, attempt: Attempt, stage: FulfillmentStage, start: datetime | None, end: datetime
    ) -> None:
        """A stage whose start was told took this many whole hours."""
        if start is not None:
            hours = max(int((end - start).total_seconds() // 3600), 0)
            self.hours[day, attempt.pharmacy, stage, hours] += 1

    def count_delays(self, day: date, attempt: Attempt, *, cold: bool, shipped_on: date | None) -> None:
        """Delivered on ``day``: how many days later (negative: earlier) than promised, in all and since it shipped."""
        self.delays[day, attempt.pharmacy, cold, DelayBasis.PROMISE, (day - attempt.delivers_on).days] += 1
        if shipped_on is not None:
            promised = attempt.delivers_on - attempt.ships_on
            late = (day - shipped_on - promised).days
            self.delays[day, attempt.pharmacy, cold, DelayBasis.SHIPMENT, late] += 1
