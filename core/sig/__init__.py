"""Directions for use: what they say, how long a quantity lasts under them, whether their amounts agree.

Source: rules.md, section 4 and the SIG gate of section 3. Pure: text, a SKU and numbers in, frozen values out.
"""

from core.sig.agreement import Disagreement, disagreements
from core.sig.reader import read
from core.sig.supply import Supply, WeeklyMg, days_supply, supply, weekly_mg
from core.sig.values import Certainty, Dose, Part, Rate, Reading, Segment, Unit, decimal, number

__all__ = [
    "Certainty",
    "Disagreement",
    "Dose",
    "Part",
    "Rate",
    "Reading",
    "Segment",
    "Supply",
    "Unit",
    "WeeklyMg",
    "days_supply",
    "decimal",
    "disagreements",
    "number",
    "read",
    "supply",
    "weekly_mg",
]
