"""A process dies while it places 40 lines: all of the checkout is there or none of it, and a retry makes it one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from core.adapters.store import Store
from core.domain.model import Days, Objective
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.services.cart.additions import upload
from core.services.cart.contents import open_cart
from core.services.checkout import Confirmation, place
from tests.crash.acts import place_until, run_command
from tests.crash.killing import (
    BENCH,
    DAY,
    LINES,
    a_clinic,
    assert_books_hold,
    dies,
    holdings,
    killed_after,
    moments,
    points,
    seconds_of,
)
from tests.soak import KILLS
from tests.stores import statements


@pytest.fixture
def cart_file(tmp_path: Path) -> Path:
    """The 40 lines as a file."""
    file = tmp_path / "cart.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("patient", "sku", "rx"), *((row.patient, row.sku, row.rx) for row in BENCH.rows)])
    return file


def test_a_command_killed_at_any_moment(
    store: Store, store_url: str, cart_file: Path, record_property: Callable[[str, object], None]
) -> None:
    def placing(clinic: str) -> list[str]:
        return ["place", str(cart_file), "--key", "K1", "--on", f"{DAY}", "--clinic", clinic, "--db", store_url]

    nothing = holdings(store, a_clinic(store, "calm"))
    seconds = seconds_of(run_command, placing("calm"))
    everything = holdings(store, "calm")
    assert everything.rows["order_line"] == LINES
    assert everything.checked_out_cents == everything.landed_cents == everything.authorised_cents
    found = []
    for number, moment in enumerate(moments(KILLS, seconds, "place")):
        clinic = a_clinic(store, f"killed-{number}")
        killed_after(moment, run_command, placing(clinic))
        found.append(holdings(store, clinic))
        assert found[-1] in (nothing, everything)
        run_command(placing(clinic))
        assert holdings(store, clinic).rows == everything.rows
        assert_books_hold(store, clinic)
    record_property("seconds", round(seconds, 3))
    record_property("nothing", found.count(nothing))
    record_property("everything", found.count(everything))


def test_the_shared_cart_placed_by_a_process_that_dies_at_any_statement(
    store: Store, store_url: str, record_property: Callable[[str, object], None]
) -> None:
    confirmed = a_confirmed_cart(store, "calm")
    with statements(store) as ran:
        place(store, LOCAL, "calm", confirmed)
    everything = holdings(store, "calm")
    assert (everything.rows["cart_line"], everything.rows["order_line"]) == (0, LINES)
    answered = len(ran) + 3  # the search and the placing end with a commit each, then comes the answer
    record_property("statements", answered)
    for point in points(KILLS - 2, answered):
        clinic = f"killed-{point}"
        confirmed = a_confirmed_cart(store, clinic)
        nothing = holdings(store, clinic)
        dies(place_until, store_url, clinic, confirmed, point)
        assert holdings(store, clinic) == (everything if point == answered else nothing), point
        place(store, LOCAL, clinic, confirmed)
        assert holdings(store, clinic).rows == everything.rows
        assert_books_hold(store, clinic)


def a_confirmed_cart(store: Store, clinic: str) -> Confirmation:
    """The clinic's stored cart with the 40 lines, as a person saw it."""
    upload(store, LOCAL, a_clinic(store, clinic), DAY, BENCH.rows, replace=False)
    opened, days = open_cart(store, LOCAL, clinic, DAY), Days(DAY, DAY)
    decision = plan(opened.cart, opened.context, opened.context.programs[0], Objective.CHEAPEST, days)
    total = decision.quote.total_cents
    return Confirmation(None, "FREE", Objective.CHEAPEST, days, expected_cents=total, hash=decision.hash)
