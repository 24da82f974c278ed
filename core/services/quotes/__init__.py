"""Quotes out: chosen SKUs under chosen programs as a workbook of live formulas, or as pages to print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from core.adapters.store import Store, load_context
from core.services.people import Action, Person, record, require
from core.services.quotes.pages import pages
from core.services.quotes.selection import Selection, Wanted, selected
from core.services.quotes.workbook import workbook

__all__ = ["Kind", "Selection", "Wanted", "pages", "quote_out", "selected", "workbook"]

Kind = Literal["xlsx", "pdf"]
_MADE: Final[Mapping[Kind, Callable[[Selection], bytes]]] = {"xlsx": workbook, "pdf": pages}


def quote_out(store: Store, person: Person, clinic: str, wanted: Wanted, kind: Kind) -> bytes:
    """The quote as of today at the clinic, as a file; audited first."""
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        selection = selected(load_context(work, patients=()), work.today, wanted)
    said = {"kind": kind, "skus": len(selection.skus), "programs": list(wanted.programs), "units": wanted.units}
    store.write(clinic, lambda work: record(work, person, "export", "SKU quote", None, said))
    return _MADE[kind](selection)
