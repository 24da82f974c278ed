"""What every partner can do: take a message, look one up, tell what has happened to lines, polled or pushed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine
from core.domain.partners.message import Message


class Acknowledged(NamedTuple):
    """The partner has it, under its own reference if it gives one.

    ``short`` are lines of which it took less than was ordered, in its words: quantity is all or nothing, so each is put
    on hold for a person.
    """

    partner_reference: str = ""
    short: tuple[RejectionMessage, ...] = ()


class Rejected(NamedTuple):
    """The partner takes none of it, in its own words."""

    refusals: tuple[RejectionMessage, ...]


class Lost(NamedTuple):
    """It may or may not have arrived: nobody sends it again by himself."""

    why: str


class NotSent(NamedTuple):
    """It certainly never left, or was turned away unread: it may be sent again, not before ``retry_after``.

    ``tried`` is False where nobody even knocked, because the pharmacy was out of reach for another message.
    """

    why: str
    retry_after: timedelta | None = None
    tried: bool = True


Answer = Acknowledged | Rejected | Lost | NotSent


class UnreadRow(NamedTuple):
    """A row of a push that no event can be made of, by its place from 1, and why."""

    row: int
    why: str


class PushContent(NamedTuple):
    """What a push holds; ``problem`` is why nothing of it can be read, else empty."""

    events: Sequence[Event] = ()
    unread: Sequence[UnreadRow] = ()
    problem: str = ""


class Partner(Protocol):
    """A pharmacy's way of being spoken to. ``send`` may raise: what was sent is then unknown."""

    def send(self, message: Message, now: datetime) -> Answer:
        """Hand a message over."""

    def look_up(self, reference: str) -> Acknowledged | Rejected | None:
        """What became of a submission whose answer was lost; None where the partner cannot say."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """What is new of these lines."""
