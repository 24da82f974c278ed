"""The whole store to one file and back (docs/decisions/0002): a backup is a SQLite store, whatever the store is."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select

from core.adapters.store.base import METADATA
from core.adapters.store.engine import Store, open_store
from core.domain.errors import BadCell, BadInput, Refused

PAGE = 5_000
"""Rows held in memory at a time."""


def backup(store: Store, file: Path) -> dict[str, int]:
    """Every table copied into ``file``, which must not exist yet; rows by table. One moment of the store is copied."""
    unfinished = _made_ready(file)
    copy = open_store(f"sqlite:///{unfinished}")
    try:
        with store.snapshot() as source, copy.engine.begin() as target:
            counts = _copied(source, target)
    finally:
        copy.close()
    unfinished.rename(file)
    return counts


def _made_ready(file: Path) -> Path:
    """The name that a backup has until it is whole."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        if file.exists():
            raise Refused(f"{file.name} exists already; name a new file, so that no backup is overwritten.")
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput([BadCell(str(file), None, None, None, f"cannot be written ({error.strerror})")]) from None
    return unfinished


def restore(store: Store, file: Path) -> dict[str, int]:
    """Every row of a backup copied into an empty store; rows by table. Nothing is written unless all of it is."""
    if not file.is_file():
        raise BadInput([BadCell(file.name, None, None, None, "there is no such backup")])
    if store.clinics():
        raise Refused("This store holds a clinic already; restore into an empty one (--db with a new address).")
    source_store = open_store(f"sqlite:///{file}")
    try:
        with source_store.snapshot() as source, store.engine.begin() as target:
            return _copied(source, target)
    finally:
        source_store.close()


def _copied(source: Connection, target: Connection) -> dict[str, int]:
    counts = {}
    for table in METADATA.sorted_tables:
        rows = source.execution_options(yield_per=PAGE).execute(select(table)).mappings()
        for page in rows.partitions(PAGE):
            target.execute(insert(table), [dict(row) for row in page])
        counts[table.name] = _count(target, table)
        if counts[table.name] != _count(source, table):
            raise Refused(f"The copy of {table.name} is not whole; nothing was kept.")
    return counts


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
