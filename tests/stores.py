"""A store with a clinic in it, a clock that stands still, and a count of the statements that run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event

from core.adapters.files import Folder
from core.adapters.store import Store, save_folder
from core.domain.model import Prescriber
from tests.builders import a_context

CLINIC = "demo"
NOW = datetime(2026, 12, 4, 15, 0, tzinfo=UTC)
"""Friday morning, 9:00 in the test clinic's zone."""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Later by so many ``days``, ``hours``, ``seconds``."""
        self.now += timedelta(**by)


def a_folder(**over: Any) -> Folder:
    """The clinic of ``a_context()`` as the files that it would be loaded from."""
    context = a_context()
    prescribers = tuple(context.prescribers.values())
    parts: dict[str, Any] = {
        "clinic": context.clinic,
        "programs": context.programs,
        "skus": tuple(context.skus.values()),
        "pharmacies": tuple(context.pharmacies.values()),
        "pharmacy_licences": context.licences,
        "offers": context.offers,
        "prescribers": tuple(Prescriber(**prescriber.model_dump(exclude={"licences"})) for prescriber in prescribers),
        "prescriber_licences": tuple(row for prescriber in prescribers for row in prescriber.licences.values()),
        "patients": tuple(context.patients.values()),
        "prescriptions": tuple(context.prescriptions.values()),
        "ladders": context.ladder_steps,
    }
    return Folder(**parts | over)


def load(store: Store, folder: Folder | None = None, clinic: str = CLINIC) -> None:
    """Put a folder (the usual one by default) into the store."""
    store.write(clinic, lambda work: save_folder(work, folder or a_folder()), new=True)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The SQL statements that run meanwhile; a bulk one counts once."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
