"""The practice pharmacy over HTTP: the JSON order API, with its faults, and ``/control`` (docs/partners.md).

``python -m core partner`` serves it. It listens to this machine alone unless told otherwise.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.cli.http_server import HttpServer
from core.cli.practice_pharmacy import ACCEPTS, Fault, PracticePharmacy

MOST_BYTES: Final = 5_000_000
SILENCE_SECONDS: Final = 60


def serve(books: PracticePharmacy, host: str, port: int, credentials: str = "") -> HttpServer:
    """The server, listening; ``credentials`` is ``user:password`` of Basic authentication, empty for none."""
    basic = f"Basic {b64encode(credentials.encode()).decode()}"

    async def answer(request: Request) -> Response:
        if request.path_params["path"] == "control":
            return await _control(books, request)
        if credentials and request.headers.get("Authorization") != basic:
            return JSONResponse({}, 401)
        return await (_post if request.method == "POST" else _get)(books, request)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    return HttpServer(app, host, port, SILENCE_SECONDS)


async def _control(books: PracticePharmacy, request: Request) -> Response:
    try:
        settings = await _json(request) if request.method == "POST" else {}
        return JSONResponse(await run_in_threadpool(books.control, settings))
    except (ValueError, TypeError) as error:
        return _failure(400, str(error))


async def _get(books: PracticePharmacy, request: Request) -> Response:
    reference = request.query_params.get("referenceId")
    number = request.path_params["path"].rpartition("/")[2]
    order = books.by_reference(reference) if reference else books.order(number)
    return JSONResponse(order) if order else _failure(404, "The order was not found.")


async def _post(books: PracticePharmacy, request: Request) -> Response:
    if int(request.headers.get("Content-Length", 0)) > MOST_BYTES:
        return _failure(413, "too large")
    try:
        message = await _json(request)
    except ValueError:
        return _failure(400, "The body is not JSON.")
    if not request.path_params["path"].endswith("order") or not isinstance(message, dict):
        return _failure(404)
    fault = books.next_fault()
    accepted = books.accept(message.get("order") or {}) if fault is None or fault in ACCEPTS else {}
    if fault in {Fault.SLOW, Fault.HANG}:
        await asyncio.sleep(books.seconds)
    if fault in {Fault.HANG, Fault.DROP, Fault.DROP_UNREAD}:
        request.state.transport.close()
        await asyncio.sleep(0)
    failures = {
        Fault.ERROR: _failure(500, "Server error"),
        Fault.ERROR_AFTER: _failure(500, "Server error"),
        Fault.REJECT: _failure(422, *books.messages),
        Fault.LIMIT: JSONResponse({}, 429, {"Retry-After": "7"}),
        Fault.GARBLED: JSONResponse("<html>Thank you</html>"),
        Fault.NOBODY: JSONResponse({}, 401),
        Fault.CONFLICT: _failure(409, "An order with this reference exists."),
    }
    return failures[fault] if fault in failures else JSONResponse(accepted)


async def _json(request: Request) -> Any:
    return json.loads(await request.body() or b"{}")


def _failure(status: int, *messages: str) -> Response:
    return JSONResponse({"type": "error", "messages": messages}, status)
