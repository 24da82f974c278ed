"""A pharmacy's order system to try things with: the JSON order API over HTTP, with every fault one has met.

``python -m core partner`` serves it. It keeps orders in memory, takes the same order twice as two orders, as real ones
do, and does as ``POST /control`` tells it. It listens to this machine alone unless told otherwise.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]

STORY: Final = ("Received", "Approved", "Compounding", "Shipping", "Delivered")
"""What it says of a prescription, one step after another."""
NO_STATE: Final = "Quantum flux"
MOST_BYTES: Final = 5_000_000


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


Push = Callable[[Sequence[Json]], None]
"""How rows leave for the clinic's webhook receiver."""


class PracticePharmacy:
    """The pharmacy's books, and what is to go wrong next. Safe to use from several threads."""

    def __init__(self, push: Push | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
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
            return next((self._told(kept) for kept in self.orders if kept["orderId"] == number), None)

    def by_reference(self, reference: str) -> Json | None:
        """What it says of an order, by the clinic's reference."""
        with self._lock:
            return next((self._told(kept) for kept in self.orders if kept["referenceId"] == reference), None)

    def _told(self, kept: Json) -> Json:
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

    def control(self, told: Mapping[str, Any]) -> Json:
        """Does what it is told, and says how it stands. Raises ValueError for what it does not know."""
        if "faults" in told:
            self.faults = [Fault(name) for name in told["faults"]]
        if "events" in told:
            self.event_faults = frozenset(EventFault(name) for name in told["events"])
        if "seconds" in told:
            self.seconds = float(told["seconds"])
        if "messages" in told:
            self.messages = [str(text) for text in told["messages"]]
        pushed = sum(self.step() for _ in range(int(told.get("steps", 0))))
        return {"orders": len(self.orders), "faults": self.faults, "events": sorted(self.event_faults), "rows": pushed}


def serve(books: PracticePharmacy, host: str, port: int, credentials: str = "") -> ThreadingHTTPServer:
    """The server, listening; ``credentials`` is ``user:password`` of Basic authentication, empty for none."""

    class Bound(_Handler):
        stand_in = books
        expected = credentials

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server((host, port), Bound)


class _Handler(BaseHTTPRequestHandler):
    stand_in: PracticePharmacy
    expected: str
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self._say(413, {"type": "error", "messages": ["too large"]})
            return
        try:
            told = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            self._say(400, {"type": "error", "messages": ["The body is not JSON."]})
            return
        if self.path == "/control":
            self._control(told)
        elif self.path.endswith("/order") and isinstance(told, dict):
            self._order(told.get("order") or {})
        else:
            self._say(404, {"type": "error", "messages": []})

    def do_GET(self) -> None:
        if self.path == "/control":
            self._say(200, self.stand_in.control({}))
            return
        if not self._known():
            return
        parts = urlsplit(self.path)
        reference = parse_qs(parts.query).get("referenceId")
        number = unquote(parts.path.rpartition("/")[2])
        found = self.stand_in.by_reference(reference[0]) if reference else self.stand_in.order(number)
        self._say(200 if found else 404, found or {"type": "error", "messages": ["The order was not found."]})

    def _control(self, told: Any) -> None:
        try:
            self._say(200, self.stand_in.control(told))
        except (ValueError, TypeError) as error:
            self._say(400, {"type": "error", "messages": [str(error)]})

    def _known(self) -> bool:
        from base64 import b64encode

        basic = f"Basic {b64encode(self.expected.encode()).decode()}"
        if self.expected and self.headers.get("Authorization") != basic:
            self._say(401, {})
            return False
        return True

    def _order(self, order: Json) -> None:
        if not self._known():
            return
        fault = self.stand_in.next_fault()
        taken = self.stand_in.accept(order) if fault is None or fault in ACCEPTS else {}
        match fault:
            case Fault.SLOW:
                time.sleep(self.stand_in.seconds)
                self._say(200, taken)
            case Fault.HANG:
                time.sleep(self.stand_in.seconds)
                self.close_connection = True
            case Fault.DROP | Fault.DROP_UNREAD:
                self.close_connection = True
            case Fault.ERROR | Fault.ERROR_AFTER:
                self._say(500, {"type": "error", "messages": ["Server error"]})
            case Fault.REJECT:
                self._say(422, {"type": "error", "messages": self.stand_in.messages})
            case Fault.LIMIT:
                self._say(429, {}, {"Retry-After": "7"})
            case Fault.GARBLED:
                self._say(200, "<html>Thank you</html>")
            case Fault.NOBODY:
                self._say(401, {})
            case Fault.CONFLICT:
                self._say(409, {"type": "error", "messages": ["An order with this reference exists."]})
            case _:
                self._say(200, taken)

    def _say(self, status: int, data: Any, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """An order's path is no news, and its body nobody's business."""
