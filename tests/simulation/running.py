"""Weeks run one after another in one store, each from the same beginning; as a program, one week with its trace.

python -m tests.simulation.running SEED [--steps N] [--db postgresql://...]
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import delete, make_url, text

from core.adapters.store import METADATA, save_folder
from core.adapters.store.migrate import upgrade
from core.domain.partners.link import Authentication, Link
from core.domain.roles import LOCAL
from core.services.partners.connections import connect
from tests.simulation.clinic import PHARMACIES, START, the_folder
from tests.simulation.sound import rows_of
from tests.simulation.week import MortalStore, Week
from tests.stores import CLINIC, Clock

STEPS: Final = 12
"""Acts in a week, those within other acts and the end not counted."""


class Ran(NamedTuple):
    """What a seed came to: problems, the whole story, and a digest of the rows at the end."""

    problems: tuple[str, ...]
    trace: tuple[str, ...]
    digest: str


class Weeks:
    """A store that is brought back to the clinic's beginning before each week."""

    def __init__(self, url: str) -> None:
        self.clock = Clock(START)
        self.store = MortalStore(url, clock=self.clock)
        upgrade(self.store.engine)
        self._file = make_url(url).database if make_url(url).get_backend_name() == "sqlite" else None
        self._load()
        self._beginning = sqlite3.connect(":memory:")
        if self._file:
            with sqlite3.connect(self._file) as source:
                source.backup(self._beginning)

    def run(self, seed: int, *, steps: int = STEPS, careful: bool = False) -> Ran:
        """One week; ``careful`` looks for problems after every act."""
        self.begin_again()
        week = Week(seed, self.store, self.clock, careful=careful)
        found = week.run(steps)
        state = "\n".join(sorted(str(row) for rows in rows_of(self.store, CLINIC) for row in rows))
        return Ran(tuple(found), tuple(week.trace), hashlib.sha256(state.encode()).hexdigest())

    def close(self) -> None:
        """Give everything back."""
        self.store.close()
        self._beginning.close()

    def begin_again(self) -> None:
        """The clinic as it was loaded, and nothing else."""
        self.clock.now = START
        if self._file:
            with sqlite3.connect(self._file) as target:
                self._beginning.backup(target)
            target.close()
            return
        with self.store.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in METADATA.tables.values():
                connection.execute(delete(table))
        self._load()

    def _load(self) -> None:
        self.clock.now = START
        self.store.write(CLINIC, lambda work: save_folder(work, the_folder()), new=True)
        for pharmacy in PHARMACIES:
            link = Link(pharmacy, push=Authentication.HMAC, push_secret=f"{pharmacy.upper()}_PUSHES")
            connect(self.store, LOCAL, CLINIC, link)


@contextmanager
def weeks(url: str | None = None) -> Iterator[Weeks]:
    """A store to run weeks in: a file in memory where there is such a place, unless ``url`` names one."""
    memory = Path("/dev/shm")  # noqa: S108 (the usual place for files in memory)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        opened = Weeks(url or f"sqlite:///{folder}/week.db")
        try:
            yield opened
        finally:
            opened.close()


def main() -> int:
    """Tell a week's story, with everything that does not hold after the act that broke it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--db", help="a PostgreSQL database that may be emptied; SQLite in memory without it")
    given = parser.parse_args()
    logging.disable()
    with weeks(given.db) as opened:
        ran = opened.run(given.seed, steps=given.steps, careful=True)
    print(*ran.trace, f"rows at the end: {ran.digest}", *(f"PROBLEM {problem}" for problem in ran.problems), sep="\n")
    return 1 if ran.problems else 0


if __name__ == "__main__":
    sys.exit(main())
