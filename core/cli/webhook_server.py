"""The webhook receiver: ``POST /events/CLINIC/PHARMACY`` for pharmacies, ``POST /payments/CLINIC`` for the provider.

``python -m core webhook`` serves it in a process of its own; ``routes`` fit into the dashboard's as well. It listens to
this machine alone unless told otherwise; a proxy in front speaks TLS.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.adapters.secrets import secret
from core.adapters.store import Store
from core.cli.http_server import SILENCE_SECONDS, HttpServer
from core.domain.errors import RefillDayError, Unavailable
from core.services.partners.pushes import PushResponse, receive
from core.services.payments.webhook import receive_payment

MOST_BYTES: Final = 1_000_000
MOST_AT_ONCE: Final = 32

_log = logging.getLogger(__name__)

Secrets = Callable[[str], str | None]


def webhook(store: Store, host: str, port: int, secret_of: Secrets = secret) -> HttpServer:
    """The receiver as a server, listening."""
    missing = {404: _not_found, 405: _not_found}
    return HttpServer(Starlette(routes=routes(store, secret_of), exception_handlers=missing), host, port)


def routes(store: Store, secret_of: Secrets = secret, silence_seconds: int = SILENCE_SECONDS) -> list[Route]:
    """The receiver's addresses, for any application: ``st.App(script, routes=routes(store))`` is one."""
    slots = asyncio.Semaphore(MOST_AT_ONCE)

    def taking(receiver: Callable[..., PushResponse]) -> Callable[[Request], Response]:
        async def endpoint(request: Request) -> Response:
            if refused := _refused(request):
                return refused
            if slots.locked():
                return _close(503, "Too many pushes at once; try again.")
            async with slots:
                try:
                    body = await _body(request, silence_seconds)
                except (ClientDisconnect, TimeoutError):
                    return _close(400, "The body is shorter than was said.")
                take_in = partial(receiver, store, headers=request.headers, body=body, secret_of=secret_of)
                return await run_in_threadpool(_answer, partial(take_in, **request.path_params))

        return endpoint  # type: ignore[return-value]  # starlette awaits it

    return [
        Route("/health", lambda _: JSONResponse({"ok": True})),
        Route("/events/{clinic}/{pharmacy}", taking(receive), methods=["POST"]),
        Route("/payments/{clinic}", taking(receive_payment), methods=["POST"]),
    ]


def _refused(request: Request) -> Response | None:
    """The answer to a push that is not read at all."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or "Transfer-Encoding" in request.headers:
        return _close(411, "Say how long the body is with Content-Length.")
    if int(length[:12]) > MOST_BYTES:
        return _close(413, f"A push holds at most {MOST_BYTES:,} bytes.")
    if "\0" in "".join(request.path_params.values()):
        raise HTTPException(404)
    return None


async def _body(request: Request, silence_seconds: int) -> bytes:
    """The whole body. Raises TimeoutError where nothing comes for too long, ClientDisconnect where it ends early."""
    chunks, body = request.stream(), bytearray()
    while True:
        async with asyncio.timeout(silence_seconds):
            chunk = await anext(chunks, None)
        if chunk is None:
            return bytes(body)
        body += chunk


def _answer(take_in: Callable[[], PushResponse]) -> Response:
    try:
        response = take_in()
    except Unavailable:
        return _error(503, "The store cannot be reached; try again.", {"Retry-After": "30"})
    except RefillDayError as error:
        return _error(409, str(error))
    except Exception as error:  # noqa: BLE001  (it is sent again; its words may hold a patient's name)
        _log.error("a push failed: %s", type(error).__name__)
        return _error(500, "This push could not be taken in; try again.")
    return JSONResponse(response.answer, response.status)


def _close(status: int, reason: str) -> Response:
    """An answer before the body is read: the connection is of no more use."""
    return _error(status, reason, {"Connection": "close"})


def _error(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": reason}, status, headers)


def _not_found(request: Request, _: Exception) -> Response:
    if request.method == "POST":
        return _close(404, "Pushes go to /events/CLINIC/PHARMACY or /payments/CLINIC.")
    return _error(404, "There is nothing here.")
