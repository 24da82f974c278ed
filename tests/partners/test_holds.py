"""Between checkout and sending: what changed of a patient or a prescription holds the submission and asks a person."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core.adapters.files import FILES, csv_bytes
from core.adapters.store import Store
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.clinic_import import load
from core.services.contexts import load_context
from core.services.orders.recovery import cancel, settle_unmatched
from core.services.orders.views import track
from core.services.partners import worker
from tests.builders import a_sku
from tests.partners.test_worker import Scripted, states, taking
from tests.stores import CLINIC, a_folder
from tests.stores import load as load_clinic
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

SENT, WAITS = ("submitted", "acknowledged"), ("placed", "queued")


@pytest.fixture
def clinic(store: Store) -> Store:
    """Two patients with a queued line each."""
    load_clinic(store, a_folder(**patients(2), skus=(a_sku(ingredients=("semaglutide", "benzyl alcohol", "water")),)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2))))
    return store


def run(store: Store, partner: Scripted) -> None:
    worker.run_once(store, CLINIC, lambda _: partner, worker="w1")


def change(store: Store, file: str, cells: Mapping[str, str]) -> None:
    """The stored row of a file with some cells changed, loaded as people load files."""
    key = next(iter(cells))
    with store.read(CLINIC) as work:
        context = load_context(work)
    row = (context.patients if file == "patients.csv" else context.prescriptions)[cells[key]]
    full = {column.name: column.written(getattr(row, column.field)) for column in FILES[file].columns} | dict(cells)
    load(store, LOCAL, {file: csv_bytes(list(full), [list(full.values())])}, CLINIC)


INACTIVE = ("patients.csv", {"patient": "P1", "active": "no"})
STOPPED = ("prescriptions.csv", {"rx": "RX1", "stopped_on": "2026-12-04", "stop_reason": "nausea"})


def allergic(cell: str) -> tuple[str, dict[str, str]]:
    return "patients.csv", {"patient": "P1", "allergies": cell}


@pytest.mark.parametrize(
    ("case", "changed", "reason"),
    [
        ("the patient left", INACTIVE, "Patient P1 was made inactive after checkout."),
        ("stopped today", STOPPED, "Prescription RX1 was stopped after checkout, on Fri 4 Dec 2026."),
        ("stopped before it ships", ("prescriptions.csv", {"rx": "RX1", "stopped_on": "2026-12-07"}),
         "Prescription RX1 was stopped after checkout, on Mon 7 Dec 2026."),
        ("stopped after it ships", ("prescriptions.csv", {"rx": "RX1", "stopped_on": "2026-12-08"}), None),
        ("allergic to the drug", allergic("semaglutide"),
         "Patient P1 has a new allergy since checkout: “semaglutide”."),
        ("allergic to its brand, beside another", allergic("penicillin;Ozempic"),
         "Patient P1 has a new allergy since checkout: “Ozempic”."),
        ("allergic to the base", allergic("benzyl alcohol"),
         "Patient P1 has a new allergy since checkout: “benzyl alcohol”."),
        ("a misspelled one", allergic("semaglutde"), "Patient P1 has a new allergy since checkout: “semaglutde”."),
        ("one that nobody knows", allergic("blorfen"), "Patient P1 has a new allergy since checkout: “blorfen”."),
        ("a drug of its class", allergic("Trulicity"), "Patient P1 has a new allergy since checkout: “Trulicity”."),
        ("the name says why", ("patients.csv", {"patient": "P1", "last_name": "Rivera - deceased"}),
         "The name of patient P1 says “deceased” since checkout."),
        ("to be asked", allergic("pending"), "Patient P1 has a new allergy since checkout: “pending”."),
        ("allergic to something else", allergic("penicillin"), None),
        ("none, in other words", allergic("NKDA"), None),
        ("another telephone", ("patients.csv", {"patient": "P1", "phone": "512-555-0143"}), None),
        ("more refills", ("prescriptions.csv", {"rx": "RX1", "refills": "9"}), None),
    ],
)  # fmt: skip
def test_a_change_after_checkout_holds_its_own_submission(
    clinic: Store, case: str, changed: tuple[str, dict[str, str]], reason: str | None
) -> None:
    change(clinic, *changed)
    partner = taking()
    run(clinic, partner)
    assert states(clinic) == [WAITS if reason else SENT, SENT]
    assert [event.reason for event in track(clinic, STAFF, CLINIC).unmatched] == ([reason] if reason else [])
    run(clinic, partner)
    assert len(partner.got) == (1 if reason else 2)
    assert len(track(clinic, STAFF, CLINIC).unmatched) == (reason is not None)


def test_what_a_person_settles_is_sent_and_not_held_again(clinic: Store) -> None:
    change(clinic, *allergic("semaglutde"))
    run(clinic, taking())
    (held,) = track(clinic, STAFF, CLINIC).unmatched
    assert (held.status, held.note) == ("held before sending", "a person says whether it is still to be sent")
    settle_unmatched(clinic, STAFF, CLINIC, held.event, "the patient meant another drug")
    run(clinic, taking())
    assert states(clinic) == [SENT, SENT]


def test_a_second_new_allergy_holds_it_once_more(clinic: Store) -> None:
    change(clinic, *allergic("blorfen"))
    run(clinic, taking())
    (held,) = track(clinic, STAFF, CLINIC).unmatched
    settle_unmatched(clinic, STAFF, CLINIC, held.event, "no ingredient of ours")
    change(clinic, *allergic("blorfen;semaglutide"))
    run(clinic, taking())
    assert states(clinic) == [WAITS, SENT]
    assert [event.reason for event in track(clinic, STAFF, CLINIC).unmatched] == [
        "Patient P1 has a new allergy since checkout: “blorfen”, “semaglutide”."
    ]


def test_an_allergy_from_before_the_checkout_was_answered_there(store: Store) -> None:
    people = patients(1)
    row = people["patients"][0].model_copy(update={"allergies": ("blorfen",)})
    load_clinic(store, a_folder(**people | {"patients": (row,)}))
    answered = confirmation(a_cart(line(1)), acknowledged=frozenset({(1, "ALLERGY_UNRECOGNIZED")}))
    place(store, STAFF, CLINIC, answered)
    change(store, "patients.csv", {"patient": "P1", "allergies": "blorfen;penicillin"})
    run(store, taking())
    assert states(store) == [SENT]


def test_a_held_line_is_cancelled_at_once(clinic: Store) -> None:
    change(clinic, *INACTIVE)
    run(clinic, taking())
    cancel(clinic, STAFF, CLINIC, track(clinic, STAFF, CLINIC).lines[0].reference, "the patient left")
    run(clinic, taking())
    assert states(clinic) == [("cancelled", "withdrawn"), SENT]


def test_each_reason_is_asked_about(clinic: Store) -> None:
    change(clinic, *STOPPED)
    change(clinic, *INACTIVE)
    run(clinic, taking())
    assert len(track(clinic, STAFF, CLINIC).unmatched) == 2
