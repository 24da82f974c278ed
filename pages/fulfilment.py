"""Fulfilment."""

from __future__ import annotations

from core.people import Action
from pages.parts.guard import opened_by
from pages.parts.page import header

session = opened_by(Action.SEE_FULFILMENT)
header("Fulfilment", "How fast, how well and at what cost orders are filled.")
