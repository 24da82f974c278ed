"""A server on this machine that answers as Stripe does: payment intents captured by hand, refunds, idempotency keys.

What is like Stripe's: form-encoded requests, a bearer key, the states of an intent, one capture for each, the errors'
types and codes, and keys that are answered again as they were the first time, an error of the server's own included.
``faults`` are what the next requests run into, in order.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlparse

KEY = "sk_test_local"
NOW = 1_796_396_400
"""2026-12-04 15:00 UTC."""
DECLINING = {
    "pm_declined": ("card_declined", "Your card was declined."),
    "pm_authentication": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


class Refusal(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, kind: str, code: str, message: str, **more: Any) -> None:
        self.status, self.body = status, {"error": {"type": kind, "code": code, "message": message, **more}}


class FakeStripe:
    """The account: its intents, its refunds, and what was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.now = NOW
        self.seconds = 0.0
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.faults: deque[str] = deque()
        self.requests: list[tuple[str, str, str]] = []
        self.lock = threading.Lock()

    # what a test looks at

    @property
    def held_cents(self) -> int:
        """Held and neither captured nor released."""
        return sum(one["amount"] for one in self.intents.values() if one["status"] == "requires_capture")

    @property
    def taken_cents(self) -> int:
        """Captured, less what was refunded."""
        captured: int = sum(one["amount_received"] for one in self.intents.values())
        refunded: int = sum(one["amount"] for one in self.refunds.values())
        return captured - refunded

    def forget_keys(self) -> None:
        """What happens to them after 24 hours."""
        self.keys.clear()

    def lapse(self, intent: str) -> None:
        """The bank gives a hold up."""
        self.intents[intent]["status"] = "canceled"

    # what it does

    def answer(self, method: str, path: str, given: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        """One request, once for each idempotency key."""
        asked = json.dumps([method, path, given], sort_keys=True)
        with self.lock:
            self.requests.append((method, path, key))
            if key and key in self.keys:
                before, status, body = self.keys[key]
                if before != asked:
                    return 400, Refusal(
                        400, "idempotency_error", "", "Keys can only be used with the same parameters"
                    ).body
                return status, body
            status, body = self._done(method, path, given)
            if key:
                self.keys[key] = (asked, status, body)
            return status, body

    def replace_answer(self, key: str, status: int, body: dict[str, Any]) -> None:
        """The server failed after doing it, and remembers that it failed."""
        if key:
            self.keys[key] = (self.keys[key][0], status, body)

    def _done(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            return 200, self._routed(method, path.removeprefix("/v1/").split("/"), given)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _routed(self, method: str, parts: list[str], given: dict[str, Any]) -> dict[str, Any]:
        match method, parts:
            case "POST", ["payment_intents"]:
                return self._create(given)
            case "GET", ["payment_intents"]:
                since = int(given.get("created[gte]", 0))
                mine = [one for one in self.intents.values() if one["customer"] == given["customer"]]
                return _listed([one for one in mine if one["created"] >= since])
            case "GET", ["payment_intents", name]:
                return self._intent(name)
            case "POST", ["payment_intents", name, "capture"]:
                return self._capture(self._intent(name), int(given["amount_to_capture"]))
            case "POST", ["payment_intents", name, "cancel"]:
                return self._cancel(self._intent(name))
            case "POST", ["refunds"]:
                return self._refund(given)
            case "GET", ["refunds"]:
                mine = [one for one in self.refunds.values() if one["payment_intent"] == given["payment_intent"]]
                return _listed(mine)
        raise Refusal(404, "invalid_request_error", "", f"Unrecognized request URL ({method}: {parts})")

    def _intent(self, name: str) -> dict[str, Any]:
        if name not in self.intents:
            raise Refusal(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{name}'")
        return self.intents[name]

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        if int(given["amount"]) < 50:
            raise Refusal(400, "invalid_request_error", "amount_too_small", "Amount must be at least $0.50 usd")
        if not given["customer"].startswith("cus_") or given["customer"] == "cus_missing":
            raise Refusal(400, "invalid_request_error", "resource_missing", f"No such customer: '{given['customer']}'")
        expected = {"currency": "usd", "capture_method": "manual", "confirm": "true", "off_session": "true"}
        assert {name: given.get(name) for name in expected} == expected
        name = f"pi_{len(self.intents) + 1}"
        intent = {
            "id": name, "object": "payment_intent", "amount": int(given["amount"]), "amount_received": 0,
            "currency": "usd", "customer": given["customer"], "created": self.now, "status": "requires_capture",
            "latest_charge": {
                "id": f"ch_{name}", "object": "charge",
                "payment_method_details": {"type": "card", "card": {"capture_before": self.now + 7 * 86_400}},
            },
            "metadata": {key[9:-1]: value for key, value in given.items() if key.startswith("metadata[")},
        }  # fmt: skip
        self.intents[name] = intent
        if given["payment_method"] in DECLINING:
            intent["status"] = "requires_payment_method"
            code, message = DECLINING[given["payment_method"]]
            raise Refusal(402, "card_error", code, message, payment_intent=intent)
        return intent

    def _capture(self, intent: dict[str, Any], cents: int) -> dict[str, Any]:
        if intent["status"] != "requires_capture":
            message = f"This PaymentIntent could not be captured because it has a status of {intent['status']}."
            raise Refusal(400, "invalid_request_error", "payment_intent_unexpected_state", message)
        if cents > intent["amount"]:
            raise Refusal(400, "invalid_request_error", "amount_too_large", "The amount is greater than the authorized")
        intent.update(status="succeeded", amount_received=cents)
        return intent

    def _cancel(self, intent: dict[str, Any]) -> dict[str, Any]:
        if intent["status"] in {"succeeded", "canceled"}:
            message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            raise Refusal(400, "invalid_request_error", "payment_intent_unexpected_state", message)
        intent["status"] = "canceled"
        return intent

    def _refund(self, given: dict[str, Any]) -> dict[str, Any]:
        intent, cents = self._intent(given["payment_intent"]), int(given["amount"])
        before = sum(one["amount"] for one in self.refunds.values() if one["payment_intent"] == intent["id"])
        if cents > intent["amount_received"] - before:
            raise Refusal(
                400, "invalid_request_error", "charge_already_refunded", "Refund amount is greater than unrefunded"
            )
        name = f"re_{len(self.refunds) + 1}"
        self.refunds[name] = {
            "id": name, "object": "refund", "amount": cents, "payment_intent": intent["id"], "status": "succeeded",
            "metadata": {key[9:-1]: value for key, value in given.items() if key.startswith("metadata[")},
        }  # fmt: skip
        return self.refunds[name]


def _listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": rows[::-1], "has_more": False, "url": "/v1/list"}


FAULTY = {"500": 500, "500 after": 500, "429": 429}


@contextmanager
def fake_stripe() -> Iterator[FakeStripe]:
    """The server, on a free port of this machine."""
    account = FakeStripe()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._serve("POST", body)

        def do_GET(self) -> None:
            self._serve("GET", urlparse(self.path).query)

        def _serve(self, method: str, form: str) -> None:
            key, path = self.headers.get("Idempotency-Key", ""), urlparse(self.path).path
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self._say(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})
            fault = account.faults.popleft() if account.faults else ""
            failed = {"error": {"type": "api_error", "message": "An unknown error occurred"}}
            given = dict(parse_qsl(form))
            if fault == "429":
                return self._say(429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}})
            if fault == "lost":
                return self._hang_up()
            if fault == "500":
                if key:
                    account.keys[key] = (json.dumps([method, path, given], sort_keys=True), 500, failed)
                return self._say(500, failed)
            time.sleep(account.seconds)
            status, answer = account.answer(method, path, given, key)
            time.sleep(account.seconds)
            if fault == "500 after":
                account.replace_answer(key, 500, failed)
                return self._say(500, failed)
            if fault == "lost after":
                return self._hang_up()
            if fault == "slow":
                time.sleep(0.6)
            return self._say(status, answer)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _say(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Request-Id", "req_local")
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    account.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
