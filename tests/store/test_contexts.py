"""A folder saved and read back is the context that it describes, in a fixed number of queries."""

from __future__ import annotations

from core.store import Store, load_context
from tests.builders import a_context, licences
from tests.stores import CLINIC, load


def test_a_saved_folder_is_the_context_it_describes(store: Store) -> None:
    load(store)
    with store.read(CLINIC) as work:
        assert load_context(work) == a_context(licences=tuple(sorted(licences(), key=lambda row: row.kind)))
