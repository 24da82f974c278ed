"""One person under two codes (rules.md, section 3): in the cart, on the way, on import; and codes written otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from core.adapters.files import csv_bytes
from core.adapters.store import Store
from core.domain.errors import BadInput
from core.domain.identifiers import code_fold, code_order
from core.domain.roles import LOCAL
from core.rules.same_person import likeness, likenesses
from core.services.clinic_import import load, preview_load, save_row
from tests.builders import FRIDAY, a_line, a_patient, a_prescription
from tests.stores import CLINIC
from tests.stores import load as load_clinic
from tests.validation.world import findings, our_line, world

ANN: dict[str, Any] = {
    "first_name": "Robert", "last_name": "Lowe", "born_on": date(1980, 1, 2), "phone": "512-555-0100",
    "address1": "1 Elm St", "zip": "78704",
}  # fmt: skip
ELSEWHERE: dict[str, Any] = {
    "born_on": date(1971, 7, 7), "phone": "512-555-0177", "address1": "9 Oak Rd", "zip": "78701"
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "other", "common"),
    [
        ("everything", {}, "name and date of birth and telephone and street"),
        ("name and date of birth", ELSEWHERE | {"born_on": ANN["born_on"]}, "name and date of birth"),
        ("name and telephone", ELSEWHERE | {"phone": "(512) 555-0100"}, "name and telephone"),
        ("telephone with a country's code", ELSEWHERE | {"phone": "+1 512 555 0100"}, "name and telephone"),
        ("name and street", ELSEWHERE | {"address1": "1 Elm Street", "zip": "78704-1234"}, "name and street"),
        ("name alone", ELSEWHERE, None),
        ("a nickname", ELSEWHERE | {"first_name": "Bob", "born_on": ANN["born_on"]}, "name and date of birth"),
        ("another nickname", ELSEWHERE | {"first_name": "ROBBIE", "phone": ANN["phone"]}, "name and telephone"),
        ("an initial", ELSEWHERE | {"first_name": "R.", "born_on": ANN["born_on"]}, "name and date of birth"),
        ("a second name", ELSEWHERE | {"first_name": "Robert James", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("a hyphenated last name", ELSEWHERE | {"last_name": "Lowe-Garcia", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("an accent and capitals", ELSEWHERE | {"last_name": "LÓWE", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("the cells swapped", ELSEWHERE | {"first_name": "Lowe", "last_name": "Robert", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("married: first name, birth and telephone",
         ELSEWHERE | {"last_name": "Okafor", "born_on": ANN["born_on"], "phone": ANN["phone"]},
         "first name, date of birth and telephone"),
        ("first name and date of birth alone", ELSEWHERE | {"last_name": "Okafor", "born_on": ANN["born_on"]}, None),
        ("twins", {"first_name": "Rebecca"}, None),
        ("a wife at the same telephone", {"first_name": "Maria", "born_on": date(1982, 3, 3)}, None),
        ("father and son", {"first_name": "Robert Jr", "born_on": date(2004, 1, 2)}, None),
        ("a son of whom nobody says so", {"born_on": date(2004, 1, 2)}, "name and telephone and street"),
        ("no date of birth at one", {"born_on": None}, "name and telephone and street"),
        ("a digit of the date of birth", {"born_on": date(1980, 1, 3)}, "name and telephone and street"),
        ("no telephone and no street at both, another birth",
         {"phone": "", "address1": "", "born_on": date(1979, 1, 2)}, None),
        ("no name at one", {"first_name": "", "last_name": ""}, None),
        ("a letter of the first name", ELSEWHERE | {"first_name": "Robret", "born_on": ANN["born_on"]},
         "date of birth and nearly the same name"),
        ("a letter of the last name", ELSEWHERE | {"last_name": "Low", "born_on": ANN["born_on"]},
         "date of birth and nearly the same name"),
        ("a letter, and another birth", {"first_name": "Robret", "born_on": date(1981, 1, 2)}, None),
        ("the whole name in one cell",
         ELSEWHERE | {"first_name": "Robert Lowe", "last_name": "", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("last name first", ELSEWHERE | {"first_name": "", "last_name": "LOWE, Robert", "phone": ANN["phone"]},
         "name and telephone"),
        ("called by the middle name", ELSEWHERE | {"first_name": "James Robert", "born_on": ANN["born_on"]},
         "name and date of birth"),
        ("an extension", ELSEWHERE | {"phone": "512.555.0100 ext. 12"}, "name and telephone"),
        ("day and month swapped", ELSEWHERE | {"born_on": date(1980, 2, 1)}, "name and date of birth"),
        ("the flat of the same house", ELSEWHERE | {"address1": "1 Elm St", "address2": "Apt 2", "zip": "78704"}, None),
    ],
)  # fmt: skip
def test_likeness(case: str, other: dict[str, Any], common: str | None) -> None:
    one, two = a_patient(patient="D-1", **ANN), a_patient(**{"patient": "D-2", **ANN} | other)
    for first, second in ((one, two), (two, one)):
        found = likeness(first, second)
        assert (found.common if found else None) == common
    assert (likenesses([one], [one, two]) != {}) is (common is not None)


@pytest.mark.parametrize(
    ("names", "others", "same"),
    [
        (("Jürgen", "Müller"), ("Jurgen", "Mueller"), True),
        (("Søren", "Groß"), ("Soren", "Gross"), True),
        (("Владимир", "Иванов"), ("ВЛАДИМИР", "Иванов"), True),
        (("李", "娜"), ("李", "娜"), True),
        (("Владимир", "Иванов"), ("Сергей", "Иванов"), False),
        (("Mei", "Li"), ("Mei", "Lu"), False),
        (("Anna", "Okafor"), ("Emma", "Okafor"), False),
    ],
)
def test_names_of_other_alphabets(names: tuple[str, str], others: tuple[str, str], same: bool) -> None:
    born = {"born_on": date(1980, 1, 2), "phone": "", "address1": ""}
    one, two = (
        a_patient(patient=code, first_name=first, last_name=last, **born)
        for code, (first, last) in (("D-1", names), ("D-2", others))
    )
    assert (likeness(one, two) is not None) is same


def twins(**parts: Any) -> Any:
    """Patient P1 of the clean line, and P2 who is the same person."""
    other = {"patient": "P2", "first_name": "Ana", "last_name": "Rivera", "born_on": date(1980, 5, 6)}
    more = {"P2": a_patient(**other | parts.pop("other", {}))}
    rx = {"RX2": a_prescription(rx="RX2", patient="P2")}
    return world(more_patients=more, more_prescriptions=rx, **parts)


def same_person(context: Any, *lines: Any) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in findings(context, *lines) if one.code == "SAME_PERSON"]


def test_both_codes_in_one_cart_are_warned_of() -> None:
    lines = (a_line(), a_line(number=2, patient="P2", rx="RX2"))
    rest = "have the same name and date of birth: one person under two codes? Whatever one code was given, rules about "
    assert same_person(twins(), *lines) == [
        (1, f"Patients P1 and P2 (on line 2 of this cart) {rest}the other do not see."),
        (2, f"Patients P2 and P1 (on line 1 of this cart) {rest}the other do not see."),
    ]


@pytest.mark.parametrize(
    ("case", "parts", "place"),
    [
        ("in flight", {"our_lines": (our_line(patient="P2", rx="RX2", state="accepted"),)},
         "P2 (on its way as RD-20261106-01/01)"),
        ("delivered", {"our_lines": (our_line(patient="P2", rx="RX2", shipped_on=date(2026, 11, 6)),)}, "P2 have"),
        ("in another open cart", {"other_carts": frozenset({("P2", "SEMA")})}, "P2 (in another open cart)"),
        ("on file alone", {}, "P2 have"),
        ("inactive", {"other": {"active": False}}, None),
        ("inactive, in flight", {"other": {"active": False}, "our_lines": (our_line(patient="P2", state="placed"),)},
         "P2 (on its way as RD-20261106-01/01)"),
        ("somebody else", {"other": {"first_name": "Rosa"}}, None),
    ],
)  # fmt: skip
def test_where_the_other_code_is(case: str, parts: dict[str, Any], place: str | None) -> None:
    found = same_person(twins(**parts))
    assert [place in message for _, message in found if place] == ([True] if place else [])
    assert len(found) == (place is not None)


def patients(*rows: Mapping[str, str]) -> dict[str, bytes]:
    names = ["patient", "first_name", "last_name", "born_on", "phone", "address1", "zip", "state", "sex"]
    return {"patients.csv": csv_bytes(names, [[row.get(name, "") for name in names] for row in rows])}


NEW = {"patient": "D-7", "first_name": "Ana", "last_name": "Rivera", "born_on": "1980-05-06"}


def test_an_import_warns_once_of_each_pair(store: Store) -> None:
    load_clinic(store)
    both = patients(NEW, {**NEW, "patient": "D-8"}, {"patient": "D-9", "first_name": "Rosa"})
    expected = [
        "patients.csv, patient “D-7”: has the same name and date of birth as D-8: one person under two codes?",
        "patients.csv, patient “D-7”: has the same name and date of birth as P1: one person under two codes?",
        "patients.csv, patient “D-8”: has the same name and date of birth as P1: one person under two codes?",
    ]
    for loaded in (preview_load(store, LOCAL, both, CLINIC), load(store, LOCAL, both, CLINIC)):
        assert [str(warning) for warning in loaded.warnings if warning.column == "patient"] == expected
    assert load(store, LOCAL, both, CLINIC).warnings == ()


@pytest.mark.parametrize(
    ("file", "row", "code", "stored"),
    [
        ("patients.csv", {**NEW, "patient": "p1"}, "p1", "P1"),
        ("patients.csv", {**NEW, "patient": "P 1"}, "P 1", "P1"),
        ("patients.csv", {**NEW, "patient": "P01"}, "P01", "P1"),
        ("patients.csv", {**NEW, "patient": "p 001"}, "p 001", "P1"),
        ("skus.csv", {"sku": "sema", "name": "S", "sterile": "yes", "cold_chain": "yes"}, "sema", "SEMA"),
        ("skus.csv", {"sku": "SE MA", "name": "S", "sterile": "yes", "cold_chain": "yes"}, "SE MA", "SEMA"),
    ],
)
def test_a_code_written_otherwise_is_no_second_one(
    store: Store, file: str, row: Mapping[str, str], code: str, stored: str
) -> None:
    load_clinic(store)
    expected = f"“{code}”: differs from {stored} in capitals, spaces or leading zeros alone; write it as {stored}"
    with pytest.raises(BadInput, match=expected):
        load(store, LOCAL, {file: csv_bytes(list(row), [list(row.values())])}, CLINIC)
    with pytest.raises(BadInput, match=expected):
        save_row(store, LOCAL, CLINIC, file, row, None)
    with store.read(CLINIC) as work:
        assert work.today == FRIDAY


def test_two_writings_of_a_code_in_one_file_are_refused(store: Store) -> None:
    load_clinic(store)
    rows = ({**NEW, "patient": "D-0012"}, {"patient": "d-12", "first_name": "Rosa"})
    with pytest.raises(BadInput, match="row 3, patient “d-12”: differs from D-0012"):
        load(store, LOCAL, patients(*rows), CLINIC)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P-1001", "p-1001", True),
        ("P-1001", "P-01001", True),
        ("P 1001", "P1001", True),
        ("0042", "42", True),
        ("P-1001", "P-1010", False),
        ("TRET-0.05", "TRET-0.5", False),
        ("SEMA-2.5-2", "SEMA-2.5-02", True),
        ("A0", "A", False),
        ("P-100", "P-10", False),
        ("P\u00a01001", "p1001", True),
    ],
)
def test_which_codes_are_one(one: str, other: str, same: bool) -> None:
    assert (code_fold(one) == code_fold(other)) is same


def test_codes_are_in_the_order_of_their_numbers() -> None:
    codes = ["RX-1000", "RX-999", "RX-01000", "RX", "1000", "999", "RX-999b", "RX-10-2", "RX-9-10"]
    assert sorted(codes, key=code_order) == [
        "RX", "RX-9-10", "RX-10-2", "999", "RX-999", "RX-999b", "1000", "RX-01000", "RX-1000"
    ]  # fmt: skip
