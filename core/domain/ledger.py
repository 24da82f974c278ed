"""The money of order lines as double entry: pure postings between a line's accounts (rules.md, section 8).

Every line has three accounts: ``clinic`` (what the clinic has given or been given back, negative while it owes),
``authorised`` (promised, not yet taken) and ``payable`` (taken, owed to the pharmacy and the platform). A posting's
legs sum to zero, over all of it and for each line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Self

from core.domain.money import allocate


class Account(StrEnum):
    """Where a line's money stands."""

    CLINIC = "clinic"
    AUTHORISED = "authorised"
    PAYABLE = "payable"


class PostingKind(StrEnum):
    """What moved it."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"
    MOVE = "move"


class Amounts(NamedTuple):
    """Cents by component; ``processing`` is the percentage part, ``adjustment`` what a person refunded."""

    medication_cents: int = 0
    program_fee_cents: int = 0
    encounter_cents: int = 0
    shipping_cents: int = 0
    processing_cents: int = 0
    processing_fixed_cents: int = 0
    adjustment_cents: int = 0

    @property
    def total_cents(self) -> int:
        """All components together."""
        return sum(self)

    def plus(self, other: Amounts) -> Self:
        """Component by component."""
        return type(self)(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def negated(self) -> Self:
        """The other side of a posting."""
        return type(self)(*(-mine for mine in self))

    def minus(self, other: Amounts) -> Self:
        """Component by component."""
        return self.plus(other.negated())


@dataclass(frozen=True, slots=True)
class Charge:
    """What one attempt of a line costs and what became of it.

    ``amounts`` is what it carries now, moved shares included; its weights are those of its first quote: ``quantity``
    for its shipment's fee, ``processing_weight`` for the checkout's fixed processing.
    """

    line: str
    attempt: int
    shipment: int
    quantity: int
    processing_weight: int
    amounts: Amounts
    captured: bool = False
    released_cents: int = 0
    refunded_cents: int = 0

    @property
    def captured_cents(self) -> int:
        """What was taken, refunds not deducted: all that is authorized, or nothing."""
        return self.amounts.total_cents if self.captured else 0

    @property
    def paid_cents(self) -> int:
        """What was taken and not given back: the most that can be refunded."""
        return self.captured_cents - self.refunded_cents

    @property
    def _stands_on(self) -> Account:
        return Account.PAYABLE if self.captured else Account.AUTHORISED


class Leg(NamedTuple):
    """One line's account changed by ``amounts``."""

    line: str
    attempt: int
    account: Account
    amounts: Amounts


class Posting(NamedTuple):
    """Legs that belong together; they sum to zero."""

    kind: PostingKind
    legs: tuple[Leg, ...]


class Settlement(NamedTuple):
    """Charges as they are after something happened, and the postings that say how."""

    charges: tuple[Charge, ...]
    postings: tuple[Posting, ...]


def authorised(charge: Charge) -> Posting:
    """The clinic promises the whole charge."""
    return _between(PostingKind.AUTHORISE, charge, Account.CLINIC, Account.AUTHORISED, charge.amounts)


def captured(charge: Charge) -> Settlement:
    """All that is authorized becomes payable."""
    posting = _between(PostingKind.CAPTURE, charge, Account.AUTHORISED, Account.PAYABLE, charge.amounts)
    return Settlement((replace(charge, captured=True),), (posting,))


def refunded(charge: Charge, cents: int) -> Settlement:
    """A person gives back part of what was captured. Raises ValueError for more than is still paid."""
    if not 0 <= cents <= charge.paid_cents:
        raise ValueError(f"{cents} cents refunded of {charge.paid_cents} paid")
    posting = _between(PostingKind.REFUND, charge, Account.PAYABLE, Account.CLINIC, Amounts(adjustment_cents=cents))
    after = replace(charge, refunded_cents=charge.refunded_cents + cents)
    return Settlement((after,), (posting,) if cents else ())


def ended(ends: Sequence[Charge], left: Sequence[Charge]) -> Settlement:
    """Lines rejected or cancelled together: their shares move to the lines ``left``, the rest goes back.

    ``left`` are the checkout's other lines that are not rejected, cancelled or returned. A shipment's fee moves to
    those in the same shipment, fixed processing to all; with nobody left it goes back too.
    """
    receivers = {charge.line: charge for charge in left}
    settled_ends, postings = [], []
    for end in ends:
        giver = end
        for share in _shares(end, tuple(receivers.values())):
            giver, receivers[share.line], moves = _moved(giver, receivers[share.line], share.amounts)
            postings += moves
        settled, back = _given_back(giver)
        settled_ends.append(settled)
        postings += back
    changed = [charge for charge in left if receivers[charge.line] is not charge]
    return Settlement((*settled_ends, *(receivers[charge.line] for charge in changed)), tuple(postings))


class _Share(NamedTuple):
    line: str
    amounts: Amounts


def _shares(charge: Charge, left: Sequence[Charge]) -> list[_Share]:
    """Who takes what of a charge's shipment fee and fixed processing, by the original weights."""
    together = [other for other in left if other.shipment == charge.shipment]
    shipping = min(charge.amounts.shipping_cents, _movable(charge)) if together else 0
    fixed = min(charge.amounts.processing_fixed_cents, _movable(charge) - shipping) if left else 0
    by_shipping = dict(_allotted(shipping, together, [other.quantity for other in together]))
    by_fixed = dict(_allotted(fixed, left, [other.processing_weight for other in left]))
    shares = (
        _Share(
            other.line,
            Amounts(shipping_cents=by_shipping.get(other.line, 0), processing_fixed_cents=by_fixed.get(other.line, 0)),
        )
        for other in left
    )
    return [share for share in shares if any(share.amounts)]


def _allotted(cents: int, to: Sequence[Charge], weights: Sequence[int]) -> list[tuple[str, int]]:
    shares = allocate(cents, weights)
    return [(other.line, share) for other, share in zip(to, shares, strict=True)]


def _movable(charge: Charge) -> int:
    """What is still there to move: a person may have refunded more than the line's own part."""
    return charge.amounts.total_cents - charge.refunded_cents


def _moved(giver: Charge, receiver: Charge, amounts: Amounts) -> tuple[Charge, Charge, list[Posting]]:
    """A share with its authorization, from one line to another; captured at once where the receiver is."""
    legs = (
        Leg(giver.line, giver.attempt, giver._stands_on, amounts.negated()),
        Leg(giver.line, giver.attempt, Account.CLINIC, amounts),
        Leg(receiver.line, receiver.attempt, Account.CLINIC, amounts.negated()),
        Leg(receiver.line, receiver.attempt, Account.AUTHORISED, amounts),
    )
    postings = [Posting(PostingKind.MOVE, legs)]
    if receiver.captured:
        postings.append(_between(PostingKind.CAPTURE, receiver, Account.AUTHORISED, Account.PAYABLE, amounts))
    return (
        replace(giver, amounts=giver.amounts.minus(amounts)),
        replace(receiver, amounts=receiver.amounts.plus(amounts)),
        postings,
    )


def _given_back(charge: Charge) -> tuple[Charge, list[Posting]]:
    """What the line still holds returns to the clinic: released, or refunded where it was captured."""
    if charge.paid_cents == 0 and (charge.captured or not any(charge.amounts)):
        return charge, []
    if not charge.captured:
        posting = _between(PostingKind.RELEASE, charge, Account.AUTHORISED, Account.CLINIC, charge.amounts)
        return replace(charge, released_cents=charge.amounts.total_cents), [posting]
    rest = charge.amounts.minus(Amounts(adjustment_cents=charge.refunded_cents))
    posting = _between(PostingKind.REFUND, charge, Account.PAYABLE, Account.CLINIC, rest)
    return replace(charge, refunded_cents=charge.amounts.total_cents), [posting]


def _between(kind: PostingKind, charge: Charge, source: Account, target: Account, amounts: Amounts) -> Posting:
    return Posting(
        kind,
        (
            Leg(charge.line, charge.attempt, source, amounts.negated()),
            Leg(charge.line, charge.attempt, target, amounts),
        ),
    )
