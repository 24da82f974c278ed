"""Use cases on a refill day's cart (rules.md, section 2): each checks the role, then is one transaction, audited.

Lines are named by id and version, never by position: a stale edit is refused with what changed, and can be applied
again.
"""

from core.services.cart.additions import add_everyone_due, add_line, repeat_last_refill_day, take_over, upload
from core.services.cart.answers import ShownFinding, acknowledge, override
from core.services.cart.changes import Changed, undo
from core.services.cart.contents import Leftover, OpenCart, cart_of, due_lines, open_cart
from core.services.cart.edits import apply_fix, apply_fix_to_all, edit_line, hold_lines, remove_line
from core.services.cart.patients import update_patient
from core.services.cart.prescriber_requests import PrescriberRequest, ask_prescriber, requested_directions
from core.services.cart.routing_preferences import add_routing_preference, remove_routing_preference

__all__ = [
    "Changed",
    "Leftover",
    "OpenCart",
    "PrescriberRequest",
    "ShownFinding",
    "acknowledge",
    "add_everyone_due",
    "add_line",
    "add_routing_preference",
    "apply_fix",
    "apply_fix_to_all",
    "ask_prescriber",
    "cart_of",
    "due_lines",
    "edit_line",
    "hold_lines",
    "open_cart",
    "override",
    "remove_line",
    "remove_routing_preference",
    "repeat_last_refill_day",
    "requested_directions",
    "take_over",
    "undo",
    "update_patient",
    "upload",
]
