"""Use case: thresholds and titration ladders changed one at a time on Setup, with who changed what when.

A threshold is never written over for a day that has passed: a new row counts from its first day on. The history is the
audit trail's own entries about them.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from core.adapters.files import FILES
from core.adapters.files.typed_cells import typed_cells
from core.adapters.store import Store, Work, thresholds
from core.domain.errors import Refused, Stale
from core.domain.model import LadderStep, Setting
from core.domain.roles import Action, Person, require
from core.domain.settings import SETTINGS, SettingScope
from core.domain.text_limits import why_no_key
from core.services.audit_trail import record
from core.services.rule_history import doses_in_words, ladder_entry, threshold_entry

MOST_STEPS: Final = 20
_NUMBER: Final = re.compile(r"\d{1,6}(\.\d{1,4})?", re.ASCII)


class ThresholdInput(NamedTuple):
    """A row as somebody typed it; ``shown`` is the value that the row with this key had when they looked, None where
    there was none."""

    name: str
    scope: str
    value: str
    valid_from: date | None
    shown: str | None = None


def set_threshold(store: Store, person: Person, clinic: str, typed: ThresholdInput) -> Setting:
    """Put a threshold in force from a day on: today at the clinic, or later.

    Raises Refused for a setting, scope, value or day that cannot be, Stale where somebody else wrote that row first.
    """
    require(person, Action.SET_UP)

    def put(work: Work) -> Setting:
        row = _row(work, typed)
        before = thresholds.setting_row(work, row.scope, row.name, row.valid_from)
        _refuse_stale(before.value if before else None, typed.shown)
        if before == row:
            raise Refused(f"{row.name} is {row.value} from that day already: nothing was changed.")
        thresholds.put_setting(work, row)
        record(work, person, *threshold_entry(row.name, before, row))
        return row

    return store.write(clinic, put)


def take_back(store: Store, person: Person, clinic: str, row: Setting) -> None:
    """Remove a row that is not in force yet, or began today; what is older ends when a newer row begins.

    Raises Refused for a row of an earlier day, Stale where it is not as it was seen.
    """
    require(person, Action.SET_UP)

    def remove(work: Work) -> None:
        if row.valid_from < work.today:
            raise Refused("What was in force on earlier days stays: put another value in force from today on.")
        before = thresholds.setting_row(work, row.scope, row.name, row.valid_from)
        _refuse_stale(before.value if before else None, row.value)
        thresholds.remove_setting(work, row.scope, row.name, row.valid_from)
        record(work, person, *threshold_entry(row.name, row, None))

    store.write(clinic, remove)


def set_ladder(
    store: Store, person: Person, clinic: str, active: str, doses: str, shown: tuple[Decimal, ...] | None = None
) -> tuple[Decimal, ...]:
    """Write the ladder of an active: weekly mg from the first step to the last, as ``0.25, 0.5, 1``; nothing typed
    takes the ladder away.

    Raises Refused for an active that no SKU has or doses that are no ladder, Stale where it is not as ``shown``.
    """
    require(person, Action.SET_UP)
    if reason := why_no_key(active):
        raise Refused(f"The active {reason}.")
    weekly = _doses(doses)

    def put(work: Work) -> tuple[Decimal, ...]:
        name = thresholds.ladder_name(work, active.strip())
        before = thresholds.ladder(work, name)
        if not before and name.casefold() not in thresholds.first_actives(work):
            raise Refused(f"No SKU has “{name}” as its first active: add the SKU first, or choose another active.")
        if shown is not None and before != shown:
            raise Stale("Somebody has changed this ladder meanwhile. Look at it again, then save.")
        if weekly == before:
            raise Refused(f"The ladder of {name} says that already: nothing was changed.")
        steps = [LadderStep(active=name, step=step, weekly_mg=dose) for step, dose in enumerate(weekly, 1)]
        thresholds.put_ladder(work, name, steps)
        record(work, person, *ladder_entry(name, doses_in_words(before), doses_in_words(weekly)))
        return weekly

    return store.write(clinic, put)


def _row(work: Work, typed: ThresholdInput) -> Setting:
    kind = SETTINGS.get(typed.name)
    if kind is None:
        raise Refused(f"There is no setting “{typed.name}”; the settings are {', '.join(SETTINGS)}.")
    if not typed.value.strip():
        raise Refused(f"Write the value of {kind.name}; its default is {kind.default}.")
    if not typed.scope.strip():
        raise Refused("Say what it is for: the clinic, a pharmacy, a state, an active or a SKU.")
    if typed.valid_from is None:
        raise Refused("Say from which day on it counts.")
    if typed.valid_from < work.today:
        raise Refused("Earlier days were decided with what was in force then: choose today or a later day.")
    cells = {"scope": typed.scope, "name": typed.name, "value": typed.value, "valid_from": typed.valid_from}
    row = Setting.model_validate(typed_cells(FILES["settings.csv"], cells, work.today, work.zone))
    scope, _, code = row.scope.partition(":")
    if SettingScope(scope) not in kind.scopes:
        raise Refused(f"{kind.name} is not looked up by {scope}: its rows are for a {' or a '.join(kind.scopes)}.")
    if scope == SettingScope.PHARMACY and not thresholds.is_pharmacy(work, code):
        raise Refused(f"“{code}” is not among the clinic's pharmacies: load it first, or choose another.")
    if scope == SettingScope.ACTIVE and code not in thresholds.first_actives(work):
        raise Refused(f"No SKU has “{code}” as its first active: add the SKU first, or choose another active.")
    if scope == SettingScope.SKU and not thresholds.is_sku(work, code):
        raise Refused(f"“{code}” is not among the clinic's SKUs: load it first, or choose another.")
    return row


def _refuse_stale(now: str | None, shown: str | None) -> None:
    if now != shown:
        raise Stale(
            f"Somebody has changed that row meanwhile: it {f'says {now}' if now is not None else 'is gone'} now. Look "
            "at it again, then save.",
            {"value": now},
        )


def _doses(text: str) -> tuple[Decimal, ...]:
    typed = [part.strip().removesuffix("mg").strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    for part in typed:
        if not _NUMBER.fullmatch(part) or not Decimal(part):
            raise Refused(f"“{part[:40]}” is not a dose: write weekly mg from the first step on, as 0.25, 0.5, 1.")
    if len(typed) > MOST_STEPS:
        raise Refused(f"That is {len(typed)} steps; a ladder has at most {MOST_STEPS}.")
    weekly = tuple(Decimal(part) for part in typed)
    for lower, higher in pairwise(weekly):
        if higher <= lower:
            raise Refused(f"A ladder goes up: {higher} mg does not follow {lower} mg.")
    return weekly
