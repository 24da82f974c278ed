"""A worker dies while it sends: no message goes out twice, and what nobody can vouch for waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from core.adapters.store import Store
from core.adapters.store.tables import CLINIC, SUBMISSION
from core.domain.model import Cart, Days, Objective, SubmissionState
from core.domain.roles import LOCAL
from core.rules.prescriptions import completed
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from core.services.orders.recovery import Resolution, resolve
from core.services.orders.views import track
from core.services.partners.submissions import LEASE
from core.services.partners.worker import Round, run_once
from tests.crash.acts import RecordingPartner, send_queued, send_until
from tests.crash.killing import (
    BENCH,
    DAY,
    LINES,
    a_clinic,
    assert_books_hold,
    dies,
    killed_after,
    moments,
    points,
    seconds_of,
)
from tests.soak import KILLS
from tests.stores import Clock, statements

SECONDS_TO_ANSWER = 0.002
Q = SubmissionState


def a_queue(store: Store, clinic: str) -> str:
    """The 40 lines of a clinic, placed and not sent."""
    with store.read(a_clinic(store, clinic)) as work:
        context = load_context(work)
    lines = tuple(completed(row, number, context, DAY) for number, row in enumerate(BENCH.rows, 1))
    place(
        store,
        LOCAL,
        clinic,
        Confirmation(Cart(refill_day=DAY, lines=lines), "FREE", Objective.CHEAPEST, Days(DAY, DAY)),
    )
    return clinic


def submissions(store: Store, clinic: str) -> dict[str, SubmissionState]:
    """How every submission stands, once the transaction of a dead process is over."""
    columns = SUBMISSION.c.reference, SUBMISSION.c.state
    waiting = select(CLINIC.c.clinic).where(CLINIC.c.clinic == clinic).with_for_update()
    with store.engine.begin() as connection:
        connection.execute(waiting)
        rows = connection.execute(select(*columns).where(SUBMISSION.c.clinic == clinic))
        return {row.reference: row.state for row in rows}


def test_a_worker_killed_at_any_moment(
    store: Store, store_url: str, clock: Clock, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    def sending(clinic: str) -> tuple[Callable[..., None], str, str, datetime, Path, float]:
        return send_queued, store_url, clinic, clock(), tmp_path / clinic, SECONDS_TO_ANSWER

    seconds = seconds_of(*sending(a_queue(store, "calm")))
    assert set(submissions(store, "calm").values()) == {Q.ACKNOWLEDGED}
    assert_each_arrived_once(store, "calm", RecordingPartner(tmp_path / "calm"))
    outcomes = []
    for number, moment in enumerate(moments(KILLS, seconds, "send")):
        clinic = a_queue(store, f"killed-{number}")
        killed_after(moment, *sending(clinic))
        outcomes.append(assert_recovers(store, clock, clinic, RecordingPartner(tmp_path / clinic)))
    record_property("seconds", round(seconds, 3))
    record_property("arrived", [outcome.arrived for outcome in outcomes])
    record_property("unknown", [outcome.unknown for outcome in outcomes])


def test_a_worker_that_dies_at_any_statement(
    store: Store, store_url: str, clock: Clock, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    a_queue(store, "calm")
    with statements(store) as ran:
        run_once(store, "calm", lambda _: RecordingPartner(tmp_path / "calm"))
    record_property("statements", len(ran))
    for point in points(KILLS - 2, len(ran)):
        clinic = a_queue(store, f"killed-{point}")
        dies(send_until, store_url, clinic, clock(), tmp_path / clinic, point)
        assert_recovers(store, clock, clinic, RecordingPartner(tmp_path / clinic))


class Outcome(NamedTuple):
    """How many messages had arrived when the worker died, and how many a person had to settle."""

    arrived: int
    unknown: int


def assert_each_arrived_once(store: Store, clinic: str, partner: RecordingPartner) -> None:
    """No submission was sent twice, and none was left out."""
    assert partner.received == dict.fromkeys(submissions(store, clinic), 1)


def assert_recovers(store: Store, clock: Clock, clinic: str, partner: RecordingPartner) -> Outcome:
    """What a dead worker left is finished by another one, without a message sent twice."""
    arrived, left = set(partner.received), submissions(store, clinic)
    assert {name for name, state in left.items() if state is Q.ACKNOWLEDGED} <= arrived
    assert not {name for name, state in left.items() if state is Q.QUEUED} & arrived

    run_once(store, clinic, lambda _: partner)
    under_lease = submissions(store, clinic)
    assert {name for name, state in under_lease.items() if state is Q.SENDING} == {
        name for name, state in left.items() if state is Q.SENDING
    }
    clock.forward(seconds=LEASE.total_seconds() + 1)
    run_once(store, clinic, lambda _: partner)
    settled = submissions(store, clinic)
    unknown = {name for name, state in settled.items() if state is Q.UNKNOWN}
    assert unknown == {name for name, state in left.items() if state is Q.SENDING}
    assert {name for name, state in settled.items() if state is Q.ACKNOWLEDGED} == set(settled) - unknown
    assert set(partner.received.values()) == {1}
    assert set(partner.received) - arrived == {name for name, state in left.items() if state is Q.QUEUED}
    clock.forward(days=1)
    assert run_once(store, clinic, lambda _: partner) == Round()

    assert_every_line_accounted_for(store, clinic, unknown, arrived)
    return Outcome(len(arrived), len(unknown))


def assert_every_line_accounted_for(store: Store, clinic: str, unknown: set[str], arrived: set[str]) -> None:
    """Each of the 40 lines is with a pharmacy or waits for a person, who can settle it either way."""
    lines = track(store, LOCAL, clinic).lines
    stands = Counter((line.state.value, line.submission_state) for line in lines)
    assert stands.total() == LINES
    assert set(stands) <= {("submitted", Q.ACKNOWLEDGED), ("placed", Q.UNKNOWN)}
    for found, names in ((Resolution.ACKNOWLEDGED, unknown & arrived), (Resolution.REJECTED, unknown - arrived)):
        for name in sorted(names)[:1]:
            resolve(store, LOCAL, clinic, name, found, "called the pharmacy")
            assert submissions(store, clinic)[name] is Q(found.value)
    assert_books_hold(store, clinic)
