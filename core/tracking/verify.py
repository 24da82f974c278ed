"""Whether the ledger holds: what ``ledger verify`` checks (rules.md, section 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from core.model import LineState
from core.payments.checking import disagreements
from core.people import Action, Person, require
from core.store import Store, Work
from core.store.payments import paid_orders
from core.store.rollups import (
    AttemptMoney,
    attempt_money,
    count_entries,
    money_taken,
    money_tallied,
    unbalanced_postings,
)


class LedgerCheck(NamedTuple):
    """How many entries and attempts were checked, and every problem as a sentence."""

    entries: int
    attempts: int
    problems: tuple[str, ...]


def verify_ledger(store: Store, person: Person, clinic: str) -> LedgerCheck:
    """Every posting balances, every attempt's row and every rollup equals its entries, no line is paid twice."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return check_ledger(work)


def check_ledger(work: Work) -> LedgerCheck:
    """The same within a transaction."""
    attempts = attempt_money(work)
    problems = [f"Posting {posting} does not balance." for posting in unbalanced_postings(work)]
    problems += [problem for attempt in attempts for problem in _wrong(attempt)]
    problems += [f"Line {line} is paid twice." for line in _paid_twice(attempts)]
    if money_taken(work) != money_tallied(work):
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
        yield f"{name}: its authorisation is not what the ledger says."
    if money.ledger_payable_cents != captured - money.refunded_cents:
        yield f"{name}: what was captured is not what the ledger says."
    if (money.ledger_released_cents, money.ledger_refunded_cents) != (money.released_cents, money.refunded_cents):
        yield f"{name}: what went back is not what the ledger says."
    if money.refunded_cents > captured or money.released_cents > money.authorised_cents - captured:
        yield f"{name}: more went back than was there."
    if money.state in {LineState.REJECTED, LineState.CANCELLED} and standing + captured != money.refunded_cents:
        yield f"{name}: it ended as {money.state.value} and still holds money."


def _paid_twice(attempts: list[AttemptMoney]) -> list[str]:
    """Lines with money in two attempts; one that came back keeps what a person did not refund."""
    paid = Counter(
        money.line
        for money in attempts
        if money.captured and money.authorised_cents > money.refunded_cents and money.state is not LineState.RETURNED
    )
    return sorted(line for line, times in paid.items() if times > 1)
