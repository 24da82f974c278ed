"""How far a search is, told to whoever waits for it; and how much work it may do.

Every limit is one of work (tries, simplex iterations, the solver's check points), never of time, so that the same cart
has the same split on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

WORK: Final = 150_000_000
"""What the integer model may use: simplex iterations of its relaxation times its rows, then check points of
branch-and-cut times the square of its columns. Measured: 1,000 lines with 30 % of the SKUs scarce need a fifth."""


class Progress(NamedTuple):
    """The checkout total of the best split found so far and the least that any can have, in cents (None: no bound or
    no split yet)."""

    best_cents: int | None
    bound_cents: int | None


Watch: TypeAlias = Callable[[Progress], bool]
"""Told now and then how far it is; False stops the search, and the best so far is taken."""


class Effort:
    """The work that one search may do, and who watches it."""

    def __init__(self, work: int = WORK, watch: Watch | None = None) -> None:
        self.work = work
        self._watch = watch
        self._stopped = False

    def goes_on(self, best_cents: int, bound_cents: int) -> bool:
        """Tells the watcher what is known; whether the search goes on."""
        if self._watch is not None and not self._stopped:
            self._stopped = not self._watch(Progress(best_cents, bound_cents))
        return not self._stopped
