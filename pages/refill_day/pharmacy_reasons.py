"""Why this pharmacy, and why not another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from core.domain.context import Context
from core.domain.model import Alternative, RoutedLine
from core.rules.eligibility import OBSTACLES, Obstacle, destination_state
from core.rules.split.preferences import EXCLUDED
from pages.shared.formats import code_phrase, count, day, listed, pharmacy_name, signed_money

_NEAREST: Final = 4


def why(routed: RoutedLine, context: Context) -> Iterator[str]:
    """Who fills the line and when; every other pharmacy with what it would change, or why it may not."""
    if routed.pharmacy is not None and routed.promise is not None:
        pinned = " It is pinned, so no other was considered." if routed.line.pharmacy else ""
        yield (
            f"{pharmacy_name(routed.pharmacy, context)} ships on {day(routed.promise.ships_on)} and delivers on "
            f"{day(routed.promise.delivers_on)}.{pinned or because(routed)}"
        )
    elif routed.line.hold:
        yield "The line is held: no pharmacy is chosen."
    else:
        yield f"No pharmacy can fill it: {reasons(routed, routed.codes, context)}."
    for other in routed.alternatives:
        yield f"{pharmacy_name(other.pharmacy, context)} instead: {_change(other)}."
    for refusal in routed.refused:
        yield f"{pharmacy_name(refusal.pharmacy, context)} cannot: {reasons(routed, refusal.codes, context)}."


def what_would_help(routed: RoutedLine, context: Context) -> Iterator[str]:
    """For a line that nobody can fill: by pharmacy, all that would have to change; the nearest ones first."""
    ours = {EXCLUDED}  # what the clinic itself can undo comes first
    nearest = sorted(routed.refused, key=lambda each: (set(each.codes) != ours, len(each.codes), each.pharmacy))
    state = destination_state(routed.line, context) or "this state"
    for refusal in nearest[:_NEAREST]:
        changes = listed([_obstacle(code).change.format(state=state) for code in refusal.codes])
        yield f"{pharmacy_name(refusal.pharmacy, context)}: {changes}."
    if not nearest:
        yield "No pharmacy has a price for it: load one on Setup."


def reasons(routed: RoutedLine, codes: Sequence[str], context: Context) -> str:
    """Why a pharmacy cannot fill a line, in a few words a code."""
    state = destination_state(routed.line, context) or "this state"
    return ", ".join(_obstacle(code).reason.format(state=state) for code in codes)


def _obstacle(code: str) -> Obstacle:
    words = code_phrase(code)
    return OBSTACLES.get(code, Obstacle(words, words))


def because(routed: RoutedLine) -> str:
    """How the chosen pharmacy compares with the others that could fill the line, the rest of the cart as it is."""
    if not routed.alternatives:
        return " No other pharmacy can fill it."
    cheaper = any(other.extra_cost_cents < 0 for other in routed.alternatives)
    earlier = any(other.extra_days < 0 for other in routed.alternatives)
    if cheaper and earlier:
        return " Others are cheaper or earlier, but not better for this objective."
    if cheaper:
        return " No other is earlier."
    return " No other is cheaper." if earlier else " No other is cheaper or earlier."


def _change(other: Alternative) -> str:
    if not other.extra_days:
        days = "the same day"
    else:
        days = f"{count(abs(other.extra_days), 'day')} {'later' if other.extra_days > 0 else 'earlier'}"
    return f"{signed_money(other.extra_cost_cents)} for the whole checkout, {days}"
