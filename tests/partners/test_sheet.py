"""The order sheet: what a pharmacy without an API fills from."""

from __future__ import annotations

import contextlib
import csv
import re
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from core.adapters.files.pdf import printable
from core.adapters.pharmacies.order_sheet.pdf import as_pdf
from core.adapters.pharmacies.order_sheet.sheet import COLUMNS, OrderSheet, as_csv
from core.adapters.store import Store, open_store
from core.adapters.store.order_views import Queue
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Override, Role
from core.domain.partners.link import Link, dispense_quantity
from core.domain.roles import LOCAL, Person
from core.services.checkout import place
from core.services.orders.events import record_event
from core.services.orders.recovery import cancel, resubmit, settle_unmatched
from core.services.orders.views import queues, track
from core.services.partners import worker
from core.services.partners.connections import connect
from core.services.partners.order_sheets import mark_sent, order_sheet, to_hand_over
from tests.builders import DAYS, FRIDAY, a_clinic, a_patient, a_pharmacy, a_prescriber, a_prescription, a_sku
from tests.order_books import CHECKOUT, said
from tests.partners.test_json_order import LINE, SECOND, a_message
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients


def test_a_sheet_has_every_line_that_is_to_be_filled(store: Store) -> None:
    people = patients(3)
    refill = a_prescription(rx="RX2", patient="P2", rx_pharmacy="cedar", rx_number="=77-1")
    people["prescriptions"] = (people["prescriptions"][0], refill, people["prescriptions"][2])
    load(store, a_folder(**people))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    cancel(store, STAFF, CLINIC, f"{CHECKOUT}/03", "patient asked")
    sheet = order_sheet(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR")
    first, second = csv.DictReader(StringIO(as_csv(sheet).decode("utf-8-sig")))
    assert list(first) == list(COLUMNS)
    assert (first["line"], first["patient"], first["amount"]) == (f"{CHECKOUT}/01", "Rivera, Ana", "2 mL")
    assert (first["prescription"], second["prescription"]) == ("new, 0 refills", "refill of =77-1")
    assert (first["allergies"], first["dea"], first["zip"], first["temperature"]) == ("none", "", "78704", "cold")


def test_a_sheet_says_what_the_pharmacist_must_know_and_nothing_else(store: Store) -> None:
    soon = a_prescription(rx="RX1", patient="P1", last_filled_on=date(2026, 11, 20))
    load(store, a_folder(**patients(1) | {"prescriptions": (soon,)}))
    overrides = (Override(1, "REFILL_TOO_SOON", "travels from Monday"),)
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1, note="Call before noon")), overrides=overrides))
    sheet = order_sheet(store, STAFF, CLINIC, ORDER)
    (row,) = csv.DictReader(StringIO(as_csv(sheet).decode("utf-8-sig")))
    assert (row["note"], row["override"]) == ("Call before noon", "Early refill: travels from Monday")
    words = " ".join(text_of(as_pdf(sheet)).split())
    assert "Note Call before noon" in words
    assert "Confirmed Early refill: travels from Monday" in words


def test_a_sheet_says_how_everybody_is_reached(store: Store) -> None:
    folder = a_folder(
        **patients(1),
        clinic=a_clinic(phone="512-555-0100", fax="512-555-0101"),
        pharmacies=(a_pharmacy(phone="512-555-0110", email="orders@cedar.example"),),
        prescribers=(a_prescriber(phone="512-555-0140", licences={}),),
    )
    load(store, folder)
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1))))
    sheet = order_sheet(store, STAFF, CLINIC, ORDER)
    (row,) = csv.DictReader(StringIO(as_csv(sheet).decode("utf-8-sig")))
    assert (row["prescriber_phone"], row["clinic_phone"], row["clinic_fax"]) == (
        "512-555-0140", "512-555-0100", "512-555-0101",
    )  # fmt: skip
    words = " ".join(text_of(as_pdf(sheet)).split())
    assert "To Cedar Compounding, phone 512-555-0110, email orders@cedar.example" in words
    assert "phone 512-555-0100, fax 512-555-0101" in words
    assert "NPI 1234567893, license TX T1, phone 512-555-0140" in words


def test_a_change_after_checkout_keeps_a_sheet_back(store: Store) -> None:
    load(store, a_folder(**patients(1)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1))))
    connect(store, LOCAL, CLINIC, Link("cedar", "sheet"))
    load(store, a_folder(**patients(1) | {"patients": (a_patient(active=False),)}))
    with pytest.raises(Refused, match="keeps RD-20261204-01-S01 back"):
        mark_sent(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR", [f"{CHECKOUT}/01/1"], "by fax")
    (held,) = track(store, STAFF, CLINIC).unmatched
    assert held.reason == "Patient P1 was made inactive after checkout."
    settle_unmatched(store, STAFF, CLINIC, held.event, "moved away; takes the last fill along")
    mark_sent(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR", [f"{CHECKOUT}/01/1"], "by fax")
    assert track(store, STAFF, CLINIC).lines[0].state.value == "submitted"


@pytest.mark.parametrize(
    ("case", "over", "quantity", "said"),
    [
        ("a vial", {"volume_ml": Decimal("2.0")}, 3, "6 mL"),
        ("a box of vials", {"volume_ml": Decimal("2.5"), "units_per_pack": 4}, 2, "20 mL"),
        ("capsules", {"volume_ml": None, "units_per_pack": 90}, 2, "180 pieces"),
    ],
)
def test_packs_as_a_pharmacy_counts_them(case: str, over: dict[str, Any], quantity: int, said: str) -> None:
    assert str(dispense_quantity(a_sku(**over), quantity)) == said


def test_a_sheet_is_for_who_works_on_orders(store: Store) -> None:
    load(store)
    with pytest.raises(NotAllowed):
        order_sheet(store, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC, f"{CHECKOUT}-CEDAR")
    with pytest.raises(Refused, match="no pharmacy order"):
        order_sheet(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR")


# Handed over by a person


@pytest.fixture
def clinic(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """Three lines at cedar, which takes orders on paper; one of them cancelled."""
    opened = open_store(sqlite_url, clock=clock)
    yield at_a_sheet_pharmacy(opened)
    opened.close()


def at_a_sheet_pharmacy(store: Store) -> Store:
    """The same, in a store at hand."""
    load(store, a_folder(**patients(3)))
    connect(store, LOCAL, CLINIC, Link("cedar", "sheet"))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    cancel(store, STAFF, CLINIC, f"{CHECKOUT}/03", "patient asked")
    return store


ORDER = f"{CHECKOUT}-CEDAR"
LINES = (f"{CHECKOUT}/01/1", f"{CHECKOUT}/02/1")


def said_of(store: Store, number: int) -> tuple[str, str, str, str]:
    (found,) = track(store, STAFF, CLINIC, f"{CHECKOUT}/{number:02d}").lines
    last = found.history[-1]
    return found.state.value, found.submission_state.value, last.note, last.recorded_by


def test_a_sheet_waits_for_a_person_and_no_worker_sends_it(clinic: Store) -> None:
    worker.run_once(clinic, CLINIC)
    (waiting,) = to_hand_over(clinic, STAFF, CLINIC)
    assert (waiting.reference, waiting.pharmacy, waiting.lines) == (ORDER, "Cedar Compounding", LINES)
    assert queues(clinic, STAFF, CLINIC)[Queue.HAND_OVER] == 2
    assert order_sheet(clinic, STAFF, CLINIC, ORDER, waiting=True).lines == LINES


def test_marking_it_as_sent_says_who_when_and_how(store: Store) -> None:
    clinic = at_a_sheet_pharmacy(store)
    mark_sent(clinic, STAFF, CLINIC, ORDER, LINES, "by fax, confirmed")
    note = "handed over on a sheet: by fax, confirmed"
    assert said_of(clinic, 1) == said_of(clinic, 2) == ("submitted", "acknowledged", note, STAFF.email)
    assert (to_hand_over(clinic, STAFF, CLINIC), queues(clinic, STAFF, CLINIC)[Queue.HAND_OVER]) == ((), 0)
    with pytest.raises(Refused, match=f"Nothing of {ORDER} waits"):
        mark_sent(clinic, STAFF, CLINIC, ORDER, LINES, "by fax")
    with pytest.raises(Refused, match="waits"):
        order_sheet(clinic, STAFF, CLINIC, ORDER, waiting=True)


def test_what_becomes_of_a_sheet_is_said_by_people_alone(clinic: Store, clock: Clock) -> None:
    mark_sent(clinic, STAFF, CLINIC, ORDER, LINES, "by fax")
    clock.forward(days=20)
    assert worker.run_once(clinic, CLINIC) == worker.Round()
    assert worker.step_day(clinic, STAFF, CLINIC) == worker.step_stage(clinic, STAFF, CLINIC) == 0
    assert [said_of(clinic, number)[:2] for number in (1, 2)] == [("submitted", "acknowledged")] * 2


@pytest.mark.parametrize(
    ("case", "lines", "how", "why"),
    [
        ("nobody says how", LINES, " ", "Say how it was handed over"),
        ("a NUL", LINES, "by\0fax", "holds a NUL character"),
        ("a line cancelled since", (*LINES, f"{CHECKOUT}/03/1"), "by fax", "has changed since it was shown"),
        ("a line that came since", LINES[:1], "by fax", "has changed since it was shown"),
    ],
)
def test_a_sheet_other_than_what_waits_is_not_marked(
    clinic: Store, case: str, lines: tuple[str, ...], how: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        mark_sent(clinic, STAFF, CLINIC, ORDER, lines, how)
    assert [said_of(clinic, number)[:2] for number in (1, 2)] == [("placed", "queued")] * 2


def test_a_resubmitted_line_is_alone_on_the_next_sheet(clinic: Store) -> None:
    mark_sent(clinic, STAFF, CLINIC, ORDER, LINES, "by fax")
    record_event(clinic, STAFF, CLINIC, said(1, "rejected", reason="illegible"))
    resubmit(clinic, STAFF, CLINIC, f"{CHECKOUT}/01", days=DAYS)
    again = order_sheet(clinic, STAFF, CLINIC, ORDER, waiting=True)
    assert again.lines == (f"{CHECKOUT}/01/2",)
    whole = order_sheet(clinic, STAFF, CLINIC, ORDER)
    assert (whole.lines, whole.copy, again.copy) == ((f"{CHECKOUT}/02/1", f"{CHECKOUT}/01/2"), True, False)


def test_what_did_not_fit_keeps_a_sheet_back(clinic: Store) -> None:
    mark_sent(clinic, STAFF, CLINIC, ORDER, LINES, "by fax")
    record_event(clinic, STAFF, CLINIC, said(1, "rejected", reason="illegible"))
    resubmit(clinic, STAFF, CLINIC, f"{CHECKOUT}/01", days=DAYS)
    record_event(clinic, STAFF, CLINIC, said(1, "shipped", hours=9))
    with pytest.raises(Refused, match=f"keeps {CHECKOUT}-S04 back"):
        mark_sent(clinic, STAFF, CLINIC, ORDER, (f"{CHECKOUT}/01/2",), "by fax")


# As pages


def test_the_pages_hold_every_line_whole() -> None:
    long = "Inject 0.25 mg (10 units) subcutaneously once weekly. " * 18
    message = a_message(LINE, SECOND._replace(sig=long))
    sheet = OrderSheet(ORDER, a_clinic(), "Cedar Compounding", FRIDAY, Link("cedar"), (message,) * 5)
    drawn = as_pdf(sheet)
    text = text_of(drawn)
    assert drawn.startswith(b"%PDF-")
    assert text.count("Rivera, Ana") == 5
    assert text.count("once weekly.") == 5 * 19
    assert text.count("2 mL (1 pack)") == 10
    assert "do not charge the patient" in text
    assert "COPY" not in text
    assert "COPY for the record" in text_of(as_pdf(sheet._replace(copy=True)))


@pytest.mark.parametrize(
    ("case", "written", "printed", "changed"),
    [
        ("Latin", "José Müller", "José Müller", False),
        ("signs with a twin", "≤ 2 – “now”", '<= 2 - "now"', False),
        ("marks", "Nguyễn Thị", "Nguyen Thi", True),
        ("letters of their own", "Łukasz Đoković", "Lukasz Dokovic", True),
        ("another script", "張", "[U+5F35]", True),
        ("a control character", "a\x07b", "a b", True),
    ],
)
def test_letters_that_cannot_be_printed_are_told(case: str, written: str, printed: str, changed: bool) -> None:
    assert printable(written) == (printed, changed)


def test_a_name_that_is_not_printed_as_spelt_has_a_note() -> None:
    patient = a_patient(first_name="Łukasz")
    sheet = OrderSheet(ORDER, a_clinic(), "Cedar", FRIDAY, Link("cedar"), (a_message(patient=patient),))
    text = text_of(as_pdf(sheet))
    assert "Rivera, Lukasz   COLD BOX *" in text
    assert f"the exact spelling is in {ORDER}.csv" in text
    assert "Łukasz" in as_csv(sheet).decode("utf-8-sig")


def text_of(pdf: bytes) -> str:
    """The words of a PDF whose streams are compressed and whose fonts are the readers' own."""
    parts = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            words = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", zlib.decompress(stream))
            parts += [re.sub(rb"\\(.)", rb"\1", word).decode("latin-1") for word in words]
    return "\n".join(parts)
