"""Whether the ledger holds: what ``ledger verify`` checks (rules.md, section 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.ledger_checks import (
    AttemptMoney,
    Neighbors,
    attempt_money,
    count_entries,
    money_in_totals,
    money_taken,
    neighbors,
    unbalanced_postings,
    wrong_totals,
    wrongly_carried,
)
from core.adapters.store.payments import paid_orders
from core.domain.model import IN_FLIGHT, LineState, SubmissionState
from core.domain.money import shown
from core.domain.orders.transitions import CLOSED
from core.domain.payments.reconciliation import disagreements
from core.domain.roles import Action, Person, require

S = LineState


class LedgerCheck(NamedTuple):
    """How many entries and attempts were checked, and every problem as a sentence."""

    entries: int
    attempts: int
    problems: tuple[str, ...]


def verify_ledger(store: Store, person: Person, clinic: str) -> LedgerCheck:
    """Whether everything that has to be true of placed orders is: every posting balances on every line and in every
    component; every attempt's row, every rollup and every checkout's total equals its entries; nothing is captured
    beyond what is authorized, no line paid twice, nothing held by a line that has ended; lines, attempts, submissions
    and reserved stock are in step; the payment provider was asked for exactly that."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return check_ledger(work)


def check_ledger(work: Work) -> LedgerCheck:
    """The same within a transaction."""
    attempts = attempt_money(work)
    problems = [f"Posting {posting} does not balance." for posting in unbalanced_postings(work)]
    problems += [problem for attempt in attempts for problem in _wrong(attempt)]
    problems += [f"Line {line} is paid twice." for line in _paid_twice(attempts)]
    problems += [
        f"{row.line}, attempt {row.attempt}: it carries {shown(row.row_cents)} as {row.component}, its ledger says "
        f"{shown(row.ledger_cents)}."
        for row in wrongly_carried(work)
    ]
    problems += [problem for row in neighbors(work) for problem in _out_of_step(row)]
    problems += [f"{checkout}: its total is not that of its parts and lines." for checkout in wrong_totals(work)]
    if money_taken(work) != money_in_totals(work):
        problems.append("The daily rollups do not add up to the ledger.")
    problems += disagreements(*paid_orders(work))
    return LedgerCheck(count_entries(work), len(attempts), tuple(problems))


def _wrong(money: AttemptMoney) -> Iterator[str]:
    name = f"{money.line}, attempt {money.attempt}"
    captured = money.authorised_cents if money.captured else 0
    standing = 0 if money.captured else money.authorised_cents - money.released_cents
    if money.ledger_sum_cents != 0:
        yield f"{name}: its accounts do not sum to zero."
    if money.ledger_authorised_cents != standing:
        yield f"{name}: its authorization is not what the ledger says."
    if money.ledger_payable_cents != captured - money.refunded_cents:
        yield f"{name}: what was captured is not what the ledger says."
    if (money.ledger_released_cents, money.ledger_refunded_cents) != (money.released_cents, money.refunded_cents):
        yield f"{name}: what went back is not what the ledger says."
    if money.refunded_cents > captured or money.released_cents > money.authorised_cents - captured:
        yield f"{name}: more went back than was there."
    if money.state in {LineState.REJECTED, LineState.CANCELLED} and standing + captured != money.refunded_cents:
        yield f"{name}: it ended as {money.state.value} and still holds money."


def _out_of_step(row: Neighbors) -> Iterator[str]:
    name = f"{row.line}, attempt {row.attempt}"
    if row.attempt == row.newest and (row.state, row.pharmacy) != (row.line_state, row.line_pharmacy):
        line = f"its line {row.line_state.value} at {row.line_pharmacy}"
        yield f"{name}: it is {row.state.value} at {row.pharmacy}, {line}."
    if row.attempt > row.newest:
        yield f"{name}: its line does not know of it."
    if row.attempt < row.newest and row.state not in CLOSED:
        yield f"{name}: it is {row.state.value} beside a newer attempt."
    if row.state in _CAPTURED and not row.captured:
        yield f"{name}: it is {row.state.value} and nothing was captured."
    if row.state in _NOT_CAPTURED and row.captured:
        yield f"{name}: it is {row.state.value} and was captured."
    if row.state not in _MAY_BE[row.submission_state]:
        yield f"{name}: it is {row.state.value} and its submission {row.submission} is {row.submission_state.value}."
    if row.reserved not in {row.quantity, None} or (row.reserved is None and row.state in IN_FLIGHT):
        yield f"{name}: {row.reserved or 0} of its {row.quantity} packs are reserved."
    if row.reserved is not None and row.released != (row.state in _ENDED):
        yield f"{name}: it is {row.state.value} and its stock is {'free' if row.released else 'still reserved'}."


_ENDED: Final = frozenset({S.REJECTED, S.CANCELLED})
_CAPTURED: Final = frozenset({S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED, S.RETURNED})
_NOT_CAPTURED: Final = frozenset({S.PLACED, S.SUBMITTED})
_UNSENT: Final = frozenset({S.PLACED, S.CANCELLED})
_MAY_BE: Final[Mapping[SubmissionState, frozenset[LineState]]] = {
    SubmissionState.QUEUED: _UNSENT,
    SubmissionState.SENDING: _UNSENT,
    SubmissionState.UNKNOWN: _UNSENT,
    SubmissionState.WITHDRAWN: frozenset({S.CANCELLED}),
    SubmissionState.REJECTED: frozenset({S.REJECTED, S.CANCELLED}),
    SubmissionState.ACKNOWLEDGED: frozenset(S) - {S.PLACED},
}
"""What a line can be while its submission is in a state."""


def _paid_twice(attempts: list[AttemptMoney]) -> list[str]:
    """Lines with money in two attempts; one that came back keeps what a person did not refund."""
    paid = Counter(
        money.line
        for money in attempts
        if money.captured and money.authorised_cents > money.refunded_cents and money.state is not LineState.RETURNED
    )
    return sorted(line for line, times in paid.items() if times > 1)
