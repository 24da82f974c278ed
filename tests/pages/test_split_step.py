"""Split on the screen: what is asked, what it costs, the curve, a hard search that goes on while people work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.files import Folder
from core.adapters.store import Store
from core.domain.model import Alternative, Objective, PreferenceKind, Refusal, Role, RoutedLine
from core.domain.roles import LOCAL
from core.rules.plan import Plan
from core.rules.split.search import Progress, Watch
from core.rules.split.what_if import Point, SplitSummary
from core.services.cart.additions import add_everyone_due
from core.services.cart.contents import open_cart
from core.services.cart.routing_preferences import add_routing_preference
from pages.refill_day import split_search, what_if
from pages.refill_day.cost_curve import cost_against_days, frontier, label
from pages.refill_day.pharmacy_reasons import because, what_would_help
from pages.refill_day.search_progress import gap_in_words, progress_words
from pages.refill_day.split_search import SplitSearch
from tests.builders import FRIDAY, a_clinic, a_context, a_line, a_pharmacy, an_offer, licences
from tests.pages.conftest import Opens
from tests.pages.refill_days import a_due_clinic, a_full_cart, labels, press
from tests.stores import CLINIC, load


def texts(shown: AppTest) -> str:
    assert not shown.exception
    told = [*shown.markdown, *shown.caption, *shown.warning, *shown.error]
    return "\n".join(element.value for element in told).replace("\\", "")


def split_step(opens: Opens, store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(what_if, "FIRST_SECONDS", 30.0)
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_step"] = "Split"
    return shown.run()


def test_what_is_asked_stands_there_with_its_price_and_can_be_taken_back(
    store: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_full_cart(store)
    add_routing_preference(store, LOCAL, CLINIC, FRIDAY, PreferenceKind.AVOID, pharmacy="cedar", patient="P1")
    shown = split_step(opens, store, monkeypatch)
    assert "Avoid Cedar Compounding for Rivera, Ana" in texts(shown)
    assert "leaves 1 line unfilled" in texts(shown)
    assert "the routing preference has to be removed" not in texts(shown)  # it stands in the table
    shown = press(shown, "Remove")
    assert "No routing preferences" in texts(shown)
    assert open_cart(store, LOCAL, CLINIC, FRIDAY).preferences == ()


def test_something_is_asked_from_the_screen(store: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    a_full_cart(store)
    shown = split_step(opens, store, monkeypatch)
    kind = next(box for box in shown.selectbox if box.label == "Preference")
    kind.set_value(PreferenceKind.STAY).run()
    shown = press(shown, "Add")
    (preference,) = open_cart(store, LOCAL, CLINIC, FRIDAY).preferences
    assert (preference.kind, preference.amount_cents) == (PreferenceKind.STAY, 500)
    assert "Stay with the previous pharmacy for the whole cart unless moving saves more than $5.00 a line" in texts(
        shown
    )


def a_point(objective: Objective, cents: int, days: int, *, price: int = 500, fewest: bool = False) -> Point:
    return Point(objective, price, fewest, SplitSummary(objective, cents, 2, 1, 1, days, FRIDAY, proven=True))


CHEAP, FAST = a_point(Objective.CHEAPEST, 100_00, 10), a_point(Objective.FASTEST, 140_00, 4)
BETWEEN, BEATEN = a_point(Objective.BALANCED, 110_00, 6), a_point(Objective.BALANCED, 145_00, 7, price=100)
FEWEST = a_point(Objective.CHEAPEST, 120_00, 10, fewest=True)


def test_the_curve_joins_what_nothing_beats_and_marks_what_is_shown_now() -> None:
    points = [CHEAP, FAST, BEATEN, BETWEEN, FEWEST]
    assert frontier(points) == [CHEAP, BETWEEN, FAST]
    line, marks = cost_against_days(points, BETWEEN).data
    assert (list(line.x), list(line.y)) == ([5.0, 3.0, 2.0], [100.0, 110.0, 140.0])
    assert list(marks.customdata) == [0, 1, 2, 3, 4]
    assert list(marks.text) == ["Cheapest", "Fastest", "", "", "Fewest shipments"]
    assert [size for size in marks.marker.size if size > 10] == [15]
    assert label(BETWEEN) == "Balanced at $5.00 a day"


@pytest.mark.parametrize(
    ("case", "total", "bound", "words"),
    [
        ("three hundredths of a percent", 100_000_00, 99_970_00, "within 0.03%"),
        ("never said to be nearer than it is", 100_000_00, 99_969_99, "within 0.04%"),
        ("next to nothing", 100_000_00, 99_999_99, "within 0.01%"),
        ("no bound yet", 100_00, None, ""),
        ("a bound that says nothing", 100_00, 0, ""),
    ],
)
def test_the_gap_in_words(case: str, total: int, bound: int | None, words: str) -> None:
    assert gap_in_words(total, bound) == words


def test_a_search_in_words() -> None:
    assert progress_words(None, 0.4) == "Finding the best split"
    told = progress_words(Progress(118_858_23, 118_822_58), 2.4)
    assert told == ("Improving the split shown: $118,858.23 so far, within 0.03% of the best possible, 2 seconds")


class Slow:
    """A search that is told to go on until it is released."""

    def __init__(self, first: Plan, best: Plan) -> None:
        self.first, self.best = first, best
        self.release = threading.Event()

    def __call__(self, watch: Watch) -> Plan:
        while watch(Progress(2, 1)):
            if self.release.wait(0.01):
                return self.best
        return self.first


def test_while_a_hard_search_goes_on_the_first_split_is_shown_and_the_best_so_far_can_be_taken() -> None:
    first: Any = object()
    best: Any = object()
    slow = Slow(first, best)
    search = SplitSearch(slow)
    assert search.plan() is first
    assert (search.finished, search.progress) == (False, Progress(2, 1))
    slow.release.set()
    search._done.wait(5)
    assert search.plan() is best
    taken = SplitSearch(Slow(first, best))
    taken.take()
    assert (taken.finished, taken.stopped, taken.plan()) == (True, True, first)


def test_what_goes_wrong_in_the_search_is_told_by_the_page() -> None:
    def fails(_watch: Watch) -> Plan:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        SplitSearch(fails).plan()


@pytest.mark.parametrize(
    ("case", "others", "words"),
    [
        ("nobody else", [], " No other pharmacy can fill it."),
        ("the best in both", [(5_00, 1), (0, 0)], " No other is cheaper or earlier."),
        ("an earlier one costs more", [(5_00, -1)], " No other is cheaper."),
        ("a cheaper one is later", [(-5_00, 1)], " No other is earlier."),
        ("both, for another price of a day", [(-5_00, 1), (5_00, -1)],
         " Others are cheaper or earlier, but not better for this objective."),
    ],
)  # fmt: skip
def test_why_this_pharmacy(case: str, others: list[tuple[int, int]], words: str) -> None:
    alternatives = tuple(Alternative(f"ph{at}", cents, days) for at, (cents, days) in enumerate(others))
    assert because(RoutedLine(a_line(), "cedar", alternatives=alternatives)) == words


def test_what_would_have_to_change_says_first_what_the_clinic_can_undo() -> None:
    refused = (
        Refusal("alder", ("NO_OFFER",)),
        Refusal("birch", ("OUT_OF_STOCK", "SIG_TOO_LONG")),
        Refusal("cedar", ("EXCLUDED",)),
    )
    assert list(what_would_help(RoutedLine(a_line(), refused=refused), a_context())) == [
        "Cedar Compounding: the routing preference has to be removed.",
        "alder: needs a price for this SKU under this program.",
        "birch: needs more packs in stock and the directions have to be shorter.",
    ]


def test_what_nobody_looks_at_any_more_is_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_search, "LOOKED_AWAY_SECONDS", -1.0)
    asked: list[int] = []

    def found(_watch: Watch) -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield number

    job = split_search.BackgroundAnswers(found, 1000)
    assert job.wait(10) == []
    assert (job.stopped, job.finished, asked) == (True, True, [0])


def test_lines_that_run_out_are_made_fastest_in_one_press(store: Store, opens: Opens) -> None:
    a_due_clinic(store)
    express = a_pharmacy(pharmacy="express", name="Express", processing_days=0)
    slow = a_pharmacy(processing_days=3)
    dearer = an_offer(pharmacy="express", unit_cost_cents=20_000)
    load(
        store,
        Folder(clinic=a_clinic(), pharmacies=(slow, express), pharmacy_licences=licences("express"), offers=(dearer,)),
    )
    add_everyone_due(store, LOCAL, CLINIC, FRIDAY)
    shown = opens("refill_day", Role.STAFF, refill_step="Split")
    assert "Supply ends before delivery: 4 lines" in texts(shown)
    shown = press(shown, "Make 4 of these fastest")
    assert [line.pharmacy for line in open_cart(store, LOCAL, CLINIC, FRIDAY).cart.lines] == ["express"] * 4
    assert "Make" not in " ".join(labels(shown))
