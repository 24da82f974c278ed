"""A pharmacy's order system to try things with: its books, and every fault that one has met.

It keeps orders in memory, takes the same order twice as two orders, as real ones do, and does as it is told.
practice_pharmacy_server.py serves it over HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

Json = dict[str, Any]

STORY: Final = ("Received", "Approved", "Compounding", "Shipping", "Delivered")
"""What it says of a prescription, one step after another."""
NO_STATE: Final = "Quantum flux"


class Fault(StrEnum):
    """What can go wrong with one order."""

    SLOW = "slow"
    HANG = "accept-then-hang"
    DROP = "accept-then-drop"
    DROP_UNREAD = "drop"
    ERROR = "error"
    ERROR_AFTER = "accept-then-error"
    REJECT = "reject"
    LIMIT = "limit"
    GARBLED = "accept-then-garble"
    NOBODY = "unauthorized"
    CONFLICT = "conflict"


ACCEPTS: Final = frozenset({Fault.SLOW, Fault.HANG, Fault.DROP, Fault.ERROR_AFTER, Fault.GARBLED})
"""Faults after which the order is there."""


class EventFault(StrEnum):
    """What can go wrong with what it says later."""

    TWICE = "twice"
    LATE = "late"
    OUT_OF_ORDER = "out-of-order"
    UNKNOWN = "unknown"


SendRows = Callable[[Sequence[Json]], None]
"""How rows leave for the clinic's webhook receiver."""


class PracticePharmacy:
    """The pharmacy's books, and what is to go wrong next. Safe to use from several threads."""

    def __init__(self, push: SendRows | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.orders: list[Json] = []
        self.faults: list[Fault] = []
        self.event_faults: frozenset[EventFault] = frozenset()
        self.seconds = 5.0
        self.messages: list[str] = ["The selected order.rxs.0.directions is invalid."]
        self._push = push
        self._clock = clock
        self._kept_back: list[Json] = []
        self._lock = threading.Lock()

    def next_fault(self) -> Fault | None:
        """What goes wrong with the next order; each fault is used up."""
        with self._lock:
            return self.faults.pop(0) if self.faults else None

    def accept(self, order: Json) -> Json:
        """A new order in the books, whatever it is a copy of."""
        with self._lock:
            number = f"{len(self.orders) + 70_001}"
            at = self._clock()
            rxs = [
                {"rxNumber": f"{number}-{place}", "foreignRxNumber": rx.get("foreignRxNumber"), "step": 0, "at": at}
                for place, rx in enumerate(order.get("rxs", ()), 1)
            ]
            kept = {"orderId": number, "referenceId": order.get("general", {}).get("referenceId"), "rxs": rxs}
            self.orders.append(kept | {"order": order})
            return {"data": {"orderId": number, "rxs": [{"rxNumber": rx["rxNumber"]} for rx in rxs]}}

    def order(self, number: str) -> Json | None:
        """What it says of an order, by its own number."""
        with self._lock:
            return next((self._status_of(kept) for kept in self.orders if kept["orderId"] == number), None)

    def by_reference(self, reference: str) -> Json | None:
        """What it says of an order, by the clinic's reference."""
        with self._lock:
            return next((self._status_of(kept) for kept in self.orders if kept["referenceId"] == reference), None)

    def _status_of(self, kept: Json) -> Json:
        rows = [self._row(kept, rx) for rx in kept["rxs"]]
        return {"data": {"orderId": kept["orderId"], "referenceId": kept["referenceId"], "rxs": rows}}

    def _row(self, kept: Json, rx: Json) -> Json:
        status = NO_STATE if EventFault.UNKNOWN in self.event_faults else STORY[rx["step"]]
        return {
            "orderId": kept["orderId"],
            "referenceId": kept["referenceId"],
            "rxNumber": rx["rxNumber"],
            "foreignRxNumber": rx["foreignRxNumber"],
            "rxStatus": status,
            "rxStatusDateTime": rx["at"].isoformat(timespec="seconds"),
            "trackingNumber": f"1Z{rx['rxNumber'].replace('-', '')}" if rx["step"] >= 3 else "",
        }

    def step(self) -> int:
        """Every prescription goes one step on, and what is new is pushed as the faults want it; how many rows were."""
        with self._lock:
            moved: list[Json] = []
            for kept in self.orders:
                for rx in kept["rxs"]:
                    if rx["step"] < len(STORY) - 1:
                        rx["step"] += 1
                        rx["at"] = max(self._clock(), rx["at"] + timedelta(seconds=1))
                        moved.append(self._row(kept, rx))
            rows = self._arranged(moved)
        if rows and self._push is not None:
            self._push(rows)
        return len(rows)

    def _arranged(self, moved: list[Json]) -> list[Json]:
        if EventFault.OUT_OF_ORDER in self.event_faults or EventFault.LATE in self.event_faults:
            late = EventFault.LATE in self.event_faults
            kept, self._kept_back = self._kept_back, ([] if self._kept_back and not late else moved)
            rows = kept if late else [*moved, *kept] if kept else []
        else:
            rows, self._kept_back = [*self._kept_back, *moved], []
        return rows * 2 if EventFault.TWICE in self.event_faults else rows

    def control(self, settings: Mapping[str, Any]) -> Json:
        """Does what it is told, and says how it stands. Raises ValueError for what it does not know."""
        if "faults" in settings:
            self.faults = [Fault(name) for name in settings["faults"]]
        if "events" in settings:
            self.event_faults = frozenset(EventFault(name) for name in settings["events"])
        if "seconds" in settings:
            self.seconds = float(settings["seconds"])
        if "messages" in settings:
            self.messages = [str(text) for text in settings["messages"]]
        pushed = sum(self.step() for _ in range(int(settings.get("steps", 0))))
        return {"orders": len(self.orders), "faults": self.faults, "events": sorted(self.event_faults), "rows": pushed}
