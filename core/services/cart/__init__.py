"""Use cases on a refill day's cart (rules.md, section 2): each checks the role, then is one transaction, audited.

Lines are named by id and version, never by position: a stale edit is refused with what changed, and can be applied
again.
"""

from core.services.cart.additions import add_everyone_due, add_line, repeat_last_refill_day, take_over, upload
from core.services.cart.answers import Seen, acknowledge, override
from core.services.cart.changes import Changed, undo
from core.services.cart.contents import Leftover, OpenCart, cart_of, due_lines, open_cart
from core.services.cart.edits import apply_fix, apply_fix_to_all, edit_line, hold_lines, remove_line
from core.services.cart.patients import update_patient
from core.services.cart.prescriber_requests import Question, ask_prescriber, questions
from core.services.cart.routing_preferences import ask_of_split, no_longer_ask

__all__ = [
    "Changed",
    "Leftover",
    "OpenCart",
    "Question",
    "Seen",
    "acknowledge",
    "add_everyone_due",
    "add_line",
    "apply_fix",
    "apply_fix_to_all",
    "ask_of_split",
    "ask_prescriber",
    "cart_of",
    "due_lines",
    "edit_line",
    "hold_lines",
    "no_longer_ask",
    "open_cart",
    "override",
    "questions",
    "remove_line",
    "repeat_last_refill_day",
    "take_over",
    "undo",
    "update_patient",
    "upload",
]
