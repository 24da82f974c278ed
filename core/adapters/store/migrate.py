"""The schema brought up to date, by one process at a time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, Engine, create_engine, inspect, text

from core.domain.errors import Refused

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final = Path(__file__).parent / "migrations"
LOCK: Final = 7_307_204
"""The advisory lock under which PostgreSQL's schema is changed."""


def upgrade(engine: Engine) -> None:
    """Run the revisions that the database lacks, all in one transaction."""
    with engine.execution_options(reading=True).begin() as connection:
        if _revision(connection) == head():
            return
    from alembic import command

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if (revision := _revision(connection)) is not None and revision > head():
            raise Refused("This store was made by a newer version of Refill Day; use that version.")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return cast("str | None", connection.scalar(text("SELECT version_num FROM alembic_version")))


def head() -> str:
    """The newest revision: the number that the last file's name starts with."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def write_revision(message: str) -> None:
    """The next revision's file, from the tables as they are now."""
    from alembic import command

    revisions = list((FOLDER / "versions").glob("[0-9]*.py"))
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/empty.db")
        if revisions:
            upgrade(engine)
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.revision(config, message=message, rev_id=f"{len(revisions) + 1:04d}", autogenerate=True)
