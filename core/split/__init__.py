"""Who fills what: the best assignment of a cart to pharmacies, proven, and the reasons for it (rules.md, section 5)."""

from core.split.constraints import EXCLUDED, last_pharmacy
from core.split.effort import Progress, Watch
from core.split.outcome import Outcome, outcome
from core.split.splitting import split
from core.split.what_if import Point, Price, Question, Shortage, points, prices, shortages

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
