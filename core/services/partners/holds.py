"""What changed between checkout and sending, and holds a queued submission until a person has looked (rules.md, 7).

A hold is an unmatched event of the line, in the queue of such work: settling it lets the submission go, cancelling the
line takes it back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from core.adapters.store import Work, audits
from core.adapters.store.contexts import load_for_messages
from core.adapters.store.queue import Placed, Queued, lines_in, submissions_named
from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import LineState, Patient, Sku
from core.domain.orders.book import Event
from core.domain.orders.records import EventOutcome
from core.domain.orders.transitions import HELD
from core.rules.validation.allergens import (
    AllergyKind,
    catalog_words,
    matches,
    near_ingredients,
    read_allergy,
    related_ingredients,
)
from core.rules.validation.patient_gate import remark_in_name
from core.services.orders.events import apply_events

BY: Final = "check before sending"
"""Who recorded a hold."""


def hold_changed(work: Work, submissions: Sequence[str]) -> bool:
    """Hold those of these queued submissions whose patient left, whose prescription was stopped, or whose patient has a
    new allergy that may concern them; whether any is held now that was not. What a person has settled stays settled."""
    if not submissions:
        return False
    rows = {row.reference: row for row in submissions_named(work, submissions)}
    lines = lines_in(work, submissions, {LineState.PLACED})
    context = load_for_messages(work, {row.patient for row in rows.values()})
    events = [
        _event(work, line, code, reason)
        for line in lines
        for code, reason in _changes(work, line, rows[line.submission], context)
    ]
    return EventOutcome.UNMATCHED in apply_events(work, events, BY)


def _event(work: Work, line: Placed, code: str, reason: str) -> Event:
    return Event(
        f"{line.reference}/{line.attempt}: {code}", line.reference, line.attempt, HELD, work.now(), reason=reason
    )


def _changes(work: Work, line: Placed, submission: Queued, context: Context) -> Iterator[tuple[str, str]]:
    patient = context.patients[submission.patient]
    if not patient.active:
        yield "inactive", f"Patient {patient.patient} was made inactive after checkout."
    if remark := remark_in_name(patient):
        yield f"name {remark}", f"The name of patient {patient.patient} says “{remark}” since checkout."
    stops = context.prescriptions[line.rx].stopped_on
    if stops is not None and stops <= max(work.today, line.ships_on or work.today):
        yield f"stopped {stops}", f"Prescription {line.rx} was stopped after checkout, on {full_day(stops)}."
    new = _new_allergies(work, patient, submission.queued_at, _concerning(patient, context.skus[line.sku], context))
    if new:
        mark = hashlib.sha256("; ".join(new).encode()).hexdigest()[:12]
        words = ", ".join(f"“{allergy}”" for allergy in new)
        yield f"allergy {mark}", f"Patient {patient.patient} has a new allergy since checkout: {words}."


def _concerning(patient: Patient, sku: Sku, context: Context) -> list[str]:
    """The patient's allergies that name something of the SKU, nearly do, name another drug of its class, or that nobody
    can compare with it."""
    contents = (*sku.actives, *sku.ingredients)
    catalog = catalog_words(
        frozenset(name for row in context.skus.values() for name in (*row.actives, *row.ingredients))
    )
    read = [read_allergy(allergy, catalog) for allergy in patient.allergies or ()]
    named = {allergy for allergy, _ in matches(tuple(row.text for row in read), contents)}
    doubtful = {AllergyKind.UNKNOWN, AllergyKind.UNRECOGNIZED}
    return [
        row.text
        for row in read
        if row.text in named
        or row.kind in doubtful
        or near_ingredients(row, contents)
        or related_ingredients(row, contents)
    ]


def _new_allergies(work: Work, patient: Patient, since: datetime, allergies: list[str]) -> list[str]:
    """Those of these that the patient did not have before the first change since then, by the audit trail."""
    if not allergies:
        return []
    entries = audits.about(work, [f"patients.csv {patient.patient}"], MOST_CHANGES)
    earlier = [json.loads(entry["before"] or "null") for entry in entries if entry["at"] >= since]
    first = next((row for row in reversed(earlier) if isinstance(row, dict) and "allergies" in row), None)
    return [] if first is None else [allergy for allergy in allergies if allergy not in (first["allergies"] or ())]


MOST_CHANGES: Final = 200
"""The newest entries of a patient that are looked through: far more than one checkout waits for."""
