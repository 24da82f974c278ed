"""Refill day: who is due, today's batch, and one checkout for everybody."""

from __future__ import annotations

from core.people import Action
from pages.parts.guard import opened_by
from pages.parts.page import header

session = opened_by(Action.WORK_CART)
header("Refill day", "Everybody who is due, checked and placed at once.")
