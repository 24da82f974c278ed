"""How far a search is, told to whoever waits for it; and how much work it may do.

Every limit is one of work (tries, simplex iterations, the solver's check points), never of time, so that the same cart
has the same split on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

WORK: Final = 200_000_000
"""How hard the integer model is tried: simplex iterations of its relaxation times its rows, then check points of
branch-and-cut, each worth ten times the columns times the relaxation's fractional shares. Measured: 1,000 lines with
30 % of the SKUs scarce are proven within two thirds of it."""


class Progress(NamedTuple):
    """The checkout total of the best split found so far and the least that any can have, in cents (None: no bound or
    no split yet)."""

    best_cents: int | None
    bound_cents: int | None


Watch: TypeAlias = Callable[[Progress], bool]
"""Told now and then how far it is; False stops the search, and the best so far is taken."""
