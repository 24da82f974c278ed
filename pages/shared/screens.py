"""The screens in the order of the menu: where each is found, what it is called, and which action opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from core.domain.model import Role
from core.domain.roles import Action

_PAGES: Final = Path(__file__).parents[1]


class Screen(NamedTuple):
    """One screen: its folder in ``pages``, its address, its title and icon, the action that opens it, its tooltip."""

    folder: str
    path: str
    title: str
    icon: str
    action: Action
    help: str

    @property
    def script(self) -> Path:
        """The file that Streamlit runs."""
        return _PAGES / self.folder / "page.py"


REFILL_DAY: Final = Screen(
    "refill_day",
    "refill_day",
    "Refill day",
    ":material/event_repeat:",
    Action.WORK_CART,
    "Patients who are due, findings to resolve, and one checkout for everyone.",
)
ORDERS: Final = Screen(
    "orders",
    "orders",
    "Orders",
    ":material/local_shipping:",
    Action.WORK_ORDERS,
    "The status of every order line, and which lines need action.",
)
COSTS: Final = Screen(
    "costs",
    "costs",
    "SKU costs",
    ":material/payments:",
    Action.SEE_COSTS,
    "Delivered cost of every SKU under pass-through and aggregate pricing.",
)
FULFILLMENT: Final = Screen(
    "fulfillment",
    "fulfilment",  # links to this address exist
    "Fulfillment",
    ":material/monitoring:",
    Action.SEE_FULFILLMENT,
    "Acceptance, turnaround, on-time delivery and spend. No patient names.",
)
RULE_BOOK: Final = Screen(
    "rule_book",
    "rule_book",
    "Rule book",
    ":material/rule:",
    Action.SEE_RULES,
    "Every check before payment, and how often it finds something.",
)
SETUP: Final = Screen(
    "setup", "setup", "Setup", ":material/tune:", Action.SET_UP, "Clinic data, rules, people and store."
)
SCREENS: Final = (REFILL_DAY, ORDERS, COSTS, FULFILLMENT, RULE_BOOK, SETUP)
FIRST_SCREEN: Final[Mapping[Role, Screen]] = {
    Role.STAFF: REFILL_DAY,
    Role.MANAGER: COSTS,
    Role.LEADERSHIP: FULFILLMENT,
    Role.ADMIN: COSTS,
}
"""The screen that each role starts on."""
