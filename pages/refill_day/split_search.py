"""Work that may take seconds, done beside the page: the search for a split, and what else it would cost.

The threads know nothing of the screen; a fragment looks at what they have said so far.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from core.rules.plan import Plan
from core.rules.split.search import Progress, Watch

T = TypeVar("T")

PATIENCE_SECONDS: Final = 1.0
"""How long the page waits for a search that has turned out to be hard, before it shows the first split found."""

LONGEST_WAIT_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
LOOKED_AWAY_SECONDS: Final = 20.0
"""After so long without a look, what else a split would cost is not worked out any further."""


class _Background:
    """Work on a thread of its own, which ends when nobody waits for it any more."""

    def __init__(self, name: str) -> None:
        self._stop, self._done = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True, name=name).start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 (raised again where the page asks for the result)
            self._error = error
        self._done.set()

    def _work(self) -> None:
        raise NotImplementedError

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    @property
    def finished(self) -> bool:
        """Whether nothing goes on any more."""
        return self._done.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped: somebody took the best so far, or nobody looked."""
        return self._stop.is_set()

    def leave(self) -> None:
        """Stop; nobody waits for it any more."""
        self._stop.set()


class SplitSearch(_Background):
    """The search for one plan; whoever does not want to wait takes the best so far."""

    def __init__(self, search: Callable[[Watch], Plan]) -> None:
        self._search = search
        self._found: Plan | None = None
        self._first: Plan | None = None
        self.progress: Progress | None = None
        self._begun = time.monotonic()
        super().__init__("search for a split")

    def _work(self) -> None:
        self._found = self._search(self._watch)

    def _watch(self, progress: Progress) -> bool:
        self.progress = progress
        return not self._stop.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._begun

    def take(self) -> None:
        """Stop at the best split found so far."""
        self._stop.set()
        self._done.wait(LONGEST_WAIT_SECONDS)

    def plan(self) -> Plan:
        """The plan, or while a hard search goes on the plan of the first split found."""
        begun = time.monotonic()
        while not self.finished and time.monotonic() - begun < LONGEST_WAIT_SECONDS:
            if self._first is not None or (self.progress and time.monotonic() - begun > PATIENCE_SECONDS):
                break
            self._done.wait(LOOK_SECONDS)
        self._raise()
        if self._found is not None:
            return self._found
        if self._first is None:
            self._first = self._search(lambda _progress: False)
        return self._first


class BackgroundAnswers(_Background, Generic[T]):
    """Answers that come one after another, looked for beside the page."""

    def __init__(self, answers: Callable[[Watch], Iterator[T]], expected: int) -> None:
        self.answers: list[T] = []
        self.expected = expected
        self._source = answers
        self._looked = time.monotonic()
        super().__init__("what a split would cost")

    def _work(self) -> None:
        for answer in self._source(lambda _progress: self._watched()):
            if not self._watched():
                break
            self.answers.append(answer)

    def _watched(self) -> bool:
        """Whether anybody still looks: who has gone to another page does not."""
        if time.monotonic() - self._looked > LOOKED_AWAY_SECONDS:
            self._stop.set()
        return not self._stop.is_set()

    def wait(self, seconds: float) -> list[T]:
        """The answers so far, after at most so long."""
        self._looked = time.monotonic()
        self._done.wait(seconds)
        self._raise()
        return list(self.answers)
