"""How hard a split is looked for, and what it says meanwhile.

Limits are of work (moves, rounds, the solver's check points), never of time, so that the same cart has the same split
on every machine; a time limit stands far behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

SECONDS: Final = 30.0
"""The time limit behind the limits of work."""


class Progress(NamedTuple):
    """What is known so far: the checkout total of the best split found and the least that any can have, in cents
    (None: not known yet), and the seconds that it took."""

    best_cents: int | None
    bound_cents: int | None
    seconds: float


Watch: TypeAlias = Callable[[Progress], bool]
"""Told now and then how far it is; False stops the search, and the best so far is taken."""


class Effort:
    """One run's clock and watcher."""

    def __init__(self, seconds: float, clock: Callable[[], float], watch: Watch | None = None) -> None:
        self._clock = clock
        self._begun = clock()
        self._seconds = seconds
        self._watch = watch
        self._stopped = False
        self._known = Progress(None, None, 0.0)

    def goes_on(self, best_cents: int | None = None, bound_cents: int | None = None) -> bool:
        """Whether there is time left and nobody has stopped it; tells the watcher what is known."""
        spent = self._clock() - self._begun
        best, bound, _ = self._known
        self._known = Progress(
            best if best_cents is None else best_cents, bound if bound_cents is None else bound_cents, spent
        )
        if self._watch is not None and not self._stopped:
            self._stopped = not self._watch(self._known)
        return not self._stopped and spent < self._seconds
