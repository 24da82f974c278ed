"""A disk without space: what does not fit is not there at all, a sentence says so, and with space it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core.adapters.store import Store, open_store
from core.domain.errors import Unavailable
from core.domain.model import Days, Objective
from core.domain.roles import LOCAL
from core.services.cart.additions import upload
from core.services.checkout import Confirmation, place
from core.services.orders.views import track
from tests.crash.killing import BENCH, DAY, LINES, a_clinic, assert_books_hold, holdings
from tests.crash.test_server_restarts import Server

CONFIRMED = Confirmation(None, "FREE", Objective.CHEAPEST, Days(DAY, DAY), acknowledged=None, key="K1")
FULL = "The disk of the database is full, and nothing was saved. Make space there, then try again."


class Disk:
    """A place for a store whose space can be taken away."""

    def __init__(self, address: str, fill: Callable[[Store], None], make_space: Callable[[Store], None]) -> None:
        self.address, self.fill, self.make_space = address, fill, make_space


def _limited(tmp_path: Path) -> Iterator[Disk]:
    """SQLite is told that it may not use another page."""

    def limit(store: Store, pages: str) -> None:
        def on_connect(dbapi: Any, _: object) -> None:
            dbapi.execute(f"pragma max_page_count={pages}")

        event.listen(store.engine, "connect", on_connect)
        store.engine.dispose()

    address = f"sqlite:///{tmp_path / 'refill.db'}"
    yield Disk(address, lambda store: limit(store, "1"), lambda store: limit(store, "1000000"))


def _small(tmp_path: Path) -> Iterator[Disk]:
    """A file system in memory of a few megabytes, and something else that fills it."""
    with _mounted(tmp_path) as place_:
        ballast = place_ / "ballast"
        yield Disk(f"sqlite:///{place_ / 'refill.db'}", lambda _: _fill(ballast), lambda _: ballast.unlink())


def _under_a_server(tmp_path: Path) -> Iterator[Disk]:
    """A PostgreSQL whose files are on a small file system, filled by something else."""
    folder = Path(tempfile.gettempdir()) / f"refill-day-full-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    with _mounted(folder, megabytes=160):
        server = Server(folder / "data")
        yield Disk(server.address, lambda _: _fill(folder / "ballast"), lambda _: (folder / "ballast").unlink())
        server.remove()
    folder.rmdir()


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as out:
        while out.write(bytes(4096)) == 4096:
            continue


@contextmanager
def _mounted(folder: Path, megabytes: int = 4) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    script = "mount -t tmpfs -o size=1m tmpfs /mnt"
    return subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, check=False).returncode == 0


MOUNTED = {"a full file system": _small, "a full file system under PostgreSQL": _under_a_server}
DISKS = {"no more pages": _limited} | (MOUNTED if _may_mount() else {})
"""Where a file system may be mounted, a real one fills; everywhere SQLite itself is bounded."""


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Each kind that this machine can have."""
    yield from DISKS[request.param](tmp_path)


def test_a_placing_that_does_not_fit_leaves_nothing_and_works_with_space(disk: Disk) -> None:
    store = open_store(disk.address)
    upload(store, LOCAL, a_clinic(store, "full"), DAY, BENCH.rows, replace=False)
    nothing = holdings(store, "full")
    disk.fill(store)
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            place(store, LOCAL, "full", CONFIRMED)
        assert str(refusal.value) == FULL
    assert len(track(store, LOCAL, "full").lines) == 0
    disk.make_space(store)
    assert holdings(store, "full") == nothing
    place(store, LOCAL, "full", CONFIRMED)
    assert holdings(store, "full").rows["order_line"] == LINES
    assert_books_hold(store, "full")
    store.close()
