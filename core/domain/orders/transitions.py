"""What an event does to an attempt: move it, join its history, or not fit (rules.md, section 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from core.domain.lifecycle import NEXT, ORDER
from core.domain.model import IN_FLIGHT, LineState, SubmissionState
from core.domain.orders.records import Attempt, EventOutcome

S = LineState

SENT: Final = frozenset({SubmissionState.SENDING, SubmissionState.UNKNOWN, SubmissionState.ACKNOWLEDGED})
"""A submission that the pharmacy has, or may have."""

CLOSED: Final = frozenset({S.REJECTED, S.CANCELLED, S.RETURNED})
"""States after which an attempt carries nothing and answers to no event."""


HELD: Final = "held before sending"
"""What this side says of a line whose patient or prescription changed after checkout."""


class EventDecision(NamedTuple):
    """``states`` are entered in turn, those before the last being implied; ``note`` says why an event does not fit."""

    outcome: EventOutcome
    states: tuple[LineState, ...] = ()
    note: str = ""


HISTORY: Final = EventDecision(EventOutcome.HISTORY)


def decide(attempt: Attempt, newest: int, sent: SubmissionState, status: str, at: datetime) -> EventDecision:
    """What ``status``, said at ``at``, means for an attempt of a line whose newest attempt is ``newest``."""
    if status == HELD:
        return _unmatched("a person says whether it is still to be sent")
    if status not in set(S):
        return _unmatched(f"“{status}” is not a state that we know")
    target = S(status)
    if attempt.state in CLOSED or attempt.number != newest:
        return _after_the_end(attempt, target, at)
    if target is S.PLACED:
        return HISTORY
    if attempt.state is S.PLACED:
        return _while_placed(sent, target)
    return _at_pharmacy(attempt, target, at)


def _after_the_end(attempt: Attempt, target: LineState, at: datetime) -> EventDecision:
    passed = _rank(target) is not None and _reached(attempt, target)
    late = attempt.ended_at is not None and at <= attempt.ended_at
    if target is attempt.state or (passed and late):
        return HISTORY
    return _unmatched(f"attempt {attempt.number} is {attempt.state.value}; it cannot become {target.value}")


def _while_placed(sent: SubmissionState, target: LineState) -> EventDecision:
    if sent not in SENT:
        return _unmatched(f"the pharmacy cannot know of it: its submission is {sent.value}")
    if target is S.SUBMITTED:
        return EventDecision(EventOutcome.MOVED, (S.SUBMITTED,))
    if target not in NEXT[S.SUBMITTED]:
        return _unmatched(f"it was only just sent; it cannot become {target.value}")
    return EventDecision(EventOutcome.MOVED, (S.SUBMITTED, *_implied(S.SUBMITTED, target), target))


def _at_pharmacy(attempt: Attempt, target: LineState, at: datetime) -> EventDecision:
    current = _place_in_order(attempt)
    if target is S.ON_HOLD and _hold_is_over(attempt, at):
        return HISTORY
    if attempt.state is S.ON_HOLD and target is current:
        return EventDecision(EventOutcome.MOVED, (target,))
    if _reached(attempt, target):
        return HISTORY
    if target in NEXT[attempt.state]:
        still_held = _held_later(attempt, target, at)
        return EventDecision(
            EventOutcome.MOVED, (*_implied(current, target), target, *([S.ON_HOLD] if still_held else []))
        )
    return _unmatched(f"it is {attempt.state.value}; it cannot become {target.value}")


def _hold_is_over(attempt: Attempt, at: datetime) -> bool:
    """A hold told twice, told after shipping, or told late: before what we last heard of the line."""
    instants = (attempt.accepted_at, attempt.compounding_at)
    since = max((instant for instant in instants if instant is not None), default=at)
    return attempt.state not in IN_FLIGHT or attempt.state is S.ON_HOLD or at < since


def _held_later(attempt: Attempt, target: LineState, at: datetime) -> bool:
    """Whether a hold that we know of came after this: the line went on, and is on hold still."""
    held_at = attempt.held_at if attempt.state is S.ON_HOLD else None
    return held_at is not None and at < held_at and target in IN_FLIGHT


def _place_in_order(attempt: Attempt) -> LineState:
    """How far along the way it is: an attempt on hold, or ended, stands where it came from."""
    return attempt.before or attempt.state


def _reached(attempt: Attempt, target: LineState) -> bool:
    goal, current = _rank(target), _rank(_place_in_order(attempt))
    return goal is not None and current is not None and goal <= current


def _rank(state: LineState) -> int | None:
    return ORDER.index(state) if state in ORDER else None


def _implied(current: LineState, target: LineState) -> tuple[LineState, ...]:
    """The states of the usual way that lie between."""
    goal, start = _rank(target), _rank(current)
    return ORDER[start + 1 : goal] if goal is not None and start is not None else ()


def _unmatched(note: str) -> EventDecision:
    return EventDecision(EventOutcome.UNMATCHED, note=note)
