"""SKU costs: what every SKU costs delivered, pass-through beside aggregate."""

from __future__ import annotations

from core.people import Action
from pages.parts.guard import opened_by
from pages.parts.page import header

session = opened_by(Action.SEE_COSTS)
header("SKU costs", "What every SKU costs delivered, under each way of paying.")
