"""How fast a pharmacy is spoken to: its rate limit, and a breaker that leaves it alone while it is down. Pure.

The state is kept in the store, so any number of workers respect it together.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Final

from core.domain.partners.link import Health, Link
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected

TRIPS_AFTER: Final = 3
"""Failures in a row after which a pharmacy is left alone: each may be an order whose answer was lost."""
FIRST_COOLDOWN: Final = timedelta(minutes=1)
LONGEST_COOLDOWN: Final = timedelta(minutes=30)
WINDOW: Final = timedelta(minutes=1)
"""The span in which at most a pharmacy's ``per_minute`` submissions are sent."""


def is_open(health: Health, now: datetime) -> bool:
    """Whether the breaker is open: nothing is sent to the pharmacy now."""
    return health.rests_until is not None and now < health.rests_until


def is_tripped(health: Health) -> bool:
    """Whether the breaker has tripped: after the cooldown it is half-open, and one submission tries the pharmacy."""
    return health.failures >= TRIPS_AFTER


def breaker(health: Health, now: datetime) -> str:
    """The breaker's state: ``closed`` sends, ``open`` waits for its cooldown, ``half-open`` tries with one."""
    if is_open(health, now):
        return "open"
    return "half-open" if is_tripped(health) else "closed"


def allowance(link: Link, health: Health, sent: int, most: int, now: datetime) -> int:
    """How many submissions may be claimed for a pharmacy now, of which ``sent`` went out within the last window."""
    if is_open(health, now):
        return 0
    room = most if link.per_minute is None else min(most, max(link.per_minute - sent, 0))
    return min(room, 1) if is_tripped(health) else room


def after(health: Health, answer: Answer, now: datetime) -> Health:
    """A pharmacy's health after an answer. One that asks for patience gets it; what was not tried changes nothing."""
    match answer:
        case Acknowledged() | Rejected():
            return health._replace(failures=0, rests_until=None, last_ok_at=now)
        case NotSent(tried=False):
            return health
        case NotSent(why=why, retry_after=patience) if patience is not None:
            until = now + min(patience, LONGEST_COOLDOWN)
            return health._replace(rests_until=until, last_error=why, last_error_at=now)
        case NotSent(why=why) | Lost(why=why):
            failed = health._replace(failures=health.failures + 1, last_error=why, last_error_at=now)
            return failed._replace(rests_until=now + cooldown(failed)) if is_tripped(failed) else failed


def cooldown(health: Health) -> timedelta:
    """How long a pharmacy is left alone: a minute, doubling to half an hour, and up to half of that as jitter."""
    plain = min(FIRST_COOLDOWN * (1 << min(health.failures - TRIPS_AFTER, 10)), LONGEST_COOLDOWN)
    return plain * (1 + jitter(f"{health.pharmacy} {health.failures}") / 2)


def jitter(seed: str) -> float:
    """A number from 0 to 1 that follows from a text: what waits together comes back apart, and a run repeats."""
    return zlib.crc32(seed.encode()) / 2**32
