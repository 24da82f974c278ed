"""How fast a pharmacy is spoken to: rate limit, breaker, and the tries by which it comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.partners.link import Health, Link
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected
from core.domain.partners.rate_limit import TRIPS_AFTER, after, breaker, cooldown
from core.services.partners.submissions import room_at
from tests.order_books import NOW

GOOD, BAD, GONE = Acknowledged(), Lost("500"), NotSent("refused")
WELL = Health("cedar")
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("case", "link", "health", "sent", "may"),
    [
        ("nothing is known", Link("cedar"), WELL, 0, 10),
        ("a sheet is handed over by a person", Link("cedar", "sheet"), WELL, 0, 0),
        ("room for three this minute", Link("cedar", per_minute=5), WELL, 2, 3),
        ("none this minute", Link("cedar", per_minute=5), WELL, 5, 0),
        ("more than allowed, by hand", Link("cedar", per_minute=5), WELL, 9, 0),
        ("it rests", Link("cedar"), Health("cedar", TRIPS_AFTER, LATER), 0, 0),
        ("its rest is over: one tries", Link("cedar"), Health("cedar", TRIPS_AFTER, NOW), 0, 1),
        ("one that tries may be one too many", Link("cedar", per_minute=5), Health("cedar", TRIPS_AFTER, NOW), 5, 0),
    ],
)
def test_how_much_may_be_claimed(case: str, link: Link, health: Health, sent: int, may: int) -> None:
    assert room_at(link, health, sent, 10, NOW) == may


@pytest.mark.parametrize(
    ("case", "answers", "failures", "state"),
    [
        ("all is well", [GOOD, Rejected(())], 0, "closed"),
        ("two failures", [BAD, GONE], 2, "closed"),
        ("three in a row", [BAD, GONE, BAD], 3, "open"),
        ("an answer between", [BAD, BAD, Rejected(()), BAD], 1, "closed"),
        ("what was not tried tells nothing", [BAD, BAD, NotSent("x", tried=False)], 2, "closed"),
        ("it asks for patience", [NotSent("429", timedelta(seconds=30))], 0, "open"),
        ("it is back", [BAD, BAD, BAD, GOOD], 0, "closed"),
    ],
)
def test_three_failures_in_a_row_trip_the_breaker(case: str, answers: list[Answer], failures: int, state: str) -> None:
    health = WELL
    for answer in answers:
        health = after(health, answer, NOW)
    assert (health.failures, breaker(health, NOW)) == (failures, state)


def test_a_rest_doubles_to_half_an_hour_and_then_one_tries() -> None:
    rests = [
        cooldown(Health("cedar", failures)) / timedelta(minutes=1) for failures in range(TRIPS_AFTER, TRIPS_AFTER + 8)
    ]
    for minutes, plain in zip(rests, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert plain <= minutes <= plain * 1.5
    tripped = after(Health("cedar", TRIPS_AFTER - 1), BAD, NOW)
    assert tripped.rests_until is not None
    assert breaker(tripped, tripped.rests_until) == "half-open"


def test_pharmacies_that_failed_together_do_not_come_back_together() -> None:
    assert len({cooldown(Health(code, TRIPS_AFTER)) for code in ("cedar", "birch", "alder", "maple")}) == 4


def test_a_pharmacys_patience_is_not_endless() -> None:
    health = after(WELL, NotSent("429", timedelta(days=3)), NOW)
    assert health.rests_until == NOW + timedelta(minutes=30)
