"""Hundreds of weeks that differ in everything but the product: what must hold, holds after each of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import false, update

from core.adapters.store import Work
from core.adapters.store.tables import SUBMISSION
from core.domain.model import SubmissionState
from core.domain.payments.operations import Operation
from tests.simulation.running import Ran, Weeks, weeks
from tests.simulation.week import PAYS_BY_CARD
from tests.soak import KILLS, WEEKS

BATCHES = 20
"""So that the processes of a test run share the weeks."""


def story(opened: Weeks, seed: int) -> str:
    """How to see a week again, and what happened in it up to the act that broke something."""
    ran = opened.run(seed, careful=True)
    command = f"python -m tests.simulation.running {seed}"
    return "\n".join([f"replay with: {command}", *ran.trace, *ran.problems])


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_week_ends_with_everything_accounted_for(batch: int) -> None:
    with weeks() as opened:
        for seed in range(batch, WEEKS, BATCHES):
            if opened.run(seed).problems:
                pytest.fail(story(opened, seed))


@pytest.mark.parametrize("seed", [3, 11])
def test_a_seed_is_the_same_week_in_another_process(seed: int) -> None:
    with weeks() as opened:
        opened.run(seed + 1)
        here = opened.run(seed)
        assert opened.run(seed) == here
        assert opened.run(seed + 1) != here
    command = [sys.executable, "-m", "tests.simulation.running", str(seed)]
    other = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "7"}
    )
    assert other.stdout.splitlines() == told(here)


def told(ran: Ran) -> list[str]:
    """A week as the program prints it."""
    return [*ran.trace, f"rows at the end: {ran.digest}"]


@pytest.mark.postgres
def test_a_week_is_the_same_on_postgresql(postgres_url: str) -> None:
    with weeks() as usual, weeks(postgres_url) as opened:
        for seed in range(KILLS // 2):
            assert opened.run(seed) == usual.run(seed), seed


def sent_again(work: Work) -> int:
    """A lease that ran out is no reason to wonder: the message goes back to the queue."""
    values = {"state": SubmissionState.QUEUED, "lease_until": None}
    sending = (SUBMISSION.c.state == SubmissionState.SENDING, SUBMISSION.c.lease_until < work.now())
    return int(work.connection.execute(update(SUBMISSION).where(*sending).values(values)).rowcount)


def another_key(operation: Operation) -> str:
    """The bank is asked under a key that it does not know when it is asked again."""
    return f"{operation.id}-{operation.tries}"


def nothing(*_: object, **__: object) -> None:
    """What a forgotten step does."""


@pytest.mark.parametrize(
    ("case", "place", "instead", "says"),
    [
        ("a lost answer is sent again", "core.services.partners.submissions.give_up_leases", sent_again,
         "arrived 2 times"),
        ("packs stay reserved", "core.adapters.store.order_books._release", nothing, "holds stock and has ended"),
        ("a refusal is not counted", "core.domain.orders.daily_totals.DailyTotals.count_rejection", nothing,
         "rejections: kept"),
        ("placed lines stay in the cart", "core.services.checkout.take_out", nothing, "is placed and in a cart"),
        ("a payment asked for again is another one", "core.domain.payments.operations.Operation.key",
         property(another_key), "the bank"),
        ("what is not paid for is sent", "core.adapters.store.queue.unpaid_order", lambda _: false(),
         "nothing is held for"),
    ],
)  # fmt: skip
def test_a_broken_product_is_found(
    monkeypatch: pytest.MonkeyPatch, case: str, place: str, instead: object, says: str
) -> None:
    with weeks() as opened:
        monkeypatch.setattr(place, instead)
        broken = next(seed for seed in range(0, 400, PAYS_BY_CARD) if opened.run(seed).problems)
        told = story(opened, broken)
    assert told.startswith(f"replay with: python -m tests.simulation.running {broken}\n")
    assert says in told
