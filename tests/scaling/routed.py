"""Clinics on several databases: each whole on one of them, found by its code."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from core.adapters.store import Store, Work, open_store

T = TypeVar("T")


class RoutedStore(Store):
    """A store whose transactions run on the node that has the clinic. No transaction names two clinics."""

    def __init__(self, urls: Sequence[str], clock: Callable[[], datetime]) -> None:
        self.nodes = [open_store(url, clock=clock) for url in urls]
        self.clock = clock

    def node_of(self, clinic: str) -> Store:
        """The database of a clinic: the same for ever."""
        return self.nodes[zlib.crc32(clinic.encode()) % len(self.nodes)]

    def write(self, clinic: str, use_case: Callable[[Work], T], *, new: bool = False) -> T:
        """On the clinic's node."""
        return self.node_of(clinic).write(clinic, use_case, new=new)

    def note(self, clinic: str, use_case: Callable[[Work], T]) -> T:
        """On the clinic's node."""
        return self.node_of(clinic).note(clinic, use_case)

    @contextmanager
    def read(self, clinic: str) -> Iterator[Work]:
        """On the clinic's node."""
        with self.node_of(clinic).read(clinic) as work:
            yield work

    def clinics(self) -> tuple[str, ...]:
        """Of all nodes."""
        return tuple(sorted(code for node in self.nodes for code in node.clinics()))

    def close(self) -> None:
        """All of them."""
        for node in self.nodes:
            node.close()
