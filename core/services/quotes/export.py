"""Use case: a SKU quote out of the house, as XLSX or PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from core.adapters.store import Store
from core.domain.context import Context
from core.domain.roles import Action, Person, require
from core.rules.pricing.program_choice import ProgramChoice
from core.rules.pricing.program_words import answer_sentence, basis_sentence, turning_sentence
from core.services.audit_trail import record
from core.services.clinic_costs import best_program
from core.services.contexts import load_context
from core.services.quotes.pages import pages
from core.services.quotes.selection import QuoteRequest, Selection, quote_selection
from core.services.quotes.workbook import workbook

QuoteFormat = Literal["xlsx", "pdf"]
_MADE: Final[Mapping[QuoteFormat, Callable[[Selection], bytes]]] = {"xlsx": workbook, "pdf": pages}


def quote_out(store: Store, person: Person, clinic: str, request: QuoteRequest, kind: QuoteFormat) -> bytes:
    """The quote as of today at the clinic, as a file; audited first."""
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        context = load_context(work, patients=())
        selection = quote_selection(context, work.today, request)
    selection = selection._replace(answer=_answer(best_program(store, person, clinic), context))
    audited = {"kind": kind, "skus": len(selection.skus), "programs": list(request.programs), "units": request.units}
    store.write(clinic, lambda work: record(work, person, "export", "SKU quote", None, audited))
    return _MADE[kind](selection)


def _answer(answer: ProgramChoice, context: Context) -> tuple[str, ...]:
    """The answer, what it is from, and what would change it: the sentences that SKU costs opens with."""
    if not answer.lines or not answer.ranked:
        return ()
    return tuple(
        filter(None, (f"{answer_sentence(answer)}.", basis_sentence(answer), turning_sentence(answer.turning(context))))
    )
