"""Directions for use: what they say, how long a quantity lasts under them, whether their amounts agree; new ones built.

Source: rules.md, section 4 and the SIG gate of section 3. Pure: text, a SKU and numbers in, frozen values out.
"""

from core.rules.sig.agreement import Disagreement, disagreements
from core.rules.sig.blends import share_of
from core.rules.sig.builder import (
    FREQUENCIES,
    MOST_DAYS,
    WAYS,
    Built,
    Draft,
    DraftStep,
    Measured,
    TimeOfDay,
    Unbuildable,
    build,
)
from core.rules.sig.dose_limits import DoseLimits, implausible, unmeasurable
from core.rules.sig.dose_maxima import DoseMaximum, Given, beyond, most_given, over_maximum
from core.rules.sig.product import drug_conflicts, form_conflicts, route_conflicts
from core.rules.sig.proposals import Proposal, frequency_of, proposals, usual
from core.rules.sig.reader import read
from core.rules.sig.supply import DaysSupply, DoseStep, WeeklyMg, days_supply, dose_steps, supply, weekly_mg
from core.rules.sig.syringes import SYRINGES, Syringe, SyringeMark, marks
from core.rules.sig.values import Certainty, Dose, ParsedSig, Rate, RequiredPart, Segment, decimal, number
from core.rules.sig.vocabulary import Unit

__all__ = [
    "FREQUENCIES",
    "MOST_DAYS",
    "SYRINGES",
    "WAYS",
    "Built",
    "Certainty",
    "DaysSupply",
    "Disagreement",
    "Dose",
    "DoseLimits",
    "DoseMaximum",
    "DoseStep",
    "Draft",
    "DraftStep",
    "Given",
    "Measured",
    "ParsedSig",
    "Proposal",
    "Rate",
    "RequiredPart",
    "Segment",
    "Syringe",
    "SyringeMark",
    "TimeOfDay",
    "Unbuildable",
    "Unit",
    "WeeklyMg",
    "beyond",
    "build",
    "days_supply",
    "decimal",
    "disagreements",
    "dose_steps",
    "drug_conflicts",
    "form_conflicts",
    "frequency_of",
    "implausible",
    "marks",
    "most_given",
    "number",
    "over_maximum",
    "proposals",
    "read",
    "route_conflicts",
    "share_of",
    "supply",
    "unmeasurable",
    "usual",
    "weekly_mg",
]
