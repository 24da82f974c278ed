"""Price lists in: read as they come, previewed against the prices in force, approved as dated rows, and undone."""

from core.services.price_lists.approval import Approval, approve, last_approval, undo
from core.services.price_lists.layout import Field, Mapped, Sheet, guessed, lacking, open_list
from core.services.price_lists.preview import (
    Change,
    Gone,
    Issuer,
    Kind,
    Moves,
    Preview,
    Question,
    cents_of,
    in_force,
    issuers,
    preview,
)

__all__ = [
    "Approval",
    "Change",
    "Field",
    "Gone",
    "Issuer",
    "Kind",
    "Mapped",
    "Moves",
    "Preview",
    "Question",
    "Sheet",
    "approve",
    "cents_of",
    "guessed",
    "in_force",
    "issuers",
    "lacking",
    "last_approval",
    "open_list",
    "preview",
    "undo",
]
