"""Fulfilment: what the demo clinic's measures say, and nothing of a patient."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store, open_store
from core.adapters.store.order_views import Queue
from core.domain.model import Role
from core.domain.money import shown as dollars
from core.domain.roles import LOCAL
from core.services.clinic_import import load
from core.services.contexts import load_context
from core.services.demo.history import seed_history
from core.services.measures import Measures, delivery_calibration, measures
from core.services.scorecard import attention
from pages.shared.startup import DEMO
from tests.pages.conftest import Opens
from tests.stores import NOW, Clock
from tests.stores import load as load_small

TODAY = date(2026, 12, 4)
CLINIC = "juniper"


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo clinic with its nine months of orders, made once."""
    file = tmp_path_factory.mktemp("demo") / "refill.db"
    store = open_store(f"sqlite:///{file}", clock=Clock(NOW))
    load(store, LOCAL, DEMO, on=TODAY)
    seed_history(store, CLINIC, TODAY)
    store.close()
    return file


@pytest.fixture
def demo(demo_template: Path, store: Store) -> Store:
    """The store of the pages with the demo clinic in it."""
    shutil.copy(demo_template, Path(store.engine.url.database or ""))
    return store


def of_weeks(store: Store, weeks: int, before: int = 0) -> Measures:
    """Whole weeks, Monday to Sunday: the last one ended on Sunday, November 29."""
    first = date(2026, 11, 30) - timedelta(weeks=weeks * (1 + before))
    return measures(store, LOCAL, CLINIC, first, first + timedelta(weeks=weeks, days=-1))


def figures(shown: AppTest) -> dict[str, str]:
    assert not shown.exception
    return {metric.label: metric.value.replace("\\", "") for metric in shown.metric}


@pytest.mark.parametrize("weeks", [4, 13, 26])
def test_the_wall_shows_the_measures_of_the_period_in_the_url(weeks: int, demo: Store, opens: Opens) -> None:
    expected = of_weeks(demo, weeks)
    shown = figures(opens("fulfilment", Role.LEADERSHIP, fulfilment_period=f"{weeks} weeks"))
    assert shown["First-pass acceptance"] == f"{expected.total.first_pass.rate:.1%}"
    assert shown["On time"] == f"{expected.total.on_time.rate:.1%}"
    assert shown["Lines rejected"] == str(expected.total.rejected)
    assert shown["Stalled now"] == str(sum(expected.stalled.values()))
    assert shown["Spend"] == dollars(expected.total.spend_cents)


def test_changes_are_against_as_many_weeks_before(demo: Store, opens: Opens) -> None:
    now, before = of_weeks(demo, 4).total, of_weeks(demo, 4, before=1).total
    shown = opens("fulfilment", Role.LEADERSHIP, fulfilment_period="4 weeks")
    refused = next(metric for metric in shown.metric if metric.label == "Lines rejected")
    assert refused.delta.lstrip("+") == f"{now.rejected - before.rejected}"


def test_months_and_quarters_are_whole_ones(demo: Store, opens: Opens) -> None:
    for chosen, first, last in (
        ("Last month", date(2026, 11, 1), date(2026, 11, 30)),
        ("Last quarter", date(2026, 7, 1), date(2026, 9, 30)),
    ):
        shown = figures(opens("fulfilment", Role.LEADERSHIP, fulfilment_period=chosen))
        total = measures(demo, LOCAL, CLINIC, first, last).total
        assert (shown["Spend"], shown["Lines rejected"]) == (dollars(total.spend_cents), str(total.rejected))


def test_nothing_is_compared_with_a_period_without_orders(demo: Store, opens: Opens) -> None:
    shown = opens("fulfilment", Role.LEADERSHIP, fulfilment_period="12 months")
    assert not shown.exception
    assert [metric.delta for metric in shown.metric] == [""] * len(shown.metric)


def test_every_chart_has_a_sentence_that_is_computed(demo: Store, opens: Opens) -> None:
    total = of_weeks(demo, 13).total
    accepted, on_time = total.first_pass, total.on_time
    for tab, sentence in (
        ("Rejections", f"{accepted.rate:.1%} of {accepted.total} lines were accepted at the first attempt"),
        ("Spend", f"{dollars(total.spend_cents)} was paid; program fees are {total.fee_share.rate:.1%} of it"),
        ("Speed", f"{on_time.rate:.1%} of {on_time.total} lines arrived by the promised day"),
    ):
        shown = opens("fulfilment", Role.LEADERSHIP, fulfilment_tab=tab)
        assert not shown.exception
        assert sentence in " ".join(text.value.replace("\\", "") for text in shown.markdown)


def test_the_calibration_of_expected_delivery_is_shown(demo: Store, opens: Opens) -> None:
    first, last = date(2026, 8, 31), date(2026, 11, 29)
    known = delivery_calibration(demo, LOCAL, CLINIC, first, last)
    delivered = of_weeks(demo, 13).total.delivered
    assert delivered * 0.9 < known.lines <= delivered
    captions = " ".join(text.value for text in opens("fulfilment", Role.LEADERSHIP, fulfilment_tab="Speed").caption)
    assert f"Of {known.lines} lines delivered in this period, {known.inside / known.lines:.1%} came within" in captions


def test_the_page_opens_with_what_changed(demo: Store, opens: Opens) -> None:
    now, before = of_weeks(demo, 13).total, of_weeks(demo, 13, before=1).total
    sentences = " ".join(text.value.replace("\\", "") for text in opens("fulfilment", Role.LEADERSHIP).markdown)
    assert f"from {before.on_time.rate:.1%} to {now.on_time.rate:.1%} of {now.on_time.total} lines" in sentences
    assert f"{dollars(now.spend_cents)} was spent" in sentences


def test_the_scorecard_adds_up(demo: Store, opens: Opens) -> None:
    expected = of_weeks(demo, 13)
    card = next(shown.value for shown in opens("fulfilment", Role.LEADERSHIP).dataframe if "Cost a line" in shown.value)
    assert int(card["Lines"].sum()) == expected.total.placed
    assert int(card["Rejected"].sum()) == expected.total.rejected
    assert int(card["Late now"].sum()) == sum(expected.stalled.values())
    assert sum(card["Spend"]) * 100 == expected.total.spend_cents


@pytest.mark.parametrize(("role", "links"), [(Role.LEADERSHIP, False), (Role.MANAGER, True)])
def test_what_waits_opens_its_list_for_those_who_may_see_it(role: Role, links: bool, demo: Store, opens: Opens) -> None:
    rejected = attention(demo, LOCAL, CLINIC).queues[Queue.REJECTED]
    shown = opens("fulfilment", role)
    captions = [text.value for text in shown.caption]
    assert rejected > 0
    assert (f"{rejected} rejected and not fixed" in captions) is not links
    assert any(f"{rejected} rejected and not fixed" in repr(link.proto) for link in shown.get("page_link")) is links


def test_nobody_s_name_is_on_the_page(demo: Store, opens: Opens) -> None:
    with demo.read(CLINIC) as work:
        patients = load_context(work).patients.values()
    shown = opens("fulfilment", Role.LEADERSHIP)
    said = repr(shown) + " ".join(table.value.to_csv() for table in shown.dataframe)
    assert [person.patient for person in patients if f"{person.first_name} {person.last_name}" in said] == []
    assert [person.patient for person in patients if person.name in said or person.patient in said] == []


def test_a_clinic_without_orders_is_told_where_they_come_from(store: Store, opens: Opens) -> None:
    load_small(store)
    shown = opens("fulfilment", Role.LEADERSHIP)
    assert "**No orders in this period\\.**" in [text.value for text in shown.markdown]
    assert not shown.metric
