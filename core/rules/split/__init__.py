"""Who fills what: the best assignment of a cart to pharmacies, proven, and the reasons for it (rules.md, section 5)."""

from core.rules.split.cart_split import split
from core.rules.split.preferences import EXCLUDED, last_pharmacy
from core.rules.split.progress import Progress, Watch
from core.rules.split.summary import Outcome, outcome
from core.rules.split.what_if import Point, Price, Question, Shortage, points, prices, shortages

__all__ = [
    "EXCLUDED",
    "Outcome",
    "Point",
    "Price",
    "Progress",
    "Question",
    "Shortage",
    "Watch",
    "last_pharmacy",
    "outcome",
    "points",
    "prices",
    "shortages",
    "split",
]
