"""What a cart costs under a program, a SKU under each, and a month of them (rules.md, section 1)."""

from core.rules.pricing.break_even import BreakEven
from core.rules.pricing.comparison import Pack, ProgramCost, SkuComparison, answer_changes, compare
from core.rules.pricing.market import PharmacyCost
from core.rules.pricing.monthly import Crossing, PlanCost, Plans, plans
from core.rules.pricing.parts import PharmacyPart, more_than, parts_by_pharmacy
from core.rules.pricing.past_orders import CostParts, PlacedLine, RepricedTotal, Repricing, added_up, reprice
from core.rules.pricing.quotes import ProgramQuote, box_for, quote, under_every_program, unpriced
from core.rules.pricing.sensitivity import Sensitivity, sensitivity
from core.rules.pricing.spread import MonthlyDifference, monthly_difference
from core.rules.pricing.terms import Terms, fee_covers_shipping
from core.rules.pricing.therapy import same_therapy
from core.rules.pricing.volume import MONTH_DAYS, AtVolume

__all__ = [
    "MONTH_DAYS",
    "AtVolume",
    "BreakEven",
    "CostParts",
    "Crossing",
    "MonthlyDifference",
    "Pack",
    "PharmacyCost",
    "PharmacyPart",
    "PlacedLine",
    "PlanCost",
    "Plans",
    "ProgramCost",
    "ProgramQuote",
    "RepricedTotal",
    "Repricing",
    "Sensitivity",
    "SkuComparison",
    "Terms",
    "added_up",
    "answer_changes",
    "box_for",
    "compare",
    "fee_covers_shipping",
    "monthly_difference",
    "more_than",
    "parts_by_pharmacy",
    "plans",
    "quote",
    "reprice",
    "same_therapy",
    "sensitivity",
    "under_every_program",
    "unpriced",
]
