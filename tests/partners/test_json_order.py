"""The JSON order API: what is sent, what never leaves, what every answer of a real server means (docs/partners.md)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.adapters.pharmacies.json_order.answers import answer_of, retry_after
from core.adapters.pharmacies.json_order.body import order, order_faults, phone
from core.adapters.pharmacies.json_order.client import JsonOrders
from core.adapters.pharmacies.json_order.statuses import STATUSES, read_rows, state_word
from core.adapters.pharmacies.registry import faults_of
from core.cli.practice_pharmacy import Fault, PracticePharmacy
from core.cli.practice_pharmacy_server import serve
from core.domain.model import ShipTo
from core.domain.orders.book import RejectionMessage
from core.domain.partners.link import Authentication, Link, QuantityUnit
from core.domain.partners.message import Message, MessageLine, ShippingAddress
from core.domain.partners.protocol import Acknowledged, Lost, NotSent, Rejected
from tests.builders import SIG, a_patient, a_prescriber, a_prescription, a_sku
from tests.http_servers import serving
from tests.order_books import NOW

LINK = Link(
    "cedar", authentication=Authentication.NONE, practice_id=77, cold_service=6223, ambient_service=999, looks_up=True
)
LINE = MessageLine("RD-20261204-01/01", 1, 1, a_sku(), a_prescription(), 1, SIG, 28)
SECOND = LINE._replace(reference="RD-20261204-01/02", number=2)


def a_message(*lines: MessageLine, **over: Any) -> Message:
    address = ShippingAddress("Ana Rivera", "1 Oak St", "", "Austin", "TX", "78704")
    usual: dict[str, Any] = {
        "reference": "RD-20261204-01-S01", "pharmacy": "cedar", "patient": a_patient(), "prescriber": a_prescriber(),
        "ship_to": ShipTo.PATIENT, "address": address, "cold": True, "lines": lines or (LINE,),
    }  # fmt: skip
    return Message(**usual | over)


# What is sent


def test_an_order_says_everything_and_that_the_clinic_pays() -> None:
    body = order(a_message(), LINK, NOW)
    assert body["message"] == {"id": "RD-20261204-01-S01", "sentTime": "2026-12-04T15:00:00+00:00"}
    content = body["order"]
    assert content["general"] == {"memo": "cold box. Allergies: none", "referenceId": "RD-20261204-01-S01"}
    assert content["billing"] == {"payorType": "doc"}
    assert content["practice"] == {"id": 77}
    assert content["patient"]["phoneMobile"] == "(512) 555-0142"
    assert (content["patient"]["gender"], content["patient"]["dateOfBirth"]) == ("f", "1980-05-06")
    assert (content["shipping"]["service"], content["shipping"]["recipientType"]) == (6223, "patient")
    assert content["prescriber"] | {"dea": None} == {
        "npi": "1234567893", "licenseState": "TX", "licenseNumber": "T1", "dea": None, "lastName": "Okafor",
        "firstName": "Ada",
    }  # fmt: skip
    assert content["rxs"] == [
        {
            "rxType": "new", "drugName": "Semaglutide 2.5 mg/mL, 2 mL", "drugForm": "vial", "foreignPmsId": "SEMA",
            "foreignRxNumber": "RD-20261204-01/01/1", "quantity": "2", "quantityUnits": "mL", "directions": SIG,
            "refills": 0, "dateWritten": "2026-09-01", "daysSupply": 28, "scheduleCode": "L",
            "notes": "Allergies: none",
        }
    ]  # fmt: skip


def test_a_refill_names_the_pharmacys_own_number() -> None:
    on_file = a_prescription(rx_pharmacy="cedar", rx_number="770012")
    rx = order(a_message(LINE._replace(prescription=on_file)), LINK, NOW)["order"]["rxs"][0]
    assert (rx["rxType"], rx["rxNumber"], rx["refills"]) == ("refill", "770012", 0)


def test_a_product_goes_by_the_pharmacys_own_number_where_it_has_one() -> None:
    numbered, unnumbered = order(a_message(LINE._replace(product="4711"), SECOND), LINK, NOW)["order"]["rxs"]
    assert (numbered["lfProductID"], "lfProductID" in unnumbered) == ("4711", False)


def test_the_pharmacist_is_told_what_the_clinic_has_to_say() -> None:
    line = LINE._replace(note="Left-handed: no autoinjector.", override_note="Early refill: travels on Monday")
    content = order(a_message(line, patient=a_patient(allergies=("penicillin", "latex"))), LINK, NOW)["order"]
    assert content["general"]["memo"] == "cold box. Allergies: penicillin; latex"
    assert content["rxs"][0]["notes"] == (
        "Left-handed: no autoinjector. Early refill: travels on Monday. Allergies: penicillin; latex"
    )


def test_allergies_that_the_memo_has_no_room_for_are_never_cut_off() -> None:
    many = tuple(f"allergen number {at}" for at in range(8))
    content = order(a_message(patient=a_patient(allergies=many)), LINK, NOW)["order"]
    assert content["general"]["memo"] == "cold box. Allergies: see the notes"
    assert content["rxs"][0]["notes"] == f"Allergies: {'; '.join(many)}"


def test_a_note_longer_than_the_pharmacy_takes_never_leaves() -> None:
    said = "rxs.notes has 516 characters, and the pharmacy takes 500."
    assert refused_before(a_message(LINE._replace(note="x" * 499))) == [(f"Not sent: {said}", LINE.reference)]


def test_a_state_that_is_written_out_goes_as_two_letters() -> None:
    content = order(a_message(patient=a_patient(state="Texas")), LINK, NOW)["order"]
    said = content["patient"]["state"], content["prescriber"]["licenseState"], content["prescriber"]["licenseNumber"]
    assert said == ("TX", "TX", "T1")


def test_a_controlled_refill_carries_schedule_and_dea_number() -> None:
    on_file = LINE._replace(
        sku=a_sku(dea_schedule="III"), prescription=a_prescription(rx_pharmacy="cedar", rx_number="1")
    )
    content = order(a_message(on_file), LINK, NOW)["order"]
    assert (content["rxs"][0]["scheduleCode"], content["prescriber"]["dea"]) == ("3", "FJ1234563")


def test_a_box_to_the_clinic_goes_to_the_clinic_and_names_the_patient() -> None:
    clinic = ShippingAddress("Juniper Clinic", "12 Elm St", "", "Austin", "TX", "78701")
    shipping = order(a_message(ship_to=ShipTo.CLINIC, address=clinic), LINK, NOW)["order"]["shipping"]
    assert (shipping["recipientType"], shipping["addressLine1"], shipping["zipCode"]) == (
        "clinic",
        "12 Elm St",
        "78701",
    )
    assert shipping["recipientLastName"] == "Rivera"


@pytest.mark.parametrize(
    ("case", "sku", "packs", "unit", "said"),
    [
        ("vials in mL", {"volume_ml": Decimal("2.50")}, 3, QuantityUnit.MEASURE, ("7.5", "mL")),
        ("a round volume", {"volume_ml": Decimal(10)}, 10, QuantityUnit.MEASURE, ("100", "mL")),
        (
            "vials as pieces",
            {"volume_ml": Decimal("2.5"), "units_per_pack": 4},
            2,
            QuantityUnit.PIECES,
            ("8", "pieces"),
        ),
        ("capsules", {"volume_ml": None, "units_per_pack": 90}, 2, QuantityUnit.MEASURE, ("180", "pieces")),
    ],
)
def test_packs_become_what_the_pharmacy_counts(
    case: str, sku: dict[str, Any], packs: int, unit: QuantityUnit, said: tuple[str, str]
) -> None:
    link = LINK._replace(quantity_unit=unit)
    rx = order(a_message(LINE._replace(sku=a_sku(**sku), quantity=packs)), link, NOW)["order"]["rxs"][0]
    assert (rx["quantity"], rx["quantityUnits"]) == said


@pytest.mark.parametrize(
    ("written", "sent"),
    [("512-555-0142", "(512) 555-0142"), ("+1 512 555 0142", "(512) 555-0142"), ("5125550142", "(512) 555-0142")],
)
def test_phones_are_written_as_the_api_wants_them(written: str, sent: str) -> None:
    assert phone(written) == sent


# What never leaves


def refused_before(message: Message, link: Link = LINK) -> list[tuple[str, str | None]]:
    return [(f"Not sent: {fault.problem}.", fault.line) for fault in order_faults(message, link)]


def test_a_sound_order_has_nothing_wrong_with_it() -> None:
    assert refused_before(a_message(LINE, SECOND)) == []


@pytest.mark.parametrize(
    ("case", "over", "said"),
    [
        ("a long name", {"last_name": "R" * 31}, "patient.lastName has 31 characters, and the pharmacy takes 30."),
        ("a long street", {"address1": "O" * 61}, "patient.address1 has 61 characters, and the pharmacy takes 60."),
        ("a long city", {"city": "A" * 31}, "patient.city has 31 characters, and the pharmacy takes 30."),
        ("no first name", {"first_name": " "}, "patient.firstName is empty."),
        ("no birthday", {"born_on": None}, "patient.dateOfBirth is empty."),
        ("an odd sex", {"sex": "x"}, "patient.gender is not m, f or u."),
        ("an odd ZIP", {"zip": "7870"}, "patient.zip is not a ZIP code."),
    ],
)
def test_a_patients_field_that_the_pharmacy_would_refuse(case: str, over: dict[str, Any], said: str) -> None:
    assert refused_before(a_message(patient=a_patient(**over)))[0] == (f"Not sent: {said}", None)


def test_a_foreign_number_never_leaves() -> None:
    found = refused_before(a_message(patient=a_patient(phone="+44 20 7946 0123")))
    assert ("Not sent: patient.phoneMobile is not a US number, and the pharmacy takes no other.", None) in found


@pytest.mark.parametrize(
    ("case", "line", "said"),
    [
        ("long directions", {"sig": "x" * 1001}, "rxs.directions has 1001 characters, and the pharmacy takes 1000."),
        ("no directions", {"sig": ""}, "rxs.directions is empty."),
        (
            "contents unknown", {"sku": a_sku(volume_ml=None, units_per_pack=None)},
            "SEMA says neither volume nor pieces of a pack, so its quantity cannot be told.",
        ),
        (
            "controlled and not on file", {"sku": a_sku(dea_schedule="III")},
            (
                "a controlled prescription is sent by its prescriber; give the pharmacy's number of it, so that the "
                "order can refer to it."
            ),
        ),
        (
            "no number there", {"product": ""},
            "the product is not mapped: the pharmacy's number of SEMA is not set on Setup.",
        ),
        (
            "on file elsewhere", {"prescription": a_prescription(rx_pharmacy="birch", rx_number="9")},
            "the prescription 9 is on file at another pharmacy.",
        ),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_filled_safely_is_named(case: str, line: dict[str, Any], said: str) -> None:
    found = refused_before(a_message(LINE, SECOND._replace(**line)))
    assert found == [(f"Not sent: {said}", "RD-20261204-01/02")]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"practice_id": None}, "Not sent: the pharmacy's number of our practice is not set on Setup, Pharmacies."),
        ({"cold_service": None}, "Not sent: the pharmacy's number for cold shipping is not set on Setup, Pharmacies."),
    ],
)
def test_a_connection_that_lacks_a_number_keeps_the_order_and_refuses_no_line(over: dict[str, Any], why: str) -> None:
    """The lines are fine: they wait until somebody has put the connection right."""
    link = LINK._replace(base_url="https://pharmacy.invalid", **over)
    assert JsonOrders(link, "America/Chicago", None).send(a_message(), NOW) == NotSent(why)


# What answers mean, from a real server


@pytest.fixture
def books() -> PracticePharmacy:
    return PracticePharmacy(clock=lambda: NOW)


@pytest.fixture
def address(books: PracticePharmacy) -> Iterator[str]:
    """A pharmacy's order system on this machine."""
    with serving(serve(books, "127.0.0.1", 0)) as opened:
        yield f"{opened}/api"


def partner(address: str, *, seconds: float = 5, **over: Any) -> JsonOrders:
    return JsonOrders(LINK._replace(base_url=address, **over), "America/Chicago", None, seconds)


def broke(how: str) -> Lost:
    return Lost(f"The connection broke ({how}); the pharmacy may or may not have the order.")


UNKNOWN = "it may or may not have the order"


@pytest.mark.parametrize(
    ("fault", "answer", "in_the_books"),
    [
        (None, Acknowledged("70001"), 1),
        (Fault.SLOW, Acknowledged("70001"), 1),
        (Fault.HANG, Lost("The connection broke (ReadTimeout); the pharmacy may or may not have the order."), 1),
        (
            Fault.DROP,
            Lost("The connection broke (RemoteProtocolError); the pharmacy may or may not have the order."),
            1,
        ),
        (
            Fault.DROP_UNREAD,
            Lost("The connection broke (RemoteProtocolError); the pharmacy may or may not have the order."),
            0,
        ),
        (Fault.ERROR, Lost(f"The pharmacy answered 500; {UNKNOWN}. It said: Server error"), 0),
        (Fault.ERROR_AFTER, Lost(f"The pharmacy answered 500; {UNKNOWN}. It said: Server error"), 1),
        (Fault.GARBLED, Lost(f"The pharmacy answered 200 without an order number; {UNKNOWN}."), 1),
        (
            Fault.CONFLICT,
            Lost(f"The pharmacy answered 409; {UNKNOWN}. It said: An order with this reference exists."),
            0,
        ),
        (
            Fault.REJECT,
            Rejected((RejectionMessage("The selected order.rxs.0.directions is invalid.", "RD-20261204-01/01"),)),
            0,
        ),
        (Fault.LIMIT, NotSent("The pharmacy takes no more for now (429).", timedelta(seconds=7)), 0),
        (
            Fault.NOBODY,
            NotSent(
                "The pharmacy does not know our credentials (401): check their name on Setup and the secret itself."
            ),
            0,
        ),
    ],
)
def test_every_fault_of_a_pharmacy_has_one_meaning(
    books: PracticePharmacy, address: str, fault: Fault | None, answer: object, in_the_books: int
) -> None:
    books.seconds = 1.0 if fault is Fault.HANG else 0.05
    books.faults = [fault] if fault else []
    assert partner(address, seconds=0.3).send(a_message(), NOW) == answer
    assert len(books.orders) == in_the_books


def test_a_pharmacy_that_is_not_there_was_not_sent_anything() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = partner(f"http://127.0.0.1:{unused.getsockname()[1]}").send(a_message(), NOW)
    assert answer == NotSent("The pharmacy cannot be reached (ConnectError).")


def test_a_name_that_nobody_has_was_not_sent_anything() -> None:
    answer = partner("https://pharmacy.invalid").send(a_message(), NOW)
    assert answer == NotSent("The pharmacy cannot be reached (ConnectError).")


def test_credentials_are_asked_for_before_anything_leaves(books: PracticePharmacy, address: str) -> None:
    link = LINK._replace(base_url=address, authentication=Authentication.BASIC, credentials="CEDAR_API")
    assert JsonOrders(link, "America/Chicago", None).send(a_message(), NOW) == NotSent(
        "The secret CEDAR_API is not set, or no plain text, where the worker runs."
    )
    assert books.orders == []


def test_credentials_are_shown() -> None:
    books = PracticePharmacy(clock=lambda: NOW)
    with serving(serve(books, "127.0.0.1", 0, "clinic:s3cret")) as address:
        link = LINK._replace(base_url=address, authentication=Authentication.BASIC)
        assert JsonOrders(link, "America/Chicago", "clinic:s3cret").send(a_message(), NOW) == Acknowledged("70001")
        assert isinstance(JsonOrders(link, "America/Chicago", "clinic:wrong").send(a_message(), NOW), NotSent)


def test_what_would_be_refused_is_refused_here(books: PracticePharmacy, address: str) -> None:
    answer = partner(address).send(a_message(patient=a_patient(sex="")), NOW)
    assert answer == Rejected((RejectionMessage("Not sent: patient.gender is empty."),))
    assert books.orders == []


def test_a_lost_order_is_found_by_our_reference(books: PracticePharmacy, address: str) -> None:
    books.faults = [Fault.DROP]
    assert isinstance(partner(address).send(a_message(), NOW), Lost)
    assert partner(address).look_up("RD-20261204-01-S01") == Acknowledged("70001")
    assert partner(address).look_up("RD-20261204-01-S02") is None
    assert partner(address, looks_up=False).look_up("RD-20261204-01-S01") is None


def test_an_order_sent_twice_would_be_two_orders(books: PracticePharmacy, address: str) -> None:
    """The reason why nothing is sent again by itself."""
    for _ in range(2):
        partner(address).send(a_message(), NOW)
    assert [order["referenceId"] for order in books.orders] == ["RD-20261204-01-S01"] * 2


@pytest.mark.parametrize(
    ("case", "status", "body", "answer"),
    [
        ("no reason given", 400, b"",
         Rejected((RejectionMessage("The pharmacy refused the order (400) without saying why."),))),
        (
            "fields and messages", 422, b'{"title":"Bad","errors":[{"field":"rxs[1].sig","message":"too long"}]}',
            Rejected((RejectionMessage("rxs[1].sig: too long", "RD-20261204-01/02"),)),
        ),
        (
            "named by our number", 400, b'{"type":"error","messages":["Rx RD-20261204-01/02/1: product not mapped"]}',
            Rejected((RejectionMessage("Rx RD-20261204-01/02/1: product not mapped", "RD-20261204-01/02"),)),
        ),
        ("an error in a 200", 200, b'{"type":"error","messages":["No"]}', Rejected((RejectionMessage("No"),))),
        ("moved away", 302, b"", Lost(f"The pharmacy answered 302; {UNKNOWN}.")),
        ("busy", 503, b"", Lost(f"The pharmacy answered 503; {UNKNOWN}.")),
        ("too slow for it", 408, b"", Lost(f"The pharmacy answered 408; {UNKNOWN}.")),
        ("not the API", 404, b"<html>", NotSent(
            "The pharmacy has no order API at this address (404): check the address on Setup.")),
        ("taken, of another shape", 201, b'{"orderId": 5}', Acknowledged("5")),
        ("words with a NUL", 400, b'{"messages":["a\\u0000b"]}', Rejected((RejectionMessage("ab"),))),
    ],
)  # fmt: skip
def test_what_an_answer_means(case: str, status: int, body: bytes, answer: object) -> None:
    assert answer_of(status, body, {}, a_message(LINE, SECOND), NOW) == answer


@pytest.mark.parametrize(
    ("case", "rxs", "short"),
    [
        ("as ordered", [{"quantity": "2"}, {"quantity": 2.0}], ()),
        ("more", [{"quantity": "4"}, {}], ()),
        ("less of the second", [{"quantity": "2"}, {"quantity": "1.5"}], (("The pharmacy took 1.5 of 2 mL.", 2),)),
        ("nothing readable", [{"quantity": "two"}, {"quantity": "NaN"}], ()),
        ("another number of lines", [{"quantity": "1"}], ()),
    ],
)
def test_a_smaller_quantity_is_told(case: str, rxs: list[Any], short: tuple[tuple[str, int], ...]) -> None:
    body = json.dumps({"data": {"orderId": 1, "rxs": rxs}}).encode()
    told = tuple(RejectionMessage(text, f"RD-20261204-01/0{number}") for text, number in short)
    assert answer_of(200, body, {}, a_message(LINE, SECOND), NOW) == Acknowledged("1", told)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Fri, 04 Dec 2026 15:00:30 GMT", timedelta(seconds=30)),
        ("Fri, 04 Dec 2026 14:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_a_busy_pharmacy_asks_to_wait(header: str, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


# What is said later

CHICAGO = ZoneInfo("America/Chicago")


def row(**over: Any) -> dict[str, Any]:
    return {
        "foreignRxNumber": "RD-20261204-01/01/2",
        "rxStatus": "Shipping",
        "rxStatusDateTime": "2026-12-07T16:05:00",
        "trackingNumber": "1Z1",
        **over,
    }


def test_a_row_becomes_an_event_in_the_pharmacys_own_time() -> None:
    (event,), unread = read_rows([row()], CHICAGO, "cedar")
    assert (event.reference, event.attempt, event.status, event.tracking) == ("RD-20261204-01/01", 2, "shipped", "1Z1")
    assert event.at == datetime(2026, 12, 7, 22, 5, tzinfo=UTC)
    assert (event.sender, unread) == ("cedar", [])


def test_the_same_news_is_the_same_event_however_it_comes() -> None:
    pushed, polled = row(), row(fillId=3, rxStatusDateTime="2026-12-07T22:05:00Z")
    (first,), _ = read_rows([pushed], CHICAGO, "cedar")
    (second,), _ = read_rows({"data": {"orderId": 1, "rxs": [polled]}}, CHICAGO, "cedar")
    assert second.id == first.id
    (named,), _ = read_rows([row(eventId="e-7")], CHICAGO, "cedar")
    assert named.id == "e-7"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Shipping", "shipped"), ("IN PROGRESS", "accepted"), ("In-Transit", "shipped"), ("rxShipped", "shipped"),
        ("On Hold", "on_hold"), ("on_hold", "on_hold"), ("Canceled", "cancelled"), ("Quantum flux", "quantum flux"),
    ],
)  # fmt: skip
def test_a_pharmacys_word_has_a_state_or_stays_as_it_is(said: str, state: str) -> None:
    assert state_word(said) == state


def test_no_word_stands_for_two_states() -> None:
    words = [word for states in STATUSES.values() for word in states]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("case", "bad", "why"),
    [
        ("no line", {"foreignRxNumber": None}, "foreignRxNumber is missing"),
        ("another's number", {"foreignRxNumber": "7"}, "foreignRxNumber is not the number that we gave"),
        ("no status", {"rxStatus": ""}, "rxStatus is missing"),
        ("a list for a status", {"rxStatus": ["Shipping"]}, "rxStatus is not text"),
        ("a NUL", {"rxStatus": "Ship\0"}, "rxStatus holds a NUL character"),
        ("no day", {"rxStatusDateTime": "yesterday"}, "rxStatusDateTime is not an instant"),
        ("the first year", {"rxStatusDateTime": "0001-01-01T00:00:00"}, "rxStatusDateTime is not an instant"),
        ("a long tracking number", {"trackingNumber": "1" * 300}, "trackingNumber is longer than 255 characters"),
    ],
)
def test_a_row_that_says_nothing_readable_is_told_and_the_others_count(
    case: str, bad: dict[str, Any], why: str
) -> None:
    events, unread = read_rows([row(**bad), row()], CHICAGO, "cedar")
    assert (len(events), unread) == (1, [(1, why)])


# What may be set up


@pytest.mark.parametrize(
    ("case", "over", "field"),
    [
        ("in the clear", {"base_url": "http://orders.example.com"}, "base_url"),
        ("no address", {"base_url": "orders"}, "base_url"),
        ("a password in the address", {"base_url": "https://a:b@orders.example.com"}, "base_url"),
        ("no credentials", {"credentials": ""}, "credentials"),
        ("a secret instead of its name", {"credentials": "clinic:hunter2"}, "credentials"),
        ("a push without a secret", {"push": Authentication.HMAC}, "push_secret"),
        ("a rate of nothing", {"per_minute": 0}, "per_minute"),
        ("a header in two lines", {"vendor_id": "1\n2"}, "vendor_id"),
    ],
)
def test_a_link_that_cannot_work_is_told_where(case: str, over: dict[str, Any], field: str) -> None:
    sound = Link("cedar", "http", "https://orders.example.com/api", credentials="CEDAR_API")
    assert faults_of(sound) == []
    assert [name for name, _ in faults_of(sound._replace(**over))] == [field]


def test_a_line_in_a_message_is_dated_by_its_prescription() -> None:
    rx = a_prescription(written_on=date(2026, 1, 31))
    assert order(a_message(LINE._replace(prescription=rx)), LINK, NOW)["order"]["rxs"][0]["dateWritten"] == "2026-01-31"
