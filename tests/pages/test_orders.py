"""Orders: the list and its counts, one line in full, and every press that its state allows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.pharmacies.simulated.partner import SimulatedPartner
from core.adapters.store import Store
from core.adapters.store.queue import claim
from core.domain.model import LineState, Role
from core.domain.orders.book import Event
from core.domain.partners.link import Link
from core.domain.partners.protocol import Acknowledged, Lost
from core.domain.roles import LOCAL
from core.services.audit_trail import audit_trail
from core.services.checkout import place
from core.services.orders import views
from core.services.orders.events import apply_events, record_answers
from core.services.orders.recovery import cancel
from core.services.partners import worker
from core.services.partners.connections import connect
from pages.orders.line_list import RENDERED
from tests.builders import FRIDAY, a_patient, a_pharmacy, a_prescription, an_offer, licences
from tests.order_books import CHECKOUT, said
from tests.pages.conftest import Opens
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line

S = LineState
NAMES = ("Rivera", "Stone", "Khan")
FROM_HERE = "Actions"
EVENT = "Record an event"


@pytest.fixture
def clinic(store: Store) -> Store:
    """Rivera, Stone and Khan, each with a line at cedar that is still queued; birch is dearer."""
    numbers = range(1, 4)
    folder = a_folder(
        pharmacies=(a_pharmacy(), a_pharmacy(pharmacy="birch", name="Birch Lab")),
        offers=(an_offer(), an_offer(pharmacy="birch", unit_cost_cents=120_00)),
        pharmacy_licences=licences() + licences("birch"),
        patients=tuple(a_patient(patient=f"P{at}", last_name=NAMES[at - 1]) for at in numbers),
        prescriptions=tuple(a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in numbers),
    )
    load(store, folder)
    place(store, STAFF, CLINIC, confirmation(a_cart(*map(line, numbers))))
    return store


class Obliging(SimulatedPartner):
    """Takes everything and says nothing."""

    def answer(self, pharmacy: str, reference: str, lines: Any) -> Acknowledged:
        return Acknowledged(f"{pharmacy}-1")

    def poll(self, lines: Any, now: datetime) -> list[Event]:
        return []


OBLIGING = Obliging()


def send(store: Store) -> None:
    worker.run_once(store, CLINIC, lambda _: OBLIGING, worker="w1")


def lose(store: Store) -> None:
    sent = dict(store.write(CLINIC, lambda work: claim(work, work.now(), 10)))
    store.write(CLINIC, lambda work: record_answers(work, dict.fromkeys(sent, Lost("no answer")), worker.BY))


def tell(store: Store, *events: Event) -> None:
    store.write(CLINIC, lambda work: apply_events(work, events, worker.BY))


def ref(number: int) -> str:
    return f"{CHECKOUT}/{number:02d}"


def tracked(store: Store, number: int = 1) -> views.TrackedLine:
    (found,) = views.track(store, STAFF, CLINIC, ref(number)).lines
    return found


def lines(page: AppTest) -> list[str]:
    """References in the list, by what was rendered."""
    assert not page.exception
    return [str(reference).removeprefix(f"{CHECKOUT}/") for reference in page.session_state[RENDERED]]


def told(page: AppTest) -> str:
    """Everything that the page says in words, as a person reads it."""
    assert not page.exception
    kinds = (page.markdown, page.caption, page.text, page.error, page.warning, page.success, page.toast, page.subheader)
    return "\n".join(str(each.value) for kind in kinds for each in kind).replace("\\", "")


def options(page: AppTest, label: str) -> list[str]:
    (found,) = [group for group in page.get("button_group") if group.proto.label == label]
    return [option.content for option in found.proto.options]


def choose(page: AppTest, label: str, option: str) -> AppTest:
    """Click one of the options that a group of buttons shows, by its first words."""
    groups: Sequence[Any] = page.get("button_group")
    (group,) = [group for group in groups if group.proto.label == label]
    names = dict(zip((shown.content for shown in group.proto.options), group.options, strict=True))
    chosen = next(value for name, value in names.items() if name.startswith(option))
    group.set_value([chosen] if isinstance(group.value, list) else chosen)
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label.replace("\\", "") == label]
    assert not button.disabled
    return button.click().run()


def write(page: AppTest, label: str, text: str) -> AppTest:
    (field,) = [field for field in page.text_input if field.label.replace("\\", "") == label]
    field.set_value(text)
    return page


def test_an_empty_clinic_says_what_to_do_next(store: Store, opens: Opens) -> None:
    load(store)
    page = opens("orders", Role.STAFF)
    assert "No orders yet." in told(page)
    assert [link.proto.label for link in page.get("page_link")] == ["Open Refill day"]


def test_leadership_has_no_such_page(clinic: Store, opens: Opens) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        opens("orders", Role.LEADERSHIP, line=ref(1))


def test_tabs_queues_and_states_count_their_lines(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Directions unclear"), said(2, "shipped"), said(2, "delivered", hours=2))
    page = opens("orders", Role.STAFF)
    assert options(page, "Lines") == ["Needs action (1)", "In progress (1)", "Delivered (1)", "All (3)"]
    assert options(page, "Reason") == [
        "Rejected (1)",
        "Order sheets to send (0)",
        "Unconfirmed (0)",
        "On hold (0)",
        "Stalled (0)",
        "Unmatched (0)",
        "Cancellation requested (0)",
        "Returned (0)",
    ]
    assert lines(page) == ["01"]
    assert lines(choose(page, "Lines", "In progress")) == ["03"]
    assert lines(choose(page, "Status", "Submitted")) == ["03"]
    assert page.query_params["orders_tab"] == "In progress"
    assert page.query_params["orders_state"] == "submitted"


@pytest.mark.parametrize(
    ("case", "query", "found"),
    [
        ("nothing asked: what needs action", {}, ["01"]),
        ("a tab", {"orders_tab": "All"}, ["01", "02", "03"]),
        ("a queue", {"orders_queue": "rejected"}, ["01"]),
        ("a state", {"orders_tab": "All", "orders_state": "submitted"}, ["02", "03"]),
        ("a pharmacy", {"orders_tab": "All", "orders_pharmacy": "Cedar Compounding"}, ["01", "02", "03"]),
        ("a page past the last", {"orders_tab": "All", "orders_page": "9"}, ["01", "02", "03"]),
        ("nonsense", {"orders_tab": "<b>", "orders_queue": "'; --", "orders_page": "x", "orders_period": "?"}, ["01"]),
    ],
)
def test_a_view_is_shared_by_its_address(
    clinic: Store, opens: Opens, case: str, query: dict[str, str], found: list[str]
) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected"))
    assert lines(opens("orders", Role.STAFF, **query)) == found


@pytest.mark.parametrize(
    ("case", "text", "found"),
    [
        ("part of a name", "ston", ["02"]),
        ("last name, first name", "Khan, Ana", ["03"]),
        ("a reference", ref(1).lower(), ["01"]),
        ("a tracking number", "1Z99", ["02"]),
    ],
)
def test_search_finds_lines_and_stays_out_of_the_address(
    clinic: Store, opens: Opens, case: str, text: str, found: list[str]
) -> None:
    send(clinic)
    tell(clinic, said(2, "shipped", tracking="1Z999"))
    page = opens("orders", Role.STAFF, orders_tab="All")
    assert lines(write(page, "Search", text).run()) == found
    assert text not in str(page.query_params)


def test_a_search_that_finds_nothing_says_so(clinic: Store, opens: Opens) -> None:
    page = write(opens("orders", Role.STAFF, orders_tab="All"), "Search", "nobody").run()
    assert "No line matches these filters." in told(page)


@pytest.mark.parametrize(
    ("case", "events", "allowed"),
    [
        ("queued", None, ["Cancel", EVENT]),
        ("answer lost", "lost", ["Pharmacy has it", "Pharmacy does not have it", EVENT]),
        ("submitted", [], ["Request cancellation", EVENT]),
        ("accepted", ["accepted"], ["Request cancellation", "Refund", EVENT]),
        ("rejected", ["rejected"], ["Fix and resubmit", EVENT]),
        ("shipped", ["shipped"], ["Refund", EVENT]),
        ("returned", ["shipped", "returned"], ["Refund", EVENT]),
        ("cancelled", ["cancelled"], [EVENT]),
        ("an event that did not fit", ["rejected", "shipped"], ["Fix and resubmit", "Resolve unmatched event", EVENT]),
    ],
)
def test_a_line_offers_what_its_state_allows(
    clinic: Store, opens: Opens, case: str, events: list[str] | str | None, allowed: list[str]
) -> None:
    if events == "lost":
        lose(clinic)
    elif events is not None:
        send(clinic)
        tell(clinic, *(said(1, status, hours=at) for at, status in enumerate(events, 1)))
    page = opens("orders", Role.STAFF, line=ref(1))
    assert options(page, FROM_HERE) == allowed
    assert "Rivera, Ana" in told(page)


def test_a_queued_line_is_cancelled_with_a_reason(clinic: Store, opens: Opens) -> None:
    page = choose(opens("orders", Role.STAFF, line=ref(1)), FROM_HERE, "Cancel")
    press(page, "Cancel the line")
    assert "Say why" in told(page)
    assert tracked(clinic).state is S.PLACED
    press(write(page, "Reason", "patient asked"), "Cancel the line")
    assert f"{ref(1)}: canceled before it was sent." in told(page)
    assert tracked(clinic).state is S.CANCELLED


@pytest.mark.parametrize(
    ("answer", "button", "state"),
    [
        ("Cancellation confirmed", "Record as canceled", S.CANCELLED),
        ("Cancellation declined", "Record as declined", S.SUBMITTED),
    ],
)
def test_after_sending_the_pharmacy_is_asked_to_cancel(
    clinic: Store, opens: Opens, answer: str, button: str, state: LineState
) -> None:
    send(clinic)
    page = choose(opens("orders", Role.STAFF, line=ref(1)), FROM_HERE, "Request cancellation")
    press(write(page, "Reason", "patient asked"), "Request cancellation")
    assert tracked(clinic).state is S.SUBMITTED
    assert "Cancellation requested on" in told(page)
    choose(page, FROM_HERE, answer)
    press(write(page, "Reason", "by phone"), button)
    assert tracked(clinic).state is state
    assert "Cancellation requested on" not in told(page)


@pytest.mark.parametrize(
    ("answer", "button", "state"),
    [
        ("Pharmacy has it", "Record as received", S.SUBMITTED),
        ("Pharmacy does not have it", "Record as not received", S.REJECTED),
    ],
)
def test_a_lost_answer_is_settled_by_a_person(
    clinic: Store, opens: Opens, answer: str, button: str, state: LineState
) -> None:
    lose(clinic)
    page = choose(opens("orders", Role.STAFF, line=ref(1), orders_queue="unknown"), FROM_HERE, answer)
    assert "the pharmacy may or may not have it. no answer" in told(page)
    press(write(page, "Reason", "by phone"), button)
    assert tracked(clinic).state is state


def test_a_refund_is_recorded_up_to_what_was_captured(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "delivered"))
    page = choose(opens("orders", Role.STAFF, line=ref(1)), FROM_HERE, "Refund")
    assert page.number_input[0].max == 135.00
    page.number_input[0].set_value(12.34)
    press(write(page, "Reason", "broken vial"), "Record the refund")
    assert tracked(clinic).refunded_cents == 12_34
    assert "$135.00 captured, $12.34 refunded; $122.66 can still be refunded." in told(page)


def test_an_event_is_recorded_by_hand_once(clinic: Store, opens: Opens, clock: Clock) -> None:
    send(clinic)
    clock.forward(hours=2)
    page = opens("orders", Role.STAFF, line=ref(1))
    record(page, S.SHIPPED)
    one = tracked(clinic)
    assert (one.state, one.tracking) == (S.SHIPPED, "1Z5")
    assert f"{ref(1)}: status updated." in told(page)
    entry = one.history[-1]
    assert (entry.status, entry.recorded_by, entry.implied) == (
        "shipped",
        "staff@local.demo",
        ("accepted", "compounding"),
    )
    assert "Implies: accepted and compounding" in told(page)
    record(page, S.SHIPPED)
    assert "already recorded." in told(page)
    assert tracked(clinic) == one


def record(page: AppTest, state: LineState) -> None:
    choose(page, FROM_HERE, EVENT)
    page.selectbox(key=f"orders_record an event_{ref(1)}_status").set_value(state)
    press(write(page, "Tracking number", "1Z5"), "Record the event")


def test_an_event_without_a_state_is_not_recorded(clinic: Store, opens: Opens) -> None:
    send(clinic)
    page = choose(opens("orders", Role.STAFF, line=ref(1)), FROM_HERE, EVENT)
    before = tracked(clinic)
    assert "Choose the status" in told(press(page, "Record the event"))
    assert tracked(clinic) == before


def test_a_refused_line_says_why_whose_it_is_and_what_became_of_the_money(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Shipping address could not be verified."))
    words = told(opens("orders", Role.STAFF, line=ref(1)))
    for part in (
        "Shipping address could not be verified.",
        "Address invalid** · Owner: clinic",
        "Correct the patient's address, then resubmit.",
        "$135.00 authorized, $135.00 of it released.",
        "Attempt 1: $135.00 of $135.00 released. Resubmitting authorizes $135.00.",
        "No findings.",
    ):
        assert part in words


def test_the_patient_is_put_right_and_the_line_resubmitted(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Shipping address could not be verified."))
    page = opens("orders", Role.STAFF, line=ref(1))
    press(write(page, "Address", ""), "Save the patient")
    assert "Address incomplete." in told(page)
    assert [button.disabled for button in page.button if button.label == "Resubmit for \\$135\\.00"] == [True]
    press(write(page, "Address", "2 Oak St"), "Save the patient")
    press(page, "Resubmit for $135.00")
    one = tracked(clinic)
    assert (one.attempt, one.state, one.pharmacy) == (2, S.PLACED, "cedar")
    assert f"{ref(1)}: resubmitted for $135.00." in told(page)
    assert "Attempt 2 · Cedar Compounding" in told(page)


def test_another_pharmacy_that_costs_more_is_confirmed_by_its_amount(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Out of stock"))
    page = opens("orders", Role.STAFF, line=ref(1))
    (to,) = [each for each in page.selectbox if each.label == "Send to"]
    assert [option.split(",")[0] for option in to.options] == ["Cedar Compounding", "Birch Lab: $158.00"]
    to.set_value("birch").run()
    assert "That is more than before; the button confirms it." in told(page)
    press(page, "Resubmit for $158.00")
    assert (tracked(clinic).pharmacy, tracked(clinic).attempt) == ("birch", 2)


def test_a_finding_is_overridden_with_a_reason(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Payment not received"))
    early = a_prescription(last_filled_on=FRIDAY)
    load(clinic, a_folder(patients=(a_patient(),), prescriptions=(early,)))
    page = opens("orders", Role.STAFF, line=ref(1))
    assert "Refill too soon." in told(page)
    assert "cannot fill it: refill too soon." in told(page)
    press(write(page, "Override with a reason", "lost in the mail").run(), "Resubmit for $135.00")
    assert tracked(clinic).attempt == 2
    (entry,) = [entry for entry in audit_trail(clinic, LOCAL, CLINIC) if entry.action == "resubmit"]
    assert entry.after is not None
    assert entry.after["overrides"] == {"REFILL_TOO_SOON": "lost in the mail"}


def test_several_refused_lines_go_again_with_a_result_each(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, *(said(number, "rejected", reason="refused together with line 9") for number in (1, 2)))
    load(clinic, a_folder(patients=(a_patient(patient="P2", address1=""),), prescriptions=()))
    page = opens("orders", Role.STAFF, orders_queue="rejected")
    tick(page, 0, 1)
    press(page, "Resubmit 2 lines")
    assert "1 of 2 lines done" in told(page)
    (said_of,) = [shown.value for shown in page.dataframe if "Result" in shown.value]
    assert list(said_of["Result"]) == ["Done", "Not done"]
    assert "address" in said_of["Details"][1]
    assert [tracked(clinic, number).attempt for number in (1, 2)] == [2, 1]


@pytest.mark.parametrize(
    ("queue", "choice", "button", "came_to"),
    [
        ("unknown", "Pharmacy has them", "Record as received: 2 lines", ["submitted", "submitted"]),
        ("unknown", "Pharmacy does not have them", "Record as not received: 2 lines", ["rejected", "rejected"]),
        ("cancel requests", "Cancellation confirmed", "Record as canceled: 2 lines", ["cancelled", "cancelled"]),
        ("cancel requests", "Cancellation declined", "Record as declined: 2 lines", ["submitted", "submitted"]),
        ("on hold", None, "Request cancellation of 2 lines", ["on_hold", "on_hold"]),
        ("returned", "No refund", "Record no refund for 2 lines", ["returned", "returned"]),
        ("returned", "Full refund", "Refund in full: 2 lines", ["returned", "returned"]),
    ],
)
def test_several_lines_that_wait_for_the_same_are_done_at_once(
    clinic: Store, opens: Opens, queue: str, choice: str | None, button: str, came_to: list[str]
) -> None:
    if queue == "unknown":
        lose(clinic)
    else:
        send(clinic)
    if queue == "on hold":
        tell(clinic, *(said(number, "on_hold") for number in (1, 2)))
    if queue == "returned":
        tell(clinic, *(said(number, "shipped") for number in (1, 2)))
        tell(clinic, *(said(number, "returned", hours=2) for number in (1, 2)))
    if queue == "cancel requests":
        for number in (1, 2):
            cancel(clinic, STAFF, CLINIC, ref(number), "patient asked")
    page = opens("orders", Role.STAFF, orders_queue=queue)
    tick(page, 0, 1)
    if choice:
        choose(page, "Action", choice)
    press(page, button)
    assert "0 of 2 lines done" in told(page)
    tick(page, 0, 1)
    press(write(page.run(), "Reason", "they said so by phone"), button)
    assert "2 of 2 lines done" in told(page)
    assert [tracked(clinic, number).state.value for number in (1, 2)] == came_to
    found = [tracked(clinic, number) for number in (1, 2)]
    if choice == "Full refund":
        assert [line.refunded_cents for line in found] == [line.captured_cents for line in found]
    if queue == "on hold":
        assert "Cancellation requested (2)" in options(opens("orders", Role.STAFF), "Reason")


def tick(page: AppTest, *rows: int) -> None:
    page.session_state[f"orders_table_True_{hash(tuple(page.session_state[RENDERED]))}"] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    page.run()


def test_an_event_of_no_line_is_settled_among_the_misfits(clinic: Store, opens: Opens) -> None:
    tell(clinic, said(9, "shipped"))
    page = opens("orders", Role.STAFF, orders_queue="misfits")
    assert options(page, "Reason")[5] == "Unmatched (1)"
    press(write(page, f"How “shipped” of {ref(9)} was resolved", "another clinic's"), "Resolve")
    assert options(page, "Reason")[5] == "Unmatched (0)"


def test_an_event_that_did_not_fit_is_settled_at_its_line(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "delivered"), said(1, "accepted", attempt=2, hours=3))
    page = opens("orders", Role.STAFF, line=ref(1))
    assert "Why: the line has no attempt 2." in told(page)
    press(write(page, f"How “accepted” of {ref(1)} was resolved", "asked them"), "Resolve")
    assert "unmatched, resolved" in told(page)


def test_the_simulated_pharmacies_go_on_when_told(clinic: Store, opens: Opens) -> None:
    send(clinic)
    page = opens("orders", Role.STAFF, orders_tab="All")
    press(page, "Advance every open line")
    assert "The pharmacies sent 3 updates." in told(page)
    press(page, "Advance one day")
    assert not page.exception


def test_a_line_that_is_not_there_is_said_so(clinic: Store, opens: Opens) -> None:
    page = opens("orders", Role.STAFF, line="RD-1/<script>", orders_tab="All")
    assert "There is no line RD-1/<script>." in told(page)
    press(page, "Close")
    assert "line" not in page.query_params
    assert lines(page) == ["01", "02", "03"]


HOSTILE = "$x$ **b** [l](javascript:1) <img src=x> :red[r] `c` =1+1"


def test_hostile_text_stands_as_it_is(clinic: Store, opens: Opens) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason=HOSTILE, tracking=HOSTILE), said(1, HOSTILE, hours=2))
    cancel(clinic, STAFF, CLINIC, ref(2), HOSTILE)
    load(clinic, a_folder(patients=(a_patient(last_name=HOSTILE),), prescriptions=()))
    for number in (1, 2):
        page = opens("orders", Role.STAFF, line=ref(number))
        assert HOSTILE in told(page)
        shown = [each.value for kind in (page.markdown, page.caption, page.warning) for each in kind]
        assert not [text for text in shown if re.search(r"(?<!\\)<img|(?<!\\)\$x", text)]
    assert isinstance(page.dataframe[0].value, pd.DataFrame)


def test_a_download_holds_every_line_of_the_filter_and_is_audited(
    clinic: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.orders.line_list.ON_A_PAGE", 2)
    files: list[Any] = []
    monkeypatch.setattr("streamlit.download_button", lambda label, data, *_, **__: files.append(data))
    page = opens("orders", Role.STAFF, orders_tab="All", orders_page="2")
    assert lines(page) == ["03"]
    text = files[0]().decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in text] == ["Status", "Placed", "Placed", "Placed"]
    (entry,) = [entry for entry in audit_trail(clinic, LOCAL, CLINIC) if entry.action == "export"]
    assert (entry.subject, entry.after) == ("orders", {"kind": "csv", "rows": 3})


def test_a_sheet_is_marked_as_sent_by_who_handed_it_over(clinic: Store, opens: Opens) -> None:
    connect(clinic, LOCAL, CLINIC, Link("cedar", "sheet"))
    send(clinic)
    page = opens("orders", Role.STAFF)
    assert "Order sheets to send (3)" in options(page, "Reason")
    press(page, "Mark as sent")
    assert "Say how it was handed over" in told(page)
    press(write(page, "How it was sent", "by fax, confirmed"), "Mark as sent")
    assert [one.state for one in views.track(clinic, LOCAL, CLINIC).lines] == [S.SUBMITTED] * 3
    assert "Order sheets to send (0)" in options(opens("orders", Role.STAFF), "Reason")


def test_a_pharmacy_that_nothing_tells_of_a_cancel_request_is_phoned(clinic: Store, opens: Opens) -> None:
    send(clinic)
    page = choose(opens("orders", Role.STAFF, line=ref(1)), "Actions", "Request cancellation")
    assert "Call Cedar" not in told(page)
    connect(clinic, LOCAL, CLINIC, Link("cedar", "sheet"))
    page = choose(opens("orders", Role.STAFF, line=ref(1)), "Actions", "Request cancellation")
    assert "Call Cedar Compounding: it is not notified automatically." in told(page)


def test_an_invoice_is_held_against_what_was_ordered(clinic: Store, opens: Opens) -> None:
    shown = opens("orders", Role.STAFF)
    shown.session_state["orders_invoice"] = True
    shown.run()
    upload = next(each for each in shown.file_uploader if each.label == "Invoice, CSV or XLSX")
    upload.set_value(("invoice.csv", b"Reference,Amount\nRD-19990101-01/01,5.00\n", "text/csv")).run()
    assert not shown.exception
    figures = {metric.label: metric.value.replace("\\", "") for metric in shown.metric}
    assert (figures["Billed"], figures["Expected"], figures["To dispute"]) == ("$5.00", "$0.00", "1")
    disputed = next(frame.value for frame in shown.dataframe if "Difference" in frame.value)
    assert list(disputed["What"]) == ["Not ours to pay"]
