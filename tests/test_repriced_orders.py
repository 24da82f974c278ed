"""Repricing reads what was really placed: not what was rejected or cancelled, and never whose it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from core.adapters.store import Store
from core.adapters.store.order_prices import placed_lines
from core.domain.errors import NotAllowed
from core.domain.model import AggregatePrice, Encounter, ProgramKind, Role
from core.domain.roles import Person
from core.rules.pricing.past_orders import CostParts, PlacedLine, RepricedTotal
from core.rules.pricing.program_choice import ProgramChoice
from core.services.checkout import place
from core.services.clinic_costs import MonthSpend, best_program, monthly_spends
from core.services.orders.events import apply_events
from core.services.orders.recovery import resubmit
from tests.builders import FRIDAY, a_patient, a_prescription, a_program
from tests.order_books import CHECKOUT, said
from tests.stores import CLINIC, Clock, a_folder, load, statements
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients
from tests.test_tracking import send

LEA = Person("lea@clinic.test", "Lea", Role.LEADERSHIP)
POOL = a_program(program="POOL", kind=ProgramKind.AGGREGATE, monthly_fee_cents=310_00, encounter_hands_on_cents=30_00)
PRICE = AggregatePrice(program="POOL", sku="SEMA", unit_price_cents=90_00, valid_from=date(2026, 1, 1))


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three lines placed on Friday for $135.00 each, one of which cedar refuses."""
    load(store, a_folder(**patients(3), programs=(a_program(), POOL), aggregate_prices=(PRICE,)))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    send(store)
    told = [said(1, "accepted", hours=3), said(3, "rejected", hours=5, reason="Item out of stock")]
    store.write(CLINIC, lambda work: apply_events(work, told, "partner"))
    return store


def pool(found: ProgramChoice) -> RepricedTotal:
    return found.repricings["POOL"].total


def test_what_was_refused_is_not_best_program(clinic: Store) -> None:
    """$90.00 + 15 % for $100.00 + 15 %; 4 of December's 31 days of POOL's monthly fee."""
    found = best_program(clinic, LEA, CLINIC)
    assert (found.first, found.last, found.lines) == (date(2026, 12, 1), FRIDAY, 2)
    assert pool(found) == RepricedTotal(2, CostParts(200_00, 30_00, 40_00, 0), CostParts(180_00, 27_00, 40_00, 40_00))


def test_what_was_placed_again_counts_once(clinic: Store) -> None:
    resubmit(clinic, STAFF, CLINIC, f"{CHECKOUT}/03")
    assert best_program(clinic, LEA, CLINIC).lines == 3


def test_orders_before_the_period_are_left(clinic: Store, clock: Clock) -> None:
    clock.now = datetime(2027, 3, 31, 18, tzinfo=UTC)
    found = best_program(clinic, LEA, CLINIC)
    assert (found.first, found.last, found.months, found.lines) == (
        date(2026, 12, 1),
        date(2027, 2, 28),
        Fraction(3),
        2,
    )
    clock.now = datetime(2027, 4, 1, 18, tzinfo=UTC)
    assert best_program(clinic, LEA, CLINIC).lines == 0


def test_nothing_of_a_patient_is_read() -> None:
    assert {"patient", "rx", "npi", "sig"} & set(PlacedLine._fields) == set()


def test_only_a_prescriptions_first_fill_has_an_encounter(store: Store) -> None:
    """RX1 was never filled before, RX2 was."""
    first = a_prescription(rx="RX1", patient="P1", encounter=Encounter.HANDS_ON, fills=0, last_filled_on=None)
    second = a_prescription(rx="RX2", patient="P2", encounter=Encounter.HANDS_ON)
    both = (a_patient(patient="P1"), a_patient(patient="P2"))
    load(store, a_folder(patients=both, prescriptions=(first, second)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2))))
    assert encounters(store) == [Encounter.HANDS_ON, Encounter.NONE]


def encounters(store: Store) -> list[Encounter]:
    with store.read(CLINIC) as work:
        return [each.encounter for each in placed_lines(work, FRIDAY, FRIDAY)]


def test_a_month_is_what_its_lines_medication_cost(clinic: Store, clock: Clock) -> None:
    assert monthly_spends(clinic, LEA, CLINIC) == (MonthSpend(date(2026, 12, 1), 200_00, complete=False),)
    clock.forward(days=31)
    assert monthly_spends(clinic, LEA, CLINIC) == (MonthSpend(date(2026, 12, 1), 200_00, complete=True),)
    clock.now += timedelta(days=200)
    assert monthly_spends(clinic, LEA, CLINIC) == ()


def test_staff_are_refused(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        best_program(clinic, STAFF, CLINIC)
    with pytest.raises(NotAllowed):
        monthly_spends(clinic, STAFF, CLINIC)


def test_the_lines_are_one_statement(clinic: Store) -> None:
    with clinic.read(CLINIC) as work, statements(clinic) as ran:
        placed_lines(work, FRIDAY, FRIDAY)
    assert len(ran) == 1
