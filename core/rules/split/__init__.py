"""Who fills what: the best assignment of a cart to pharmacies, proven, and the reasons for it (rules.md, section 5)."""

from core.rules.split.cart_split import split
from core.rules.split.preferences import EXCLUDED, last_pharmacy
from core.rules.split.progress import Progress, Watch
from core.rules.split.summary import SplitSummary, summarized
from core.rules.split.what_if import (
    Point,
    PreferenceCost,
    Shortage,
    SplitRequest,
    points,
    preference_costs,
    short_offers,
    shortages,
)

__all__ = [
    "EXCLUDED",
    "Point",
    "PreferenceCost",
    "Progress",
    "Shortage",
    "SplitRequest",
    "SplitSummary",
    "Watch",
    "last_pharmacy",
    "points",
    "preference_costs",
    "short_offers",
    "shortages",
    "split",
    "summarized",
]
