"""The webhook receiver: a small HTTP server of its own, since Streamlit cannot take a push.

``POST /events/CLINIC/PHARMACY`` for pharmacies, ``POST /payments/CLINIC`` for the payment provider. It listens to this
machine alone unless told otherwise; a proxy in front speaks TLS.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from core.adapters.secrets import secret
from core.adapters.store import Store
from core.domain.errors import RefillDayError, Unavailable
from core.services.partners.pushes import PushResponse, receive
from core.services.payments.webhook import receive_payment

MOST_BYTES: Final = 1_000_000
MOST_AT_ONCE: Final = 32
SECONDS_TO_SPEAK: Final = 10
"""How long somebody who is connected may stay silent."""

_log = logging.getLogger(__name__)


def webhook(store: Store, host: str, port: int, secret_of: Callable[[str], str | None] = secret) -> Receiver:
    """The server, listening."""

    return Receiver((host, port), store, secret_of)


class Receiver(ThreadingHTTPServer):
    """The store that pushes go to, and how many may come at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], store: Store, secret_of: Callable[[str], str | None]) -> None:
        super().__init__(address, _Handler)
        self.store, self.secret_of = store, secret_of
        self.room = threading.BoundedSemaphore(MOST_AT_ONCE)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    server_version = "refill-day"
    sys_version = ""
    timeout = SECONDS_TO_SPEAK
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Whether somebody is there."""
        self._say(*((200, {"ok": True}) if self.path == "/health" else (404, {"error": "There is nothing here."})))

    def do_POST(self) -> None:
        """One push."""
        to = _taker(self.path)
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or self.headers.get("Transfer-Encoding"):
            self._leave(411, "Say how long the body is with Content-Length.")
        elif int(length[:12]) > MOST_BYTES:
            self._leave(413, f"A push holds at most {MOST_BYTES:,} bytes.")
        elif to is None:
            self._leave(404, "Pushes go to /events/CLINIC/PHARMACY or /payments/CLINIC.")
        elif not self.server.room.acquire(blocking=False):
            self._leave(503, "Too many pushes at once; try again.")
        else:
            try:
                self._take(to, int(length))
            finally:
                self.server.room.release()

    def _take(self, to: Taker, length: int) -> None:
        try:
            body = self.rfile.read(length)
        except OSError:
            self.close_connection = True
            return
        if len(body) < length:
            self._leave(400, "The body is shorter than was said.")
            return
        try:
            said = to(self.server.store, headers=self.headers, body=body, secret_of=self.server.secret_of)
        except Unavailable:
            self._say(503, {"error": "The store cannot be reached; try again."}, {"Retry-After": "30"})
        except RefillDayError as error:
            self._say(409, {"error": str(error)})
        except Exception as error:  # noqa: BLE001  (it is sent again; its words may hold a patient's name)
            _log.error("a push failed: %s", type(error).__name__)
            self._say(500, {"error": "This push could not be taken in; try again."})
        else:
            self._say(said.status, said.answer)

    def _leave(self, status: int, why: str) -> None:
        """An answer before the body is read: the connection is of no more use."""
        self.close_connection = True
        self._say(status, {"error": why}, {"Connection": "close"})

    def _say(self, status: int, data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # whoever pushed has gone; what was taken in is taken in
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Only failures are news, and they are logged where they happen."""


Taker = Callable[..., PushResponse]
"""What takes a push in: of the store, its headers, its body, and where secrets are."""


def _taker(path: str) -> Taker | None:
    parts = urlsplit(path).path.split("/")
    names = [unquote(part) for part in parts[2:]]
    if parts[0] or len(parts) < 3 or not all(names) or "\0" in "".join(names):
        return None
    match parts[1], names:
        case "events", [clinic, pharmacy]:
            return partial(receive, clinic=clinic, pharmacy=pharmacy)
        case "payments", [clinic]:
            return partial(receive_payment, clinic=clinic)
        case _:
            return None
