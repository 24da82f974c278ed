"""Approving a price list writes dated rows and nothing else; the last approval can be undone while nothing used it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.adapters.files.price_list_sheet import Field, guessed_columns
from core.adapters.store import Store
from core.domain.context import Context
from core.domain.errors import NotAllowed, Refused, Stale
from core.domain.model import AggregatePrice, ProgramKind, Role
from core.domain.roles import LOCAL, Person
from core.rules.pricing.comparison import SkuComparison, compare
from core.services.audit_trail import audit_trail, verify_audit
from core.services.checkout import place
from core.services.contexts import load_context
from core.services.price_lists.approval import Approval, approve, last_approval, remembered_columns, undo
from core.services.price_lists.preview import Issuer, PriceList, preview
from tests.builders import FRIDAY, a_program, a_sku, an_offer
from tests.price_lists.lists import CEDAR, REFILL, question
from tests.stores import CLINIC, NOW, Clock, a_folder, load
from tests.test_checkout import a_cart, confirmation, line, patients

MAX = Person("max@clinic.test", "Max", Role.MANAGER)
MONDAY = FRIDAY + timedelta(days=3)
TIRZ = a_sku(sku="TIRZ", name="Tirzepatide 10 mg/mL, 4 mL")
OLD = an_offer(stock=12, stock_at=NOW - timedelta(days=2), min_quantity=1, max_quantity=6, source="last year")
POOLED = AggregatePrice(program="REFILL", sku="SEMA", unit_price_cents=11_000, valid_from=date(2026, 1, 1))
LIST = "SKU | Price\nSEMA | 104.00\nTIRZ | 189.00"


@pytest.fixture
def clinic(store: Store) -> Store:
    """Cedar sells SEMA at 100.00 with twelve packs left; REFILL pools it at 110.00."""
    program = a_program(program="REFILL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.015"))
    parts: dict[str, Any] = {"skus": (a_sku(), TIRZ), "offers": (OLD,), "programs": (a_program(), program)}
    load(store, a_folder(**parts, aggregate_prices=(POOLED,), **patients(1)))
    return store


def context_of(store: Store) -> Context:
    with store.read(CLINIC) as work:
        return load_context(work)


def approved(
    store: Store, asked: PriceList, accepted: Collection[int] = (), ended: Collection[str] = (), person: Person = MAX
) -> int:
    seen = preview(asked, context_of(store))
    return approve(store, person, CLINIC, asked, seen, accepted=accepted, ended=ended)


def last(store: Store, issuer: Issuer = CEDAR) -> Approval | None:
    with store.read(CLINIC) as work:
        return last_approval(work, issuer)


def undone(store: Store, issuer: Issuer = CEDAR) -> int:
    found = last(store, issuer)
    assert found is not None
    return undo(store, MAX, CLINIC, issuer, found.number)


def everything(store: Store) -> tuple[Context, int]:
    """What a refusal must leave as it was."""
    return context_of(store), verify_audit(store, CLINIC).entries


def yesterday(store: Store) -> tuple[SkuComparison, ...]:
    return compare(context_of(store), FRIDAY - timedelta(days=1))


def test_an_approved_price_is_a_new_row_beside_the_old_one(clinic: Store) -> None:
    assert approved(clinic, question(LIST)) == 2
    assert context_of(clinic).offers == (
        OLD,
        OLD.model_copy(
            update={"unit_cost_cents": 104_00, "valid_from": FRIDAY, "source": "price list cedar.csv, row 2"}
        ),
        an_offer(sku="TIRZ", unit_cost_cents=189_00, valid_from=FRIDAY, source="price list cedar.csv, row 3"),
    )


def test_a_quote_of_yesterday_stays_as_it_was(clinic: Store) -> None:
    before = yesterday(clinic)
    approved(clinic, question(LIST), ended=["SEMA"])
    approved(clinic, question("SKU | Price\nSEMA | 90", issuer=REFILL), accepted=[2])
    assert yesterday(clinic) == before


def test_a_later_list_leaves_today_as_it_is(clinic: Store) -> None:
    before = compare(context_of(clinic), FRIDAY)
    approved(clinic, question(LIST, day=MONDAY))
    context = context_of(clinic)
    assert compare(context, FRIDAY) == before
    assert [offer and offer.unit_cost_cents for offer in (context.offer("cedar", "SEMA", MONDAY),)] == [104_00]


def test_a_programs_list_is_rows_of_its_pooled_prices(clinic: Store) -> None:
    assert approved(clinic, question("SKU | Price\nSEMA | 112", issuer=REFILL, file="refill.csv")) == 1
    new = POOLED.model_copy(
        update={"unit_price_cents": 112_00, "valid_from": FRIDAY, "source": "price list refill.csv, row 2"}
    )
    assert context_of(clinic).aggregate_prices == (POOLED, new)


@pytest.mark.parametrize(("accepted", "written"), [((), ["TIRZ"]), ((2,), ["SEMA", "TIRZ"])])
def test_a_doubtful_price_is_written_only_if_accepted(
    clinic: Store, accepted: tuple[int, ...], written: list[str]
) -> None:
    approved(clinic, question("SKU | Price\nSEMA | 50\nTIRZ | 189"), accepted)
    assert [offer.sku for offer in context_of(clinic).offers if offer.valid_from == FRIDAY] == written


@pytest.mark.parametrize(("case", "ended", "last_day"), [("kept", (), None), ("ended", ("SEMA",), date(2026, 12, 3))])
def test_a_price_gone_from_the_list_is_kept_unless_ended(
    clinic: Store, case: str, ended: tuple[str, ...], last_day: date | None
) -> None:
    approved(clinic, question("SKU | Price\nTIRZ | 189"), ended=ended)
    assert context_of(clinic).offers[0] == OLD.model_copy(update={"valid_to": last_day}), case


def test_a_price_that_the_list_names_cannot_be_ended(clinic: Store) -> None:
    approved(clinic, question(LIST), ended=["SEMA", "TIRZ", "NONE"])
    assert [offer.valid_to for offer in context_of(clinic).offers] == [None, None, None]


def test_a_pooled_price_has_no_end(clinic: Store) -> None:
    approved(clinic, question("SKU | Price\nTIRZ | 150", issuer=REFILL), ended=["SEMA"])
    assert context_of(clinic).aggregate_price("REFILL", "SEMA", FRIDAY) == POOLED


def test_who_approved_what_stands_in_the_audit_trail(clinic: Store) -> None:
    approved(clinic, question(LIST))
    entry = audit_trail(clinic, LOCAL, CLINIC, limit=1)[0]
    assert (entry.email, entry.action, entry.subject) == (
        MAX.email,
        "approve price list",
        "price list of pharmacy cedar",
    )
    assert entry.before == {"SEMA": 100_00, "TIRZ": None}
    assert entry.after == {
        "file": "cedar.csv",
        "valid_from": "2026-12-04",
        "added": {"SEMA": 104_00, "TIRZ": 189_00},
        "ended": [],
        "headings": {"sku": "SKU", "price": "PRICE"},
    }
    assert verify_audit(clinic, CLINIC).problem is None


@pytest.mark.parametrize(
    ("case", "text", "day", "says"),
    [
        ("a day before today", LIST, FRIDAY - timedelta(days=1),
         "A list comes into force today or later: quotes of earlier days stay as they were."),
        ("nothing new", "SKU | Price\nSEMA | 100", FRIDAY,
         "This list changes no price, so there is nothing to approve."),
        ("nothing but doubts", "SKU | Price\nSEMA | 50", FRIDAY,
         "This list changes no price, so there is nothing to approve."),
    ],
)  # fmt: skip
def test_a_list_is_refused(clinic: Store, case: str, text: str, day: date, says: str) -> None:
    before = everything(clinic)
    with pytest.raises(Refused) as refusal:
        approved(clinic, question(text, day=day))
    assert (str(refusal.value), everything(clinic)) == (says, before), case


@pytest.mark.parametrize("role", [Role.STAFF, Role.LEADERSHIP])
def test_approving_and_undoing_are_for_managers(clinic: Store, role: Role) -> None:
    approved(clinic, question(LIST))
    before, person = everything(clinic), Person("x@clinic.test", "X", role)
    with pytest.raises(NotAllowed):
        approved(clinic, question("SKU | Price\nSEMA | 105", day=MONDAY), person=person)
    with pytest.raises(NotAllowed):
        undo(clinic, person, CLINIC, CEDAR, last(clinic).number)  # type: ignore[union-attr]
    assert everything(clinic) == before


def test_a_preview_that_is_out_of_date_is_not_approved(clinic: Store) -> None:
    asked = question(LIST, day=MONDAY)
    seen = preview(asked, context_of(clinic))
    approved(clinic, question("SKU | Price\nSEMA | 101"))
    before = everything(clinic)
    with pytest.raises(Stale):
        approve(clinic, MAX, CLINIC, asked, seen)
    assert everything(clinic) == before


def test_the_same_list_twice_is_approved_once(clinic: Store) -> None:
    approved(clinic, question(LIST))
    with pytest.raises(Refused, match="changes no price"):
        approved(clinic, question(LIST))


def test_an_undo_takes_back_exactly_what_was_added_and_ended(clinic: Store) -> None:
    before = context_of(clinic)
    approved(clinic, question("SKU | Price\nTIRZ | 189"), ended=["SEMA"])
    assert undone(clinic) == 1
    assert context_of(clinic) == before
    assert last(clinic) is None
    assert audit_trail(clinic, LOCAL, CLINIC, limit=1)[0].action == "undo price list"


def test_an_undo_of_a_programs_list(clinic: Store) -> None:
    before = context_of(clinic)
    approved(clinic, question("SKU | Price\nSEMA | 112", issuer=REFILL))
    assert last(clinic) is None
    assert undone(clinic, REFILL) == 1
    assert context_of(clinic) == before


def test_a_corrected_list_follows_an_undo(clinic: Store) -> None:
    approved(clinic, question(LIST))
    undone(clinic)
    assert approved(clinic, question("SKU | Price\nSEMA | 105")) == 1


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("an order", "Line RD-20261204-01/01 was placed after this list came in."),
        ("a day later", "These prices have been in force since 2026-12-04, and quotes were made with them."),
        ("a price changed by hand", "The price of SEMA was changed after this list came in."),
        ("stock told since", "The price of SEMA was changed after this list came in."),
    ],
)
def test_an_undo_is_refused_once_the_prices_were_used(clinic: Store, clock: Clock, case: str, says: str) -> None:
    approved(clinic, question(LIST))
    clock.forward(seconds=60)
    mine = {"unit_cost_cents": 104_00, "valid_from": FRIDAY}
    if case == "an order":
        place(clinic, MAX, CLINIC, confirmation(a_cart(line(1))))
    elif case == "a day later":
        clock.forward(days=1)
    elif case == "a price changed by hand":
        load(clinic, a_folder(offers=(an_offer(**mine | {"unit_cost_cents": 1}),)))
    else:
        load(clinic, a_folder(offers=(an_offer(**mine, stock=3),)))
    before = everything(clinic)
    with pytest.raises(Refused) as refusal:
        undone(clinic)
    assert str(refusal.value) == f"{says} Approve a new list from today on to correct it.", case
    assert everything(clinic) == before


def test_an_offer_reopened_since_is_not_reopened_twice(clinic: Store) -> None:
    approved(clinic, question("SKU | Price\nTIRZ | 189"), ended=["SEMA"])
    load(clinic, a_folder(offers=(OLD,)))
    with pytest.raises(Refused, match=r"^The price of SEMA was changed"):
        undone(clinic)


def test_an_order_from_before_has_not_used_the_list(clinic: Store, clock: Clock) -> None:
    place(clinic, MAX, CLINIC, confirmation(a_cart(line(1))))
    clock.forward(seconds=60)
    approved(clinic, question(LIST))
    assert undone(clinic) == 2


def test_only_the_last_approval_can_be_undone(clinic: Store) -> None:
    approved(clinic, question(LIST))
    first = last(clinic)
    approved(clinic, question("SKU | Price\nSEMA | 105", day=MONDAY))
    before = everything(clinic)
    assert first is not None
    with pytest.raises(Stale):
        undo(clinic, MAX, CLINIC, CEDAR, first.number)
    assert everything(clinic) == before
    assert undone(clinic) == 1
    with pytest.raises(Stale):
        undo(clinic, MAX, CLINIC, CEDAR, first.number)


def test_what_the_columns_of_the_last_list_meant_is_remembered_by_issuer(clinic: Store) -> None:
    foreign = question("Ours | Clinics pay\nSEMA | 104.00")
    approved(clinic, foreign._replace(columns={Field.SKU: 0, Field.PRICE: 1}))
    with clinic.read(CLINIC) as work:
        remembered = remembered_columns(work, CEDAR)
        assert remembered_columns(work, REFILL) == {}
    assert guessed_columns(("Clinics pay", "Name", "Ours"), remembered) == {
        Field.SKU: 2, Field.NAME: 1, Field.PRICE: 0,
    }  # fmt: skip
    assert guessed_columns(("Clinics pay", "Price", "Ours"), remembered)[Field.PRICE] == 0
