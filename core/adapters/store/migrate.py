"""The schema brought up to date, by one process at a time (docs/decisions/0012).

A new store is made from the declaration, the tables of tables.py; revisions bring older stores up to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, Engine, inspect, text

from core.adapters.store.base import METADATA
from core.domain.errors import Refused

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final = Path(__file__).parent / "migrations"
FIRST: Final = "0010"
"""The revision of the first schema; stores of earlier ones held demos alone."""
LOCK: Final = 7_307_204
"""The advisory lock under which PostgreSQL's schema is changed."""


def upgrade(engine: Engine) -> None:
    """Make the tables of an empty database, or run the revisions that a store lacks, all in one transaction.

    Raises Refused for a store that this version cannot bring up to date.
    """
    with engine.execution_options(reading=True).begin() as connection:
        if _revision(connection) == head():
            return
    from alembic import command

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        revision = _revision(connection)
        if revision is None:
            METADATA.create_all(connection)
            command.stamp(_config(connection), "head")
        else:
            _refuse_foreign(revision)
            command.upgrade(_config(connection), "head")


def _refuse_foreign(revision: str) -> None:
    if revision > head():
        raise Refused("This store was made by a newer version of Refill Day; use that version.")
    if revision < FIRST:
        raise Refused(
            "This store was made by an early version of Refill Day and cannot be brought up to date. Delete or move its"
            " file (data/refill.db where no other was named), or name an empty database; “make run” then makes a new"
            " demo store."
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return cast("str | None", connection.scalar(text("SELECT version_num FROM alembic_version")))


def head() -> str:
    """The newest revision: the number that the last file's name starts with."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def write_revision(engine: Engine, message: str) -> None:
    """The next revision's file: what a store made before a change of the tables lacks. Raises Refused for another."""
    from alembic import command

    with engine.begin() as connection:
        if _revision(connection) != head():
            raise Refused(f"A revision is written from a store of revision {head()}.")
        command.revision(_config(connection), message=message, rev_id=f"{int(head()) + 1:04d}", autogenerate=True)
