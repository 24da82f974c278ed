"""``ledger verify`` finds every way in which the books can be wrong: each is made on purpose, in a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.__main__ import main
from core.adapters.store import Store, open_store
from core.domain.model import LineState
from core.domain.orders.book import Event
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.orders.events import record_event
from core.services.orders.recovery import cancel, refund, resubmit
from core.services.orders.verification import verify_ledger
from core.services.partners.worker import run_once
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

ONE, TWO, THREE, FOUR = (f"RD-20261204-01/{at:02d}" for at in range(1, 5))
LINES = {"one": ONE, "two": TWO, "three": THREE, "four": FOUR}


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Line 1 shipped and partly refunded, line 2 rejected and sent again, line 3 accepted, line 4 submitted, line 5
    cancelled before it was sent; append-only tables can be changed."""
    file = tmp_path_factory.mktemp("books") / "refill.db"
    shutil.copy(sqlite_template, file)
    clock = Clock()
    store = open_store(f"sqlite:///{file}", clock=clock)
    load(store, a_folder(**patients(5)))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in range(1, 6)))))
    cancel(store, STAFF, CLINIC, "RD-20261204-01/05", "not needed")
    run_once(store, CLINIC)
    for reference, status in ((ONE, LineState.SHIPPED), (TWO, LineState.REJECTED), (THREE, LineState.ACCEPTED)):
        clock.forward(minutes=1)
        record_event(store, LOCAL, CLINIC, Event(f"{reference} {status}", reference, 1, status.value, clock.now))
    refund(store, STAFF, CLINIC, ONE, 10_00, "broken vial")
    resubmit(store, STAFF, CLINIC, TWO, expected_cents=135_00)
    with store.engine.begin() as connection:
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in names:
            connection.execute(text(f"DROP TRIGGER {name}"))
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()
    store.close()
    return file


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy to spoil."""
    shutil.copy(kept, tmp_path / "refill.db")
    store = open_store(f"sqlite:///{tmp_path / 'refill.db'}")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("case", "statement", "says"),
    [
        ("a leg that is gone",
         "DELETE FROM ledger_entry WHERE line = :one AND kind = 'capture' AND account = 'authorised'",
         "does not balance"),
        ("a leg on another line",
         "UPDATE ledger_entry SET line = :three WHERE line = :one AND kind = 'capture' AND account = 'payable'",
         "does not balance"),
        ("cents from one component to another",
         "UPDATE ledger_entry SET medication_cents = 0 WHERE line = :one AND account = 'payable'",
         "does not balance"),
        ("a posting that is gone", "DELETE FROM ledger_entry WHERE line = :four",
         f"{FOUR}, attempt 1: its authorization is not what the ledger says."),
        ("a capture that no entry tells", "DELETE FROM ledger_entry WHERE line = :three AND kind = 'capture'",
         f"{THREE}, attempt 1: what was captured is not what the ledger says."),
        ("a refund that no entry tells", "UPDATE attempt SET refunded_cents = 2000 WHERE line = :one",
         f"{ONE}, attempt 1: what went back is not what the ledger says."),
        ("more refunded than captured", "UPDATE attempt SET refunded_cents = 99999 WHERE line = :one",
         f"{ONE}, attempt 1: more went back than was there."),
        ("money that a rejected line keeps",
         "UPDATE attempt SET released_cents = 0 WHERE line = :two AND number = 1",
         f"{TWO}, attempt 1: it ended as rejected and still holds money."),
        ("a share that was invented", "UPDATE attempt SET shipping_cents = shipping_cents + 1 WHERE line = :three",
         f"{THREE}, attempt 1: it carries $20.01 as shipping, its ledger says $20.00."),
        ("a line paid twice",
         "UPDATE attempt SET captured_at = placed_at, state = 'accepted' WHERE line = :two",
         f"Line {TWO} is paid twice."),
        ("a rollup that counts more", "UPDATE daily_tally SET medication_cents = medication_cents + 1",
         "The daily rollups do not add up to the ledger."),
        ("a checkout's total", "UPDATE checkout SET total_cents = total_cents + 1",
         "RD-20261204-01: its total is not that of its parts and lines."),
        ("a line in another state than its attempt",
         "UPDATE order_line SET state = 'shipped' WHERE reference = :three",
         f"{THREE}, attempt 1: it is accepted at cedar, its line shipped at cedar."),
        ("a line at another pharmacy than its attempt",
         "UPDATE order_line SET pharmacy = 'x' WHERE reference = :three",
         f"{THREE}, attempt 1: it is accepted at cedar, its line accepted at x."),
        ("an attempt that its line does not know", "UPDATE order_line SET attempt = 1 WHERE reference = :two",
         f"{TWO}, attempt 2: its line does not know of it."),
        ("two live attempts", "UPDATE attempt SET state = 'submitted' WHERE line = :two AND number = 1",
         f"{TWO}, attempt 1: it is submitted beside a newer attempt."),
        ("accepted and not captured", "UPDATE attempt SET captured_at = NULL WHERE line = :three",
         f"{THREE}, attempt 1: it is accepted and nothing was captured."),
        ("captured and not accepted", "UPDATE attempt SET captured_at = placed_at WHERE line = :four",
         f"{FOUR}, attempt 1: it is submitted and was captured."),
        ("acknowledged and still placed", "UPDATE attempt SET state = 'placed' WHERE line = :four",
         "it is placed and its submission RD-20261204-01-S04 is acknowledged."),
        ("never sent and yet shipped", "UPDATE submission SET state = 'queued' WHERE reference = 'RD-20261204-01-S01'",
         "it is shipped and its submission RD-20261204-01-S01 is queued."),
        ("stock that nobody holds", "DELETE FROM stock_reservation WHERE line = :three",
         f"{THREE}, attempt 1: 0 of its 1 packs are reserved."),
        ("stock for more than the line", "UPDATE stock_reservation SET quantity = 2 WHERE line = :three",
         f"{THREE}, attempt 1: 2 of its 1 packs are reserved."),
        ("stock freed too early", "UPDATE stock_reservation SET released_at = reserved_at WHERE line = :three",
         f"{THREE}, attempt 1: it is accepted and its stock is free."),
        ("stock never freed", "UPDATE stock_reservation SET released_at = NULL WHERE line = :two AND attempt = 1",
         f"{TWO}, attempt 1: it is rejected and its stock is still reserved."),
    ],
)  # fmt: skip
def test_every_breach_is_said_and_is_exit_status_1(
    copy: Store, case: str, statement: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with copy.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        connection.commit()
    raw = copy.engine.raw_connection()
    raw.execute("PRAGMA foreign_keys=OFF")
    assert raw.execute(statement, LINES).rowcount > 0
    raw.commit()
    raw.close()
    problems = verify_ledger(copy, LOCAL, CLINIC).problems
    assert any(says in problem for problem in problems), problems
    assert main(["ledger", "verify", "--json", "--db", str(copy.engine.url)]) == 1
    assert says.encode("ascii", "ignore").decode() in capsys.readouterr().out


def test_books_that_hold_are_exit_status_0(copy: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "verify", "--json", "--db", str(copy.engine.url)]) == 0
    assert '"problems": []' in capsys.readouterr().out
