"""Setup."""

from __future__ import annotations

from core.people import Action
from pages.parts.guard import opened_by
from pages.parts.page import header

session = opened_by(Action.SET_UP)
header("Setup", "The clinic’s own data, rules, people and store.")
