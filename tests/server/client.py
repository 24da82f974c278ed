"""A dashboard server of one's own, and a browser without a screen that speaks its websocket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import streamlit  # noqa: F401  (its messages import in a circle without it)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_SECONDS = 30


@contextmanager
def dashboard(database: str, **environment: str) -> Iterator[str]:
    """The host and port of a fresh server; it has run nothing yet."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            httpx.get(url, timeout=1).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")


class Run:
    """One run of a script: every message that the browser got."""

    def __init__(self, messages: list[ForwardMsg]) -> None:
        self.messages = messages

    def carried(self, words: Iterable[str]) -> list[str]:
        """Which of the words came over the wire, shown or not, tables included."""
        wire = b"".join(message.SerializeToString() for message in self.messages)
        return [word for word in words if word.encode() in wire]

    @property
    def elements(self) -> list[tuple[str, Any]]:
        """What was drawn, in order: the kind of each element and its message."""
        drawn = [message.delta.new_element for message in self.messages if message.delta.HasField("new_element")]
        return [(kind, getattr(element, kind)) for element in drawn if (kind := element.WhichOneof("type"))]


def opened(server: str, page: str, query: str = "", seconds: float = 30, **connection: Any) -> list[Run]:
    """What somebody gets who opens ``/page``: a run, and another for every page that it sends them on to.

    ``connection`` are options of the websocket: ``ssl``, ``additional_headers``.
    """
    protocols = [Subprotocol("streamlit"), Subprotocol("x")]
    scheme = "wss" if "ssl" in connection else "ws"
    address = f"{scheme}://{server}/_stcore/stream"
    with connect(address, subprotocols=protocols, max_size=None, **connection) as socket_:
        asks = BackMsg()
        asks.rerun_script.page_name = page
        asks.rerun_script.query_string = query
        asks.rerun_script.widget_states.SetInParent()
        socket_.send(asks.SerializeToString())
        runs: list[Run] = []
        messages: list[ForwardMsg] = []
        while True:
            message = ForwardMsg.FromString(socket_.recv(timeout=seconds))
            messages.append(message)
            if message.WhichOneof("type") != "script_finished":
                continue
            runs.append(Run(messages))
            messages = []
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return runs
