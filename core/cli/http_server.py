"""An application on a port of its own, by uvicorn: for the webhook receiver and the practice pharmacy."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.applications import Starlette

SILENCE_SECONDS: Final = 10
"""How long somebody who is connected may stay silent."""


class HttpServer(uvicorn.Server):
    """Bound and listening once it is made, ``run_here`` answers; ``should_exit`` stops it. OSError for a taken port."""

    def __init__(self, app: Starlette, host: str, port: int, silence_seconds: int = SILENCE_SECONDS) -> None:
        self.socket = socket.create_server((host, port), backlog=128)
        config = uvicorn.Config(
            app,
            http=_SilenceLimit,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=silence_seconds,
            timeout_graceful_shutdown=SILENCE_SECONDS,
        )
        super().__init__(config)

    @property
    def address(self) -> str:
        """Where it listens, with the port that it got."""
        return "http://{}:{}".format(*self.socket.getsockname()[:2])

    def run_here(self) -> None:
        """Answer until it is stopped."""
        self.run([self.socket])


class _SilenceLimit(H11Protocol):
    """Lets go of somebody who begins no request, or never ends its head; uvicorn would wait for ever.

    ``request.state.transport`` is the connection.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)
        self._limit()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._limit()

    def _limit(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
