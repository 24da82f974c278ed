"""Work that may take seconds, done beside the page: the search for a split, and what else it would cost.

The threads know nothing of the screen; a fragment looks at what they have said so far.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from core.rules.plan import Plan
from core.rules.split import Progress, Watch

T = TypeVar("T")

PATIENCE_SECONDS: Final = 1.0
"""How long the page waits for a search that has turned out to be hard, before it shows the first split found."""

LONGEST_WAIT_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
LOOKED_AWAY_SECONDS: Final = 20.0
"""After so long without a look, what else a split would cost is not worked out any further."""


class Search:
    """The search for one plan; whoever is tired of waiting takes the best so far."""

    def __init__(self, work: Callable[[Watch], Plan]) -> None:
        self._work = work
        self._stop, self._done = threading.Event(), threading.Event()
        self._found: Plan | None = None
        self._error: BaseException | None = None
        self._first: Plan | None = None
        self.progress: Progress | None = None
        self._begun = time.monotonic()
        threading.Thread(target=self._run, daemon=True, name="search for a split").start()

    def _run(self) -> None:
        try:
            self._found = self._work(self._told)
        except BaseException as error:  # noqa: BLE001 (raised again where the page asks for the plan)
            self._error = error
        self._done.set()

    def _told(self, progress: Progress) -> bool:
        self.progress = progress
        return not self._stop.is_set()

    @property
    def finished(self) -> bool:
        """Whether nothing goes on any more."""
        return self._done.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._begun

    @property
    def taken(self) -> bool:
        """Whether somebody took the best so far."""
        return self._stop.is_set()

    def take(self) -> None:
        """Stop at the best split found so far."""
        self._stop.set()
        self._done.wait(LONGEST_WAIT_SECONDS)

    def leave(self) -> None:
        """Stop; nobody waits for it any more."""
        self._stop.set()

    def plan(self) -> Plan:
        """The plan, or while a hard search goes on the plan of the first split found."""
        begun = time.monotonic()
        while not self.finished and time.monotonic() - begun < LONGEST_WAIT_SECONDS:
            if self._first is not None or (self.progress and time.monotonic() - begun > PATIENCE_SECONDS):
                break
            self._done.wait(LOOK_SECONDS)
        if self._error is not None:
            raise self._error
        if self._found is not None:
            return self._found
        if self._first is None:
            self._first = self._work(lambda _progress: False)
        return self._first


class Findings(Generic[T]):
    """Answers that come one after another, looked for beside the page."""

    def __init__(self, answers: Callable[[Watch], Iterator[T]], expected: int) -> None:
        self.found: list[T] = []
        self.expected = expected
        self._stop, self._done = threading.Event(), threading.Event()
        self._answers = answers
        self._error: BaseException | None = None
        self._looked = time.monotonic()
        threading.Thread(target=self._run, daemon=True, name="what a split would cost").start()

    def _run(self) -> None:
        try:
            for answer in self._answers(lambda _progress: self._wanted()):
                if not self._wanted():
                    break
                self.found.append(answer)
        except BaseException as error:  # noqa: BLE001 (raised again where the page asks)
            self._error = error
        self._done.set()

    @property
    def finished(self) -> bool:
        """Whether all answers are there."""
        return self._done.is_set()

    def _wanted(self) -> bool:
        """Whether anybody still looks: who has gone to another page does not."""
        if time.monotonic() - self._looked > LOOKED_AWAY_SECONDS:
            self._stop.set()
        return not self._stop.is_set()

    @property
    def left(self) -> bool:
        """Whether it stopped because nobody looked."""
        return self._stop.is_set()

    def leave(self) -> None:
        """Nobody waits for them any more."""
        self._stop.set()

    def wait(self, seconds: float) -> list[T]:
        """The answers so far, after at most so long."""
        self._looked = time.monotonic()
        self._done.wait(seconds)
        if self._error is not None:
            raise self._error
        return list(self.found)
