"""Every statement of a clinic's week names the clinic for every table that it touches.

A database that is sharded by clinic asks for it, to run the statement on one node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from core.adapters.store import METADATA
from core.adapters.store.order_views import OrderFilter
from core.domain.roles import LOCAL
from core.services.audit_trail import verify_audit
from core.services.cart.contents import open_cart
from core.services.measures import measures
from core.services.orders.verification import verify_ledger
from core.services.orders.views import counts, line_detail, queues, search, track
from tests.simulation.clinic import REFILL_DAYS
from tests.simulation.running import Weeks, weeks
from tests.stores import CLINIC, statements

TABLE = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|,)\s+([a-z_]+)(?:\s+AS\s+([a-z_0-9]+))?", re.IGNORECASE)
SETTINGS = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "pragma")


def without_clinic(statement: str, tables: frozenset[str]) -> Iterator[str]:
    """Tables of a statement (by the name that it gives them) whose clinic is neither given nor that of another."""
    if statement.startswith("INSERT"):
        columns = statement.partition("(")[2].partition(")")[0].replace('"', "").split(", ")
        if "clinic" not in columns:
            yield statement.split()[2]
        return
    for name, alias in TABLE.findall(statement):
        called = alias or name
        if name in tables and not re.search(rf"\b{called}\.clinic (=|IN)|= {called}\.clinic\b", statement):
            yield called


@pytest.mark.parametrize(
    ("case", "statement", "missing"),
    [
        ("given", "SELECT a FROM attempt WHERE attempt.clinic = ?", []),
        ("not given", "SELECT a FROM attempt WHERE attempt.line = ?", ["attempt"]),
        ("joined by it",
         "SELECT a FROM attempt JOIN order_line ON order_line.clinic = attempt.clinic WHERE attempt.clinic = ?", []),
        ("joined without it",
         "SELECT a FROM attempt JOIN order_line AS o ON o.reference = attempt.line WHERE attempt.clinic = ?", ["o"]),
        ("changed without it", "UPDATE submission SET state=? WHERE submission.reference = ?", ["submission"]),
        ("inserted with it", "INSERT INTO attempt (clinic, line) VALUES (?, ?)", []),
        ("inserted without it", "INSERT INTO attempt (line) VALUES (?)", ["attempt"]),
    ],
)  # fmt: skip
def test_what_names_no_clinic_is_seen(case: str, statement: str, missing: list[str]) -> None:
    assert list(without_clinic(statement, frozenset({"attempt", "order_line", "submission"}))) == missing


def a_week(opened: Weeks, seed: int) -> None:
    """Everything that people, pharmacies and workers do in a week, and what screens read afterwards."""
    opened.run(seed)
    store, first, last = opened.store, REFILL_DAYS[0], REFILL_DAYS[-1]
    for line in track(store, LOCAL, CLINIC).lines[:1]:
        line_detail(store, LOCAL, CLINIC, line.reference)
    search(store, LOCAL, CLINIC, OrderFilter(text="person", needs_action=True))
    counts(store, LOCAL, CLINIC, OrderFilter())
    queues(store, LOCAL, CLINIC)
    measures(store, LOCAL, CLINIC, first, last)
    open_cart(store, LOCAL, CLINIC, first, everybody=True)
    verify_ledger(store, LOCAL, CLINIC)
    verify_audit(store, CLINIC)


def test_every_statement_names_its_clinic() -> None:
    tables = frozenset(METADATA.tables)
    with weeks() as opened, statements(opened.store) as ran:
        for seed in range(3):
            a_week(opened, seed)
    asked = {one for one in ran if not one.startswith(SETTINGS)}
    assert len(asked) > 80
    assert {one: names for one in asked if (names := sorted(without_clinic(one, tables)))} == {}
