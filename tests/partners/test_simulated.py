"""The simulated pharmacies: seeded, so that the same lines have the same fate everywhere and after every restart."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from core.adapters.pharmacies.simulated.partner import ScriptedEvent, SimulatedPartner
from core.adapters.store import Store
from core.domain.lifecycle import ORDER
from core.domain.model import LineState
from core.domain.orders.records import SentLine
from core.domain.partners.protocol import Rejected
from core.domain.rejections import code_for
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.orders import views
from core.services.orders.recovery import cancel
from core.services.partners import worker
from tests.order_books import CHECKOUT
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

S = LineState
SENT = datetime(2026, 12, 4, 15, 0, tzinfo=UTC)


def a_sent_line(number: int = 1, **over: object) -> SentLine:
    line = SentLine(
        f"RD-20261204-01/{number:04d}",
        1,
        "cedar",
        "America/Chicago",
        1,
        S.SUBMITTED,
        SENT,
        date(2026, 12, 7),
        date(2026, 12, 7),
        date(2026, 12, 8),
        None,
    )
    return line._replace(**over)  # type: ignore[arg-type]


def scripts(partner: SimulatedPartner) -> list[list[ScriptedEvent]]:
    return [partner.script(a_sent_line(number)) for number in range(2000)]


def test_the_same_seed_says_the_same() -> None:
    assert scripts(SimulatedPartner("a")) == scripts(SimulatedPartner("a"))
    assert scripts(SimulatedPartner("a")) != scripts(SimulatedPartner("b"))


def test_scripts_go_forward_and_end() -> None:
    for script in scripts(SimulatedPartner()):
        assert [step.at for step in script] == sorted(step.at for step in script)
        assert script[-1].state in {S.DELIVERED, S.REJECTED, S.RETURNED}
        way = [step.state for step in script if step.state in ORDER]
        assert way == sorted(way, key=ORDER.index)
        assert all(step.tracking for step in script if step.state is S.SHIPPED)


def test_some_are_refused_held_late_or_sent_back() -> None:
    found = scripts(SimulatedPartner())
    states = Counter(step.state for script in found for step in script)
    late = sum(step.at.date() > date(2026, 12, 8) for script in found for step in script if step.state is S.DELIVERED)
    assert 2000 * 0.01 < states[S.REJECTED] < 2000 * 0.08
    assert 0 < states[S.RETURNED] < 2000 * 0.02
    assert 2000 * 0.01 < states[S.ON_HOLD] < 2000 * 0.12
    assert 2000 * 0.03 < late < 2000 * 0.25


def test_its_words_have_codes() -> None:
    partner = SimulatedPartner()
    refused = [step.reason for script in scripts(partner) for step in script if step.state is S.REJECTED]
    at_once = [partner.answer("cedar", f"S{number}", ["a", "b"]) for number in range(2000)]
    words = [*refused, *(one.refusals[0].text for one in at_once if isinstance(one, Rejected))]
    assert {"SIG_REJECTED", "OUT_OF_STOCK", "DEMOGRAPHIC_MISMATCH", "PRODUCT_NOT_MAPPED"} < set(map(code_for, words))


def test_what_was_told_is_not_told_again() -> None:
    partner, now = SimulatedPartner(), SENT + timedelta(days=30)
    first = partner.poll([a_sent_line()], now)
    seen = [event.id for event in first[:2]]
    assert partner.poll([a_sent_line(known_events=seen)], now) == first[2:]
    assert partner.poll([a_sent_line()], SENT) == []


def test_a_smaller_quantity_is_a_hold_with_its_words() -> None:
    held = [
        step.reason
        for number in range(300)
        for step in SimulatedPartner().script(a_sent_line(number, quantity=3))
        if step.state is S.ON_HOLD
    ]
    assert set(held) == {"Only 2 of 3 packs available until the next batch."}


def clinic_with_a_sent_line(store: Store) -> None:
    load(store, a_folder(**patients(1)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1))))
    worker.run_once(store, CLINIC)


def state(store: Store) -> LineState:
    return views.track(store, STAFF, CLINIC).lines[0].state


def test_a_person_steps_stage_by_stage(store: Store) -> None:
    clinic_with_a_sent_line(store)
    seen = [state(store)]
    while worker.step_stage(store, LOCAL, CLINIC):
        seen.append(state(store))
    assert seen == [S.SUBMITTED, S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED]


def test_a_person_steps_day_by_day(store: Store) -> None:
    clinic_with_a_sent_line(store)
    seen = []
    for _ in range(6):
        worker.step_day(store, LOCAL, CLINIC)
        seen.append(state(store))
    assert seen == [S.ACCEPTED, S.ACCEPTED, S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED]


def test_a_cancel_request_is_granted_until_it_is_made(store: Store) -> None:
    clinic_with_a_sent_line(store)
    cancel(store, STAFF, CLINIC, f"{CHECKOUT}/01", "patient asked")
    assert worker.step_stage(store, LOCAL, CLINIC) == 1
    assert state(store) is S.CANCELLED
