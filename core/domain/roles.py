"""Role x action: who may do what (docs/reference.md, roles). Every use case calls ``require`` first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from core.domain.errors import NotAllowed
from core.domain.model import Role


class Person(NamedTuple):
    """Somebody signed in: at which clinic, since when, and until when the sign-in service vouches for them.

    Who works at the machine itself has no clinic, and who is named by a command has no sign-in.
    """

    email: str
    name: str
    role: Role
    clinic: str | None = None
    since: datetime | None = None
    until: datetime | None = None


LOCAL: Final = Person("local console", "Local console", Role.ADMIN)
"""Who works at the machine itself, by command or in the local demo."""


class Action(StrEnum):
    """What a role may allow; the text completes "may not ..."."""

    SEE_COSTS = "see SKU costs"
    SEE_PATIENTS = "see patients"
    WORK_CART = "work on the refill day's cart"
    ACKNOWLEDGE = "acknowledge warnings"
    OVERRIDE = "override findings"
    PLACE = "place orders"
    WORK_ORDERS = "work on placed orders"
    FIX_PATIENT = "correct a patient's data"
    SEE_FULFILLMENT = "see fulfillment"
    SEE_RULES = "see the rule book"
    SET_UP = "change the clinic's data"
    MANAGE_PEOPLE = "manage people"
    SEE_AUDIT = "see the audit trail"


_STAFF: Final = frozenset(
    {
        Action.SEE_PATIENTS,
        Action.WORK_CART,
        Action.ACKNOWLEDGE,
        Action.OVERRIDE,
        Action.PLACE,
        Action.WORK_ORDERS,
        Action.FIX_PATIENT,
        Action.SEE_RULES,
    }
)
MAY: Final[Mapping[Role, frozenset[Action]]] = {
    Role.ADMIN: frozenset(Action),
    Role.MANAGER: frozenset(Action) - {Action.MANAGE_PEOPLE, Action.SEE_AUDIT},
    Role.STAFF: _STAFF,
    Role.LEADERSHIP: frozenset({Action.SEE_COSTS, Action.SEE_FULFILLMENT, Action.SEE_RULES}),
}


def may(person: Person, action: Action) -> bool:
    """Whether the person's role includes the action."""
    return action in MAY[person.role]


def require(person: Person, action: Action) -> None:
    """Raises NotAllowed unless the person's role includes the action."""
    if not may(person, action):
        raise NotAllowed(f"The role {person.role} may not {action}.")
