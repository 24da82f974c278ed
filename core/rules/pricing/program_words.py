"""The answer to which program is cheapest, in sentences: the same on every screen and in every file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from core.domain.date_words import day
from core.domain.money import shown
from core.domain.words import count, listed, percent
from core.rules.pricing.program_choice import (
    Candidate,
    DrugChoice,
    ProgramChoice,
    Turning,
    prices_enough,
    that_save_most,
)

C = TypeVar("C", bound=Candidate)


def answer_sentence(answer: ProgramChoice) -> str:
    """``FIZY_FREE is cheapest for you: it saves $733.63 a month against what you have (REFILL_5)``."""
    return _capital(_cheapest(answer.ranked, answer.used, "for you"))


def drug_sentence(active: str, rows: Sequence[DrugChoice], answer: ProgramChoice) -> str:
    """``For tirzepatide POOL is cheapest at your volume: it saves $412.00 a month against what you have (FREE); POOL
    would be equal if its prices rise by 9.5%``."""
    sentence = f"For {active} {_cheapest(rows, answer.used, 'at your volume')}"
    priced = that_save_most(rows) or _others(rows)
    turning = next((row for row in priced if row.even_at is not None), None)
    return f"{sentence}; {turning.program} would be equal if its prices {_moved(turning)}" if turning else sentence


def basis_sentence(answer: ProgramChoice) -> str:
    """What the answer is from, what would change it, and which programs price too little to be one."""
    basis = (
        f"From {count(answer.lines, 'line')} placed {day(answer.first)} to {day(answer.last)}, at the pharmacies and "
        "in the boxes that they had: drug prices, fees, encounters, shipping, processing and monthly fees."
    )
    changes = [_best_routed(answer)] if any(row.lines for row in answer.ranked) else []
    changes += [_what_changes(row) for row in answer.ranked if row.even_at is not None and prices_enough(row)]
    partial = [row.program for row in answer.ranked if not row.is_used and not prices_enough(row)]
    if partial:
        have = "has" if len(partial) == 1 else "have"
        changes.append(f"{listed(partial)} {have} prices for too few of these lines to be an answer.")
    return " ".join([basis, *changes])


def turning_sentence(turning: Turning | None) -> str:
    """``REFILL_5 would be cheapest from $24,000.00 of medication a month, or at a rate of 3.2%.``, or nothing."""
    if turning is None:
        return ""
    ways = []
    if turning.spend_cents is not None:
        ways.append(f"{'from' if turning.grows else 'below'} {shown(turning.spend_cents)} of medication a month")
    if turning.rate is not None:
        ways.append(f"at a rate of {percent(float(turning.rate))}")
    if not ways:
        return f"No spend and no rate would make {turning.program} the cheapest."
    return f"{turning.program} would be cheapest {', or '.join(ways)}."


def _best_routed(answer: ProgramChoice) -> str:
    """Which program is cheapest where every box goes to its best pharmacy."""
    rows = [row for row in answer.ranked if prices_enough(row)]
    most = max((row.routed_cents for row in rows), default=0)
    best = [row for row in rows if row.routed_cents == most]
    if not most:
        return "With every box at its cheapest pharmacy of the day, nothing would have been cheaper."
    return (
        f"With every box at its cheapest pharmacy of the day, {_programs(best)} would be cheapest: {shown(most)} "
        "a month less than you paid."
    )


def _cheapest(rows: Sequence[Candidate], used: Sequence[str], where: str) -> str:
    """Which of the programs is cheapest; one that prices too few lines is never named as one."""
    now = f"what you have ({listed(used)})"
    if best := that_save_most(rows):
        verb = "is cheapest {}: it saves" if len(best) == 1 else "are cheapest {}: each saves"
        return f"{_programs(best)} {verb.format(where)} {shown(best[0].month_cents)} a month against {now}"
    others = _others(rows)
    if not others:
        short = "" if all(row.is_used for row in rows) else ": no other program prices nine in ten of your lines"
        return f"{now} has nothing to be compared with{short}"
    more = -others[0].month_cents
    equal = [row for row in others if -row.month_cents == more]
    each = "" if len(equal) == 1 else " each"
    if not more:
        costs = "costs" if len(equal) == 1 else "cost"
        return f"{now} is cheapest {where}; {_programs(equal)} {costs} the same"
    return f"{now} is cheapest {where}; {_programs(equal)} would{each} cost {shown(more)} a month more"


def _others(rows: Sequence[C]) -> list[C]:
    """The programs that could take the place of what the clinic has, the cheapest first."""
    return [row for row in rows if not row.is_used and prices_enough(row)]


def _programs(rows: Sequence[Candidate]) -> str:
    return listed([row.program for row in rows])


def _moved(row: Candidate) -> str:
    even = float(row.even_at or 0)
    return f"{'rise' if even >= 0 else 'fall'} by {percent(abs(even))}"


def _what_changes(row: Candidate) -> str:
    saves = "saves until" if (row.even_at or 0) >= 0 else "would save once"
    return f"{row.program} {saves} its prices {_moved(row)}."


def _capital(sentence: str) -> str:
    return sentence if sentence[:4] != "what" else f"W{sentence[1:]}"
