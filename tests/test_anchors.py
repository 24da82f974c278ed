"""Anchors: what is kept outside the store shows what the chain in it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.adapters.store import Store
from core.domain.errors import Refused
from core.domain.roles import LOCAL
from core.services.audit_anchors import anchor, anchor_daily, verify_anchors
from core.services.audit_trail import record, verify_audit
from tests.stores import CLINIC, NOW, Clock, load
from tests.test_people import tampered

EDIT_2 = "UPDATE audit_entry SET action = 'x' WHERE number = 2"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFILL_ANCHOR_KEY", "a key for these tests, 0123456789")


@pytest.mark.parametrize(
    ("case", "changes", "rehashed", "problem"),
    [
        ("untouched", [], [], None),
        ("the last two deleted", ["DELETE FROM audit_entry WHERE number > 2"], [],
         f"Entries 3 to 4 are missing: the anchor of {NOW.isoformat()} counted 4."),
        ("all deleted", ["DELETE FROM audit_entry"], [],
         f"All entries are missing: the anchor of {NOW.isoformat()} counted 4."),
        ("everything hashed anew after an edit", [EDIT_2], "all after",
         f"Entries 1 to 4 are not those of the anchor of {NOW.isoformat()}: hashed anew."),
    ],
)  # fmt: skip
def test_what_the_chain_cannot_show_is_named(
    store: Store, tmp_path: Path, case: str, changes: list[str], rehashed: list[int] | str, problem: str | None
) -> None:
    file = tmp_path / "anchors"
    tampered(store, changes, rehashed, before=lambda: anchor(store, file))
    assert verify_audit(store, CLINIC).problem is None
    assert verify_anchors(store, CLINIC, file).problem == problem


def test_an_anchor_that_others_made_or_changed_is_named(store: Store, tmp_path: Path) -> None:
    load(store)
    file = tmp_path / "anchors"
    anchor(store, file)
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    file.write_text(file.read_text().replace('"entries": 0', '"entries": 1'))
    assert verify_anchors(store, CLINIC, file).problem == "Anchor 1 of anchors was changed or not signed by us."
    file.write_text("")
    assert verify_anchors(store, CLINIC, file).problem == "anchors has no anchor of this clinic."


def test_without_a_key_nothing_is_anchored(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store)
    monkeypatch.setenv("REFILL_ANCHOR_KEY", "short")
    with pytest.raises(Refused, match="REFILL_ANCHOR_KEY"):
        anchor(store, tmp_path / "anchors")


def test_a_worker_anchors_once_a_day(
    store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store)
    file = tmp_path / "anchors"
    assert anchor_daily(store, None) is None
    monkeypatch.setenv("REFILL_ANCHORS", str(file))
    last = anchor_daily(store, anchor_daily(store, None))
    assert (last, len(file.read_text().splitlines())) == (NOW, 1)


def test_an_entry_cannot_be_replaced(store: Store) -> None:
    load(store)
    store.write(CLINIC, lambda work: record(work, LOCAL, "test", "x"))
    if store.engine.dialect.name == "sqlite":
        replaces = "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry"
        with pytest.raises(DBAPIError, match="audit_entry is append-only"):
            store.write(CLINIC, lambda work: work.connection.execute(text(replaces)))
    assert verify_audit(store, CLINIC).entries == 1
