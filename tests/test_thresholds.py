"""Thresholds and ladders changed on Setup: what counts from when, who may, what is refused, and what the trail says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from core.adapters.files import csv_bytes
from core.adapters.store import Store
from core.domain.errors import NotAllowed, Refused, Stale
from core.domain.model import Role, Setting
from core.domain.roles import LOCAL, Person
from core.domain.settings import SETTINGS
from core.services.clinic_import import load as load_files
from core.services.contexts import load_context
from core.services.orders.views import stalled_before
from core.services.rule_history import changes
from core.services.thresholds import ThresholdInput, set_ladder, set_threshold, take_back
from tests.builders import FRIDAY, a_context, a_pharmacy, a_sku
from tests.soak import EXAMPLES
from tests.stores import CLINIC, Clock, a_folder, load, statements

MANAGER = Person("lee@example.com", "Lee", Role.MANAGER)
STAFF = Person("kim@example.com", "Kim", Role.STAFF)
SATURDAY = date(2026, 12, 5)
TODAY = ThresholdInput("refill_threshold", "clinic", "0.8", FRIDAY)


def rows(store: Store) -> list[tuple[str, str, str, date]]:
    with store.read(CLINIC) as work:
        return sorted((row.name, row.scope, row.value, row.valid_from) for row in load_context(work).settings)


def ladder(store: Store, active: str) -> tuple[Decimal, ...]:
    with store.read(CLINIC) as work:
        return load_context(work).ladder(active)


def test_a_threshold_counts_from_its_day_on(store: Store) -> None:
    load(store)
    set_threshold(store, MANAGER, CLINIC, TODAY._replace(valid_from=SATURDAY, scope="pharmacy:cedar"))
    with store.read(CLINIC) as work:
        context = load_context(work)
    assert context.number("refill_threshold", FRIDAY, pharmacy="cedar") == Decimal("0.75")
    assert context.number("refill_threshold", SATURDAY, pharmacy="cedar") == Decimal("0.8")
    assert context.number("refill_threshold", SATURDAY, pharmacy="oak") == Decimal("0.75")


@pytest.mark.parametrize(
    ("case", "typed", "sentence"),
    [
        ("no such setting", {"name": "refill_treshold"}, "There is no setting “refill_treshold”; the settings are"),
        ("no value", {"value": " "}, "Write the value of refill_threshold; its default is 0.75."),
        ("no day", {"valid_from": None}, "Say from which day on it counts."),
        ("yesterday", {"valid_from": date(2026, 12, 3)},
         "Earlier days were decided with what was in force then: choose today or a later day."),
        ("words", {"value": "three quarters"},
         "value “three quarters” is not a number; write digits and a decimal point only, such as 2.5."),
        ("a percentage", {"value": "80"}, "value “80” is not a rate between 0 and 1; for 80 % write 0.8."),
        ("less than nothing", {"value": "-0.1"}, "value “-0.1” cannot be negative."),
        ("a control character", {"value": "0.8\x00"}, "value holds a NUL character."),
        ("a number too long", {"value": "9" * 40}, "value “9999999999999999999999999999999999999999” is not a number"),
        ("half a day", {"name": "due_window_days", "value": "7.5"},
         "value “7.5” is not a whole number from 0."),
        ("more refills than the law", {"name": "scheduled_refills_max", "value": "6"},
         "value “6” is more than 5, the most that 21 CFR 1306.22 allows."),
        ("longer than the law", {"name": "scheduled_months", "value": "12"},
         "value “12” is more than 6, the most that 21 CFR 1306.22 allows."),
        ("a day that is none", {"name": "telemedicine_flexibility_ends", "value": "2026-02-30"},
         "value “2026-02-30” is not a day in the calendar; write a date as 2026-12-04."),
        ("no scope", {"scope": ""}, "Say what it is for: the clinic, a pharmacy, a state, an active or a SKU."),
        ("a scope of another kind", {"scope": "region:X"},
         "scope “region:X” is not a scope; write clinic, pharmacy:CODE, state:TX, active:NAME or sku:CODE."),
        ("a state that is none", {"scope": "state:ZZ"},
         "scope “state:ZZ” is not a state; write two letters, such as TX."),
        ("a pharmacy that is none", {"scope": "pharmacy:oak"},
         "“oak” is not among the clinic's pharmacies: load it first, or choose another."),
        ("a scope that nobody asks for", {"scope": "pharmacy:cedar", "name": "rx_valid_months", "value": "12"},
         "rx_valid_months is not looked up by pharmacy: its rows are for a clinic or a state."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_changes(
    case: str, typed: dict[str, Any], sentence: str, store: Store
) -> None:
    load(store)
    with pytest.raises(Refused) as refused:
        set_threshold(store, MANAGER, CLINIC, TODAY._replace(**typed))
    assert str(refused.value).startswith(sentence)
    assert (rows(store), changes(store, MANAGER, CLINIC)) == ([], [])


def test_the_same_value_again_is_refused(store: Store) -> None:
    load(store)
    set_threshold(store, MANAGER, CLINIC, TODAY)
    with pytest.raises(Refused, match="from that day already: nothing was changed"):
        set_threshold(store, MANAGER, CLINIC, TODAY._replace(value="0.80", shown="0.8"))
    assert len(changes(store, MANAGER, CLINIC)) == 1


def test_who_comes_second_is_told_what_the_first_wrote(store: Store) -> None:
    load(store)
    set_threshold(store, LOCAL, CLINIC, TODAY)
    with pytest.raises(Stale) as stale:
        set_threshold(store, MANAGER, CLINIC, TODAY._replace(value="0.9"))
    assert (str(stale.value), stale.value.now) == (
        "Somebody has changed that row meanwhile: it says 0.8 now. Look at it again, then save.", {"value": "0.8"}
    )  # fmt: skip
    set_threshold(store, MANAGER, CLINIC, TODAY._replace(value="0.9", shown="0.8"))
    assert rows(store) == [("refill_threshold", "clinic", "0.9", FRIDAY)]


def test_a_row_is_taken_back_until_its_day_has_passed(store: Store, clock: Clock) -> None:
    load(store)
    row = set_threshold(store, MANAGER, CLINIC, TODAY._replace(valid_from=SATURDAY))
    take_back(store, MANAGER, CLINIC, row)
    assert rows(store) == []
    with pytest.raises(Stale, match="it is gone now"):
        take_back(store, MANAGER, CLINIC, row)
    row = set_threshold(store, MANAGER, CLINIC, TODAY)
    clock.forward(days=1)
    with pytest.raises(Refused, match="What was in force on earlier days stays"):
        take_back(store, MANAGER, CLINIC, row)
    assert rows(store) == [("refill_threshold", "clinic", "0.8", FRIDAY)]


def test_the_history_says_who_changed_what_when(store: Store, clock: Clock) -> None:
    load(store)
    row = set_threshold(store, LOCAL, CLINIC, TODAY)
    clock.forward(hours=1)
    set_threshold(store, MANAGER, CLINIC, TODAY._replace(value="0.9", shown="0.8"))
    clock.forward(hours=1)
    take_back(store, MANAGER, CLINIC, Setting(**row.model_dump() | {"value": "0.9"}))
    set_ladder(store, MANAGER, CLINIC, "semaglutide", "0.25, 0.5")
    said = [change[1:] for change in changes(store, MANAGER, CLINIC, ["semaglutide"])]
    assert said == [
        ("lee@example.com", "semaglutide", "", "", "0.25, 0.5, 1, 1.7, 2.4", "0.25, 0.5"),
        ("lee@example.com", "refill_threshold", "clinic", "2026-12-04", "0.9", None),
        ("lee@example.com", "refill_threshold", "clinic", "2026-12-04", "0.8", "0.9"),
        ("local console", "refill_threshold", "clinic", "2026-12-04", None, "0.8"),
    ]
    assert [change.at.hour for change in changes(store, MANAGER, CLINIC)] == [17, 16, 15]


def test_rows_of_a_file_are_in_the_history_too(store: Store) -> None:
    load(store)
    settings = csv_bytes(
        ["scope", "name", "value", "valid_from"], [["state:TX", "licence_expiring_days", "60", "2026-01-01"]]
    )
    ladders = csv_bytes(["active", "step", "weekly_mg"], [["semaglutide", "5", "2.0"], ["semaglutide", "6", "2.4"]])
    load_files(store, MANAGER, {"settings.csv": settings, "ladders.csv": ladders}, CLINIC)
    said = [change[1:] for change in changes(store, MANAGER, CLINIC, ["semaglutide"])]
    assert said == [
        ("lee@example.com", "semaglutide", "", "", "step 5: 2.4", "step 6: 2.4, step 5: 2"),
        ("lee@example.com", "licence_expiring_days", "state:TX", "2026-01-01", None, "60"),
    ]


@pytest.mark.parametrize(
    ("case", "active", "typed", "after"),
    [
        ("a step more", "semaglutide", "0.25, 0.5, 1, 1.7, 2.4, 7.2", ("0.25", "0.5", "1", "1.7", "2.4", "7.2")),
        ("units and semicolons", "semaglutide", "0.25 mg; 0.5mg", ("0.25", "0.5")),
        ("taken away", "semaglutide", "  ", ()),
    ],
)
def test_a_ladder_is_written_whole(case: str, active: str, typed: str, after: tuple[str, ...], store: Store) -> None:
    load(store)
    set_ladder(store, MANAGER, CLINIC, active, typed)
    assert ladder(store, active) == tuple(map(Decimal, after))


@pytest.mark.parametrize(
    ("case", "active", "typed", "sentence"),
    [
        ("an active that no SKU has", "tirzepatide", "2.5", "No SKU has “tirzepatide” as its first active"),
        ("no active", "", "2.5", "No SKU has “” as its first active"),
        ("words", "semaglutide", "a little", "“a little” is not a dose: write weekly mg from the first step on"),
        ("a dose of nothing", "semaglutide", "0, 1", "“0” is not a dose"),
        ("less than nothing", "semaglutide", "-1", "“-1” is not a dose"),
        ("a dose like a novel", "semaglutide", "9" * 10_000, f"“{'9' * 40}” is not a dose"),
        ("down a step", "semaglutide", "0.5, 0.25", "A ladder goes up: 0.25 mg does not follow 0.5 mg."),
        ("a step twice", "semaglutide", "0.5, 0.50", "A ladder goes up: 0.50 mg does not follow 0.5 mg."),
        ("21 steps", "semaglutide", ",".join(map(str, range(1, 22))), "That is 21 steps; a ladder has at most 20."),
        ("the same again", "semaglutide", "0.25,0.5,1,1.7,2.4", "The ladder of semaglutide says that already"),
    ],
)
def test_what_is_no_ladder_is_refused(case: str, active: str, typed: str, sentence: str, store: Store) -> None:
    load(store)
    before = ladder(store, "semaglutide")
    with pytest.raises(Refused) as refused:
        set_ladder(store, MANAGER, CLINIC, active, typed)
    assert str(refused.value).startswith(sentence)
    assert (ladder(store, "semaglutide"), changes(store, MANAGER, CLINIC, ["semaglutide"])) == (before, [])


def test_a_ladder_that_somebody_else_changed_is_not_written_over(store: Store) -> None:
    load(store)
    seen = ladder(store, "semaglutide")
    set_ladder(store, LOCAL, CLINIC, "semaglutide", "0.25, 0.5")
    with pytest.raises(Stale, match="Somebody has changed this ladder meanwhile"):
        set_ladder(store, MANAGER, CLINIC, "semaglutide", "0.25", seen)


def test_staff_changes_and_reads_no_rule(store: Store) -> None:
    load(store)
    row = Setting(scope="clinic", name="due_window_days", value="7", valid_from=FRIDAY)
    for press in (
        lambda: set_threshold(store, STAFF, CLINIC, TODAY),
        lambda: take_back(store, STAFF, CLINIC, row),
        lambda: set_ladder(store, STAFF, CLINIC, "semaglutide", ""),
        lambda: changes(store, STAFF, CLINIC),
    ):
        with pytest.raises(NotAllowed, match="The role staff may not change the clinic's data"):
            press()


def test_the_history_is_one_query_whatever_its_length(store: Store) -> None:
    load(store, a_folder())
    for number in range(5):
        seen = None if number == 0 else str(number - 1)
        set_threshold(store, MANAGER, CLINIC, ThresholdInput("due_window_days", "clinic", str(number), FRIDAY, seen))
    with statements(store) as ran:
        assert len(changes(store, MANAGER, CLINIC)) == 5
    assert len([one for one in ran if one.startswith("SELECT")]) == 1


@pytest.mark.parametrize(
    ("case", "column", "rows", "expected"),
    [
        ("nothing said: the default", None, (), "0.75"),
        ("the pharmacy's column", "0.9", (), "0.9"),
        ("the clinic's row is wider than the column", "0.9", (("clinic", "0.5"),), "0.9"),
        ("so is the state's", "0.9", (("state:TX", "0.5"),), "0.9"),
        ("the pharmacy's dated row is narrower", "0.9", (("pharmacy:cedar", "0.6"), ("clinic", "0.5")), "0.6"),
        ("another pharmacy's row is not its own", "0.9", (("pharmacy:oak", "0.6"),), "0.9"),
        ("a row that begins later does not count yet", "0.9", (("pharmacy:cedar", "0.6", SATURDAY),), "0.9"),
    ],
)
def test_a_pharmacy_s_own_row_its_column_and_the_wider_rows(
    case: str, column: str | None, rows: tuple[tuple[Any, ...], ...], expected: str
) -> None:
    settings = tuple(
        Setting(scope=row[0], name="refill_threshold", value=row[1], valid_from=row[2] if len(row) > 2 else FRIDAY)
        for row in rows
    )
    own = Decimal(column) if column else None
    context = replace(
        a_context(skus={"SEMA": a_sku()}, settings=settings), pharmacies={"cedar": a_pharmacy(refill_threshold=own)}
    )
    assert context.pharmacy_number("refill_threshold", FRIDAY, "cedar", own, "TX") == Decimal(expected)


def test_the_days_after_which_a_line_stalls_are_a_threshold(store: Store) -> None:
    load(store)

    def before() -> date:
        with store.read(CLINIC) as work:
            return stalled_before(work)

    assert before() == date(2026, 12, 2)
    set_threshold(store, MANAGER, CLINIC, ThresholdInput("stalled_days", "clinic", "5", FRIDAY))
    assert before() == date(2026, 11, 29)


def test_a_ladder_s_active_is_the_same_in_any_capitals(store: Store) -> None:
    load(store, a_folder(skus=(a_sku(actives=("Semaglutide",)),)))
    set_ladder(store, MANAGER, CLINIC, "SEMAGLUTIDE", "0.25, 0.5")
    with store.read(CLINIC) as work:
        steps = load_context(work).ladder_steps
    assert [(step.active, step.weekly_mg) for step in steps] == [
        ("semaglutide", Decimal("0.25")),
        ("semaglutide", Decimal("0.5")),
    ]


ODD = ("", " ", "0", "-1", "0.8", "1e9", "Infinity", "nan", "٣", "0x10", "80 %", "½", "\x00", "\ud800", "=1+1", "yes",
       "2026-12-31", "D+3", "9" * 5_000, "clinic", "pharmacy:", "pharmacy:cedar", "state:TX", "state:", ":", "'; --",
       "semaglutide", "0.25, 0.5", ",,;", "1,1", "0.25 mg; 0.5 mg", "\u202e0.8", "١٫٥")  # fmt: skip


def test_whatever_is_typed_is_refused_in_a_sentence_or_can_be_read_again(store: Store) -> None:
    """No traceback, and nothing kept that a check could not read."""
    load(store)
    dice = Random(4)
    days = (None, FRIDAY, SATURDAY, date.min, date.max)
    for _ in range(2 * EXAMPLES):
        name = dice.choice([*SETTINGS, *ODD])
        typed = ThresholdInput(name, dice.choice(ODD), dice.choice(ODD), dice.choice(days), dice.choice([None, *ODD]))
        with suppress(Refused):
            kept = set_threshold(store, MANAGER, CLINIC, typed)
            SETTINGS[kept.name].read(kept.value)
        with suppress(Refused):
            set_ladder(store, MANAGER, CLINIC, dice.choice(ODD), dice.choice(ODD))
    with store.read(CLINIC) as work:
        context = load_context(work)
    for name in SETTINGS:
        context.setting(name, SATURDAY, pharmacy="cedar", state="TX")


def test_licences_and_calendars_of_a_file_are_in_the_history(store: Store) -> None:
    load(store)
    with store.read(CLINIC) as work:
        npi = next(iter(load_context(work).prescribers))
    files = {
        "pharmacy_licences.csv": csv_bytes(
            ["pharmacy", "state", "kind", "expires_on"],
            [["cedar", "TX", "sterile", "2027-06-30"], ["cedar", "OK", "sterile", "2027-06-30"]],
        ),
        "prescriber_licences.csv": csv_bytes(
            ["npi", "state", "number", "expires_on", "dea_number"], [[npi, "TX", "T1", "2028-01-31", "FJ1234571"]]
        ),
        "closures.csv": csv_bytes(["pharmacy", "date"], [["cedar", "2026-12-25"]]),
    }
    load_files(store, MANAGER, files, CLINIC)
    load_files(store, MANAGER, files, CLINIC)
    found = {(change.subject, change.before, change.after) for change in changes(store, MANAGER, CLINIC)}
    assert found == {
        ("pharmacy_licences.csv", None, "1 added: cedar OK sterile"),
        ("pharmacy_licences.csv", "cedar TX sterile: expires_on empty", "expires_on 2027-06-30"),
        ("prescriber_licences.csv", f"{npi} TX: dea_number not said", "dea_number not said"),
        ("closures.csv", None, "1 added: cedar 2026-12-25"),
    }
    assert {change.email for change in changes(store, MANAGER, CLINIC)} == {"lee@example.com"}
    assert len(changes(store, MANAGER, CLINIC)) == 4
