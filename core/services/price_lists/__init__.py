"""Price lists in: read as they come, previewed against the prices in force, approved as dated rows, and undone."""

from core.services.price_lists.approval import Approval, approve, last_approval, undo
from core.services.price_lists.layout import (
    ColumnMap,
    Field,
    PriceListSheet,
    guessed_columns,
    missing_columns,
    open_list,
)
from core.services.price_lists.preview import (
    Change,
    Issuer,
    IssuerKind,
    OmittedPrice,
    Preview,
    PriceList,
    PriceMove,
    cents_of,
    in_force,
    issuers,
    preview,
)

__all__ = [
    "Approval",
    "Change",
    "ColumnMap",
    "Field",
    "Issuer",
    "IssuerKind",
    "OmittedPrice",
    "Preview",
    "PriceList",
    "PriceListSheet",
    "PriceMove",
    "approve",
    "cents_of",
    "guessed_columns",
    "in_force",
    "issuers",
    "last_approval",
    "missing_columns",
    "open_list",
    "preview",
    "undo",
]
