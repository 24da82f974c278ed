"""Value classes that only the store has: what a cart holds, and what days and workers have counted."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from pydantic import Field

from core.domain.model import MOST_PACKS, Model, Owner, PreferenceKind, PreferenceScope, ShipTo


class StoredLine(Model):
    """A cart line as given: a cell that is None comes from the prescription. ``version`` rises with every change."""

    id: str
    refill_day: date
    position: int
    version: int = 1
    created_by: str
    patient: str
    sku: str
    quantity: int | None = Field(default=None, ge=1, le=MOST_PACKS)
    rx: str | None = None
    sig: str | None = None
    npi: str | None = None
    pharmacy: str | None = None
    ship_to: ShipTo = ShipTo.PATIENT
    hold: bool = False
    note: str = ""


class StoredOverride(Model):
    """A blocking finding of a line that somebody answers for; who confirmed it, and when, where the rules ask."""

    line: str
    code: str
    reason: str
    by: str
    at: datetime
    confirmed_by: str | None = None
    confirmed_on: date | None = None


class StoredQuestion(NamedTuple):
    """What was asked about a held cart line (its id), of whom, and the answer; None until somebody wrote it down.

    ``directions`` are those that the prescriber is asked to sign; empty where the question is another one.
    """

    id: str
    line: str
    asked_of: Owner
    question: str
    directions: str
    by: str
    at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class StoredPreference(NamedTuple):
    """One routing preference and whose. At most one of ``patient``, ``sku`` and ``line`` (its id) is given."""

    id: str
    refill_day: date
    kind: PreferenceKind
    patient: str | None
    sku: str | None
    line: str | None
    pharmacy: str | None
    amount_cents: int
    by: str
    at: datetime

    @property
    def scope(self) -> PreferenceScope:
        """Which lines it is about."""
        named = (
            (self.patient, PreferenceScope.PATIENT),
            (self.sku, PreferenceScope.SKU),
            (self.line, PreferenceScope.LINE),
        )
        return next((scope for code, scope in named if code is not None), PreferenceScope.CART)


class DailyTotal(NamedTuple):
    """What happened on a day (clinic's zone) at a pharmacy under a program: lines counted, cents taken.

    ``promised`` counts the lines promised for that day that were not rejected or canceled, ``promised_on_time`` those
    of them that were delivered by its end.
    """

    day: date
    pharmacy: str
    program: str
    placed: int
    answered_first: int
    accepted_first: int
    rejected: int
    cancelled: int
    shipped: int
    delivered: int
    promised: int
    promised_on_time: int
    returned: int
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    adjustment_cents: int


class WorkerRun(NamedTuple):
    """When a worker last had something to do for the clinic, and what came of it."""

    worker: str
    last_run_at: datetime
    sent: int
    failed: int
    message: str
