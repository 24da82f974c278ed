"""What the next weeks bring, and that the test of it knows nothing of what came later."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.adapters.files import read_folder
from core.adapters.store import open_store, save_folder
from core.domain.errors import NotAllowed
from core.rules.due_forecast import ForecastWeek, forecast, known_on, lines_due
from core.rules.due_list import DueKind, DueLine, due_list
from core.services.contexts import load_context
from core.services.demo.history import seed_history
from core.services.forecast import Forecast, PastForecast, next_weeks
from pages.fulfillment.overview import forecast_sentence
from tests.stores import Clock
from tests.test_demo_history import DEMO, TODAY
from tests.test_scorecard import LEA, STAFF, cents, filled

DAY = date(2026, 11, 30)


def due(after: int, sku: str = "A", quantity: int = 1) -> DueLine:
    return DueLine("p", sku, "rx", quantity, DAY + timedelta(after), DueKind.REFILL)


def test_lines_fall_into_their_weeks_at_what_a_pack_costs() -> None:
    lines = [due(0), due(6, quantity=2), due(7, "B"), due(27)]
    assert forecast(lines, {"A": Decimal(100)}, Decimal("33.4"), DAY) == (
        ForecastWeek(DAY, 2, 300),
        ForecastWeek(DAY + timedelta(7), 1, 33),
        ForecastWeek(DAY + timedelta(14), 0, 0),
        ForecastWeek(DAY + timedelta(21), 1, 100),
    )


def test_the_demo_s_next_weeks_and_its_past_equal_a_recount(sqlite_url: str) -> None:
    store = open_store(sqlite_url, clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    folder = read_folder(DEMO, TODAY)
    store.write("juniper", lambda work: save_folder(work, folder), new=True)
    seed_history(store, "juniper", TODAY)
    coming = next_weeks(store, LEA, "juniper")
    with store.read("juniper") as work:
        context = load_context(work)
    lines = list(lines_due(context, TODAY))
    assert coming.lines == len(lines) > 50
    assert {line.rx for line in lines} <= {line.rx for line in due_list(context, TODAY, 27)}
    assert all(TODAY <= line.due_on <= TODAY + timedelta(27) for line in lines)
    assert [past.first for past in coming.past] == [TODAY - timedelta(weeks=weeks) for weeks in (4, 8, 12)]
    for past in coming.past:
        rows = filled(store, past.first, past.first + timedelta(27))
        assert (past.placed_lines, past.placed_cents) == (len(rows), sum(map(cents, rows)))
        assert past.lines > 0
    assert coming.error is not None
    assert coming.error < 1
    then = known_on(context, TODAY - timedelta(28))
    assert max(line.placed_on for line in then.our_lines) <= TODAY - timedelta(28)
    assert len(then.our_lines) < len(context.our_lines)
    for row in then.prescriptions.values():
        for day in (row.written_on, row.last_filled_on, row.stopped_on):
            assert day is None or day <= TODAY - timedelta(28)
    with pytest.raises(NotAllowed):
        next_weeks(store, STAFF, "juniper")
    store.close()


def test_the_error_is_of_dollars_and_over_all_that_was_tested() -> None:
    weeks = (ForecastWeek(DAY, 2, 1234_56),)
    over, under = PastForecast(DAY, 3, 120_00, 2, 100_00), PastForecast(DAY, 1, 80_00, 2, 100_00)
    assert Forecast(weeks, (over, under)).error == Decimal("0.2")
    assert forecast_sentence(Forecast(weeks, (over, under))) == (
        "2 lines are due in the next four weeks, about $1,200.00; the last 2 such forecasts were off by 20%"
    )
    assert forecast_sentence(Forecast(weeks, ())) == "2 lines are due in the next four weeks, about $1,200.00"
    assert Forecast(weeks, ()).error is None
