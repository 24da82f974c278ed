"""The JSON order API over HTTP: orders out, look-ups, and polls of what became of lines."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from core.adapters.pharmacies.json_order.answers import MOST_BYTES, answer_of, order_number
from core.adapters.pharmacies.json_order.body import order, order_faults
from core.adapters.pharmacies.json_order.statuses import read_rows
from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine
from core.domain.partners.link import Authentication, Link
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 45.0
"""Pharmacies have been seen to take so long; what takes longer is lost, which costs a person's time, not an order."""
IDLE_SECONDS: Final = 1.0
"""A connection idle for longer is not used again: the far side may have closed it, and an order on it would be lost."""
NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.ProxyError,
)
"""Failures before the first byte of an order has gone."""

logging.getLogger("httpx").setLevel(logging.WARNING)


class JsonOrders:
    """A pharmacy that is reached by the JSON order API. Safe to use from several threads at once."""

    def __init__(self, link: Link, time_zone: str, secret: str | None, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._link = link
        self._answer_seconds = answer_seconds
        self._zone = ZoneInfo(time_zone)
        self._secret = secret
        self._client = httpx.Client(
            headers=_headers(link),
            auth=_auth(link, secret),
            timeout=httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=link.at_once, keepalive_expiry=IDLE_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, message: Message, now: datetime) -> Answer:
        """Hand an order over once. What the pharmacy would refuse anyway never leaves."""
        if self._link.authentication is not Authentication.NONE and not _usable(self._secret):
            return NotSent(f"The secret {self._link.credentials} is not set, or no plain text, where the worker runs.")
        faults = tuple(order_faults(message, self._link))
        if lacking := [fault.problem for fault in faults if fault.of_connection]:
            return NotSent(f"Not sent: {'; '.join(lacking)}.")
        if faults:
            return Rejected(tuple(RejectionMessage(f"Not sent: {each.problem}.", each.line) for each in faults))
        try:
            status, content, headers = self._ask("POST", "/order", order(message, self._link, now))
        except NEVER_LEFT as error:
            return NotSent(f"The pharmacy cannot be reached ({type(error).__name__}).")
        except httpx.HTTPError as error:
            return Lost(f"The connection broke ({type(error).__name__}); the pharmacy may or may not have the order.")
        return answer_of(status, content, headers, message, now, self._link.quantity_unit)

    def look_up(self, reference: str) -> Acknowledged | Rejected | None:
        """The order that carries our reference, where the pharmacy can be asked. That it finds none proves nothing."""
        if not self._link.looks_up:
            return None
        status, content, _ = self._ask("GET", f"/order?referenceId={quote(reference, safe='')}")
        data = _json(content) if status == 200 else None
        number = order_number(data) if isinstance(data, dict) else ""
        return Acknowledged(number) if number else None

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """What the pharmacy says now of the orders that these lines are in, one request for each order."""
        events: list[Event] = []
        for number in sorted({line.partner_reference for line in lines if line.partner_reference}):
            status, content, _ = self._ask("GET", f"/order/{quote(number, safe='')}")
            if status == 200:
                events += read_rows(_json(content), self._zone, self._link.pharmacy)[0]
        recorded = {event for line in lines for event in line.known_events}
        return [event for event in events if event.id not in recorded]

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers; neither a long nor a slow body is waited for."""
        until = time.monotonic() + 2 * self._answer_seconds
        address = self._link.base_url.rstrip("/") + path
        with self._client.stream(method, address, json=body) as answer:
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_BYTES or time.monotonic() > until:
                    break
            return answer.status_code, bytes(content), answer.headers

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()


def _headers(link: Link) -> dict[str, str]:
    named = {
        "X-Vendor-ID": link.vendor_id,
        "X-Practice-ID": "" if link.practice_id is None else str(link.practice_id),
        "X-Location-ID": link.location_id,
        "X-API-Network-ID": link.network_id,
    }
    return {"Accept": "application/json"} | {name: value for name, value in named.items() if value}


def _usable(secret: str | None) -> bool:
    return bool(secret) and str(secret).isascii() and str(secret).isprintable()


def _auth(link: Link, secret: str | None) -> httpx.Auth | None:
    if not secret or not _usable(secret) or link.authentication is Authentication.NONE:
        return None
    if link.authentication is Authentication.BASIC:
        user, _, password = secret.partition(":")
        return httpx.BasicAuth(user, password)
    return _Bearer(secret)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
