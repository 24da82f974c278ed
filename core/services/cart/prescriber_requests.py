"""Asking the prescriber for other directions: the line waits, and what was asked is kept. The SIG itself stays."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final, NamedTuple

from core.adapters.store import Store, Work, audits
from core.adapters.store.carts import LineChange
from core.domain.errors import Refused
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record
from core.services.cart.changes import Changed, current_line, press, refuse_stale

ASKED: Final = "ask prescriber"
MOST_CHARS: Final = 1_000
"""As many as directions may have (NCPDP SCRIPT 2017071, SigText)."""
_NEWEST: Final = 50


class PrescriberRequest(NamedTuple):
    """Directions that somebody asked the prescriber for."""

    at: datetime
    by: str
    directions: str


def ask_prescriber(
    store: Store, person: Person, clinic: str, line: str, version: int, directions: str, *, instead_of: str
) -> Changed:
    """Hold the line, and record that the prescriber was asked to sign these directions; its own stay as they are.

    ``instead_of`` is the SIG that the person saw. A new prescription answers the question; nothing else changes a SIG.
    Raises Stale where somebody changed the line since ``version``, Refused where there is nothing to ask for.
    """
    require(person, Action.WORK_CART)
    requested = directions.strip()
    if not requested:
        raise Refused("There are no directions to ask for.")
    if len(requested) > MOST_CHARS:
        raise Refused(f"Directions have at most {MOST_CHARS:,} characters; these have {len(requested):,}.")

    if requested == instead_of.strip():
        raise Refused("These are the directions that the line has already.")

    def ask(work: Work) -> Changed:
        before = current_line(work, line)
        refuse_stale(work, before, version)
        held = before.model_copy(update={"hold": True, "version": before.version + 1})
        changes = [] if before.hold else [LineChange(before, held)]
        changed = press(work, person, before.refill_day, "Held, and the prescriber is to be asked.", changes)
        record(work, person, ASKED, _subject(line), {"sig": instead_of}, {"sig": requested})
        return changed

    return store.write(clinic, ask)


def requested_directions(store: Store, person: Person, clinic: str, line: str) -> tuple[PrescriberRequest, ...]:
    """What the prescriber was asked to sign for this line, newest first."""
    require(person, Action.WORK_CART)
    with store.read(clinic) as work:
        rows = audits.newest(work, _NEWEST, _subject(line))
    return tuple(
        PrescriberRequest(row["at"], row["email"], json.loads(row["after"])["sig"])
        for row in rows
        if row["action"] == ASKED
    )


def _subject(line: str) -> str:
    return f"cart line {line}"
