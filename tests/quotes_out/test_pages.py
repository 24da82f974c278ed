"""A quote's pages say what core computes, with sources and days, and fit on one page where they can."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.adapters.store import Store
from core.domain.errors import NotAllowed
from core.domain.model import Role
from core.domain.roles import LOCAL, Person
from core.rules.pricing.program_words import answer_sentence, basis_sentence
from core.services.audit_trail import audit_trail
from core.services.checkout import place
from core.services.clinic_costs import best_program
from core.services.quotes.export import QuoteFormat, quote_out
from core.services.quotes.pages import pages
from core.services.quotes.selection import QuoteRequest, quote_selection
from tests.builders import FRIDAY, a_pharmacy, a_program, a_sku, an_offer
from tests.quotes_out.test_workbook import a_clinic_of_prices, a_selection
from tests.stores import CLINIC, load
from tests.test_checkout import STAFF, a_cart, confirmation, line

ABOUT = "Dollars a pack, landed: medication, program fee, shipping and processing, at the cheapest pharmacy."


def printed(data: bytes) -> list[str]:
    """Every piece of text, in the order in which it is drawn."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            drawn = zlib.decompressobj().decompress(stream)  # its checksum may end with the line break that is cut
        except zlib.error:
            continue
        found += [text.decode("latin-1") for text in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", drawn)]
    return [re.sub(r"\\(.)", r"\1", text) for text in found]


def page_count(data: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", data))


def test_a_page_says_cost_pharmacy_price_day_and_source() -> None:
    context = a_clinic_of_prices(offers=(an_offer(source="price list cedar.csv, row 2"),))
    said = printed(pages(a_selection(context)))
    assert said[:3] == [
        "SKU costs delivered, Juniper Clinic",
        f"Prices in force on 4 Dec 2026. 1 pack in a shipment. {ABOUT}",
        "Cheapest program in bold. In gray the pharmacy, the price of a pack, its first day and [its source].",
    ]
    row = said[said.index("SEMA 2.5 mg/mL") :]
    assert row[:8] == [
        "SEMA 2.5 mg/mL",
        "SEMA",
        "$135.00",
        "Cedar: $100.00, 1 Jan 2026 [1]",
        "$130.00",
        "Cedar: $100.00, 1 Jan 2026 [1]",
        "$131.65",
        "Cedar: $110.00, 1 Jan 2026",
    ]
    free = "FREE: pass-through price, $0.00 a month and 15 % of medication; in force since 1 Jan 2026 [2]"
    assert f"{free}. With $20,000.00 of medication a month: $3,000.00" in said
    assert "[1] price list cedar.csv, row 2; [2] published" in " ".join(said).replace("  ", " ")


def test_a_missing_price_says_so() -> None:
    said = printed(pages(a_selection(a_clinic_of_prices(offers=()))))
    assert said.count("no price") == 6


@pytest.mark.parametrize(("source", "marks"), [("Demo list", 1), ("list", 0)])
def test_made_up_prices_are_marked(source: str, marks: int) -> None:
    said = printed(pages(a_selection(a_clinic_of_prices(offers=(an_offer(source=source),)))))
    assert said.count("DEMO: some of these prices are made up") == marks


@pytest.mark.parametrize(("skus", "sheets"), [(1, 1), (14, 1), (40, 3)])
def test_a_selection_that_fits_is_one_page(skus: int, sheets: int) -> None:
    codes = [f"SKU{at:02}" for at in range(skus)]
    context = a_clinic_of_prices(
        skus={code: a_sku(sku=code, name=f"Name of {code}") for code in codes},
        offers=tuple(an_offer(sku=code) for code in codes),
    )
    data = pages(a_selection(context))
    assert page_count(data) == sheets
    assert [text for text in printed(data) if text.startswith("Name of")] == [f"Name of {code}" for code in codes]


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Semaglutide – “compounded”…", 'Semaglutide - "compounded"...'),
        ("Estradiol 50 µg", "Estradiol 50 µg"),
        ("Сема", "????"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_a_name_is_drawn_with_what_every_reader_has(name: str, drawn: str) -> None:
    context = a_clinic_of_prices(skus={"SEMA": a_sku(name=name)}, offers=(an_offer(),))
    assert drawn in printed(pages(a_selection(context)))


def test_a_long_name_is_cut_and_its_price_is_not() -> None:
    context = a_clinic_of_prices(
        pharmacies={"cedar": a_pharmacy(name="The longest name of any pharmacy in all of Texas and beyond")},
        offers=(an_offer(source="list"),),
        programs=tuple(a_program(program=f"P{at}", rate=Decimal(at) / 100) for at in range(6)),
    )
    cut = [text for text in printed(pages(a_selection(context))) if text.endswith("...: $100.00, 1 Jan 2026 [1]")]
    assert len(cut) == 6
    assert all(text.startswith("The") for text in cut)


def test_the_same_selection_gives_the_same_pages() -> None:
    chosen = a_selection(a_clinic_of_prices())
    assert pages(chosen) == pages(chosen)


def test_only_what_was_chosen_is_on_it() -> None:
    context = a_clinic_of_prices()
    found = quote_selection(context, FRIDAY, QuoteRequest(("TIRZ", "NONE"), ("GROWTH", "NONE")))
    assert [row.sku.sku for row in found.skus] == ["TIRZ"]
    assert [program.program for program in found.programs] == ["GROWTH"]


def test_a_quote_of_an_earlier_day_is_as_it_was() -> None:
    context = a_clinic_of_prices()
    later = replace(context, offers=(*context.offers, an_offer(valid_from=FRIDAY, unit_cost_cents=1)))
    wanted, day = QuoteRequest(("SEMA",), ("FREE",)), date(2026, 12, 3)
    assert pages(quote_selection(later, day, wanted)) == pages(quote_selection(context, day, wanted))


@pytest.fixture
def clinic(store: Store) -> Store:
    """The usual clinic."""
    load(store)
    return store


@pytest.mark.parametrize(("kind", "starts"), [("xlsx", b"PK"), ("pdf", b"%PDF")])
def test_a_quote_taken_out_is_audited(clinic: Store, kind: QuoteFormat, starts: bytes) -> None:
    leader = Person("l@clinic.test", "L", Role.LEADERSHIP)
    assert quote_out(clinic, leader, CLINIC, QuoteRequest(("SEMA",), ("FREE",)), kind).startswith(starts)
    entry = audit_trail(clinic, LOCAL, CLINIC, limit=1)[0]
    said: dict[str, Any] = {"kind": kind, "skus": 1, "programs": ["FREE"], "units": 1}
    assert (entry.email, entry.action, entry.subject, entry.after) == (leader.email, "export", "SKU quote", said)


def test_staff_take_no_quotes_out(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        quote_out(clinic, Person("s@clinic.test", "S", Role.STAFF), CLINIC, QuoteRequest(("SEMA",), ("FREE",)), "pdf")
    assert audit_trail(clinic, LOCAL, CLINIC) == []


def test_a_quote_opens_with_the_answer_that_the_screens_give(clinic: Store) -> None:
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1))))
    answer = best_program(clinic, LOCAL, CLINIC)
    said = " ".join(printed(quote_out(clinic, LOCAL, CLINIC, QuoteRequest(("SEMA",), ("FREE",)), "pdf")))
    assert answer.lines == 1
    assert f"{answer_sentence(answer)}." in said
    assert basis_sentence(answer)[:60] in said
    assert said.index(answer_sentence(answer)) < said.index("Programs")


def test_before_any_order_a_quote_has_no_answer(clinic: Store) -> None:
    said = " ".join(printed(quote_out(clinic, LOCAL, CLINIC, QuoteRequest(("SEMA",), ("FREE",)), "pdf")))
    assert "for you" not in said
