"""How much the long tests do: a little with every run, all of it with ``REFILL_SOAK=full`` (``make soak``).

Every run tries the same examples, so that it fails for what was changed and for nothing else; a soak tries new ones.

``REFILL_SOAK=60`` makes it 60 kills, and as many times the usual examples as that is kills.
"""

from __future__ import annotations

import os
from typing import Final

USUAL_KILLS: Final = 6
FULL_KILLS: Final = 200


PROFILE: Final = "random" if os.environ.get("REFILL_SOAK") else "fixed"
"""Hypothesis' profile."""


def _kills(asked: str) -> int:
    return FULL_KILLS if asked == "full" else int(asked)


KILLS: Final = _kills(os.environ.get("REFILL_SOAK") or str(USUAL_KILLS))
"""How often each crash test kills a process, on each engine."""
EXAMPLES: Final = 10 * KILLS
"""How many random files the hostile tests try."""
WEEKS: Final = int(os.environ.get("REFILL_WEEKS") or max(500, 25 * KILLS))
"""How many weeks are simulated; ``REFILL_WEEKS`` makes it another number than belongs to so many kills."""
