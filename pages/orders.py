"""Orders: where every line is now, and what needs somebody."""

from __future__ import annotations

from core.people import Action
from pages.parts.guard import opened_by
from pages.parts.page import header

session = opened_by(Action.WORK_ORDERS)
header("Orders", "Where every line is now, and what needs somebody.")
