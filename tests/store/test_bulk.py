"""Many rows at once: what is written is what is read, and what goes wrong is an error like any other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.adapters.store import Store, Work
from core.adapters.store.bulk import insert_all
from core.adapters.store.tables import CART_LINE
from core.domain.model import ShipTo
from tests.stores import CLINIC, load, statements

HOSTILE = ["plain", "", "tab\there", "line\nbreak", "back\\slash", "\\N", "\\.", "carriage\rreturn", "“quoted”, 'so'"]
COLUMNS = ["id", "refill_day", "sig", "pharmacy", "quantity", "ship_to", "hold"]


def cells(work: Work, sigs: list[str], **over: Any) -> dict[str, list[Any]]:
    """Cart lines as columns."""
    rows = len(sigs)
    columns: dict[str, Any] = {
        "clinic": work.clinic, "refill_day": date(2026, 12, 4), "position": 1, "version": 1, "created_by": "ada",
        "patient": "P1", "sku": "SEMA", "quantity": None, "rx": None, "npi": None, "pharmacy": None,
        "ship_to": ShipTo.CLINIC, "hold": True, "note": "",
    }  # fmt: skip
    return {
        "id": [f"L{at}" for at in range(rows)],
        "sig": sigs,
        **{name: [value] * rows for name, value in columns.items()},
        **over,
    }


def stored(work: Work) -> list[tuple[Any, ...]]:
    columns = [CART_LINE.c[name] for name in COLUMNS]
    return [tuple(row) for row in work.connection.execute(select(*columns).order_by(CART_LINE.c.id))]


@pytest.mark.parametrize("sigs", [[], ["one\talone\\"], HOSTILE], ids=["none", "one", "many"])
def test_what_is_written_is_read(store: Store, sigs: list[str]) -> None:
    load(store)
    with statements(store) as ran:
        store.write(CLINIC, lambda work: insert_all(work.connection, CART_LINE, cells(work, sigs)))
    assert len([one for one in ran if "cart_line" in one]) == min(len(sigs), 1)
    with store.read(CLINIC) as work:
        assert stored(work) == [
            (f"L{at}", date(2026, 12, 4), sig, None, None, ShipTo.CLINIC, True) for at, sig in enumerate(sigs)
        ]


@pytest.mark.parametrize(
    ("case", "over"),
    [("a key twice", {"id": ["L1", "L1", "L2"]}), ("nobody of that name", {"patient": ["P1", "P1", "P9"]})],
)
def test_what_cannot_be_written_leaves_nothing(store: Store, case: str, over: dict[str, Any]) -> None:
    load(store)
    with pytest.raises(IntegrityError):
        store.write(CLINIC, lambda work: insert_all(work.connection, CART_LINE, cells(work, ["a", "b", "c"], **over)))
    with store.read(CLINIC) as work:
        assert stored(work) == []
    assert store.data_version(CLINIC) == 1


def test_columns_of_different_lengths_are_refused(store: Store) -> None:
    load(store)
    with pytest.raises(ValueError, match="shorter"):
        store.write(
            CLINIC, lambda work: insert_all(work.connection, CART_LINE, cells(work, ["a", "b"], patient=["P1"]))
        )
