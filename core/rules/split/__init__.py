"""Who fills what: the best assignment of a cart to pharmacies, proven, and the reasons for it (rules.md, section 5)."""

from core.rules.split.cart_split import split
from core.rules.split.preferences import EXCLUDED
from core.rules.split.search import Progress, Watch
from core.rules.split.what_if import (
    Point,
    PreferenceCost,
    Shortage,
    SplitRequest,
    SplitSummary,
    points,
    preference_costs,
    short_offers,
    shortages,
    summarized,
)

__all__ = [
    "EXCLUDED", "Point", "PreferenceCost", "Progress", "Shortage", "SplitRequest", "SplitSummary", "Watch", "points",
    "preference_costs", "short_offers", "shortages", "split", "summarized",
]  # fmt: skip
