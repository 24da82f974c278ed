"""Any lines, any order of answers: the ledger neither loses nor invents a cent, and shares go where the rules say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.domain import ledger
from core.domain.ledger import Account, Amounts, Charge, Posting, PostingKind

CENTS = st.integers(0, 30_000)


@st.composite
def checkouts(draw: st.DrawFn) -> list[Charge]:
    """Up to six lines in up to three shipments, with weights that need not fit their amounts."""
    return [
        Charge(
            line=f"L{at}",
            attempt=1,
            shipment=draw(st.integers(1, 3)),
            quantity=draw(st.integers(1, 5)),
            processing_weight=draw(CENTS),
            amounts=Amounts(*(draw(CENTS) for _ in range(6))),
        )
        for at in range(draw(st.integers(1, 6)))
    ]


STEPS = st.lists(
    st.tuples(st.sampled_from(["capture", "end", "end", "refund"]), st.sets(st.integers(0, 5), min_size=1), CENTS),
    max_size=12,
)


class Books:
    """The charges as they are, and the accounts as the postings alone make them."""

    def __init__(self, charges: Sequence[Charge]) -> None:
        self.charges = {charge.line: charge for charge in charges}
        self.accounts: Counter[tuple[str, Account]] = Counter()
        self.components: Counter[tuple[str, Account, int]] = Counter()
        self.ended: set[str] = set()
        self.refunded = False
        self.post(ledger.authorised(charge) for charge in charges)

    def post(self, postings: Iterable[Posting]) -> list[Posting]:
        made = list(postings)
        for posting in made:
            of_line: Counter[tuple[str, int]] = Counter()
            for leg in posting.legs:
                self.accounts[leg.line, leg.account] += leg.amounts.total_cents
                for at, cents in enumerate(leg.amounts):
                    of_line[leg.line, at] += cents
                    self.components[leg.line, leg.account, at] += cents
            assert not any(of_line.values()), posting
        return made

    def settle(self, settlement: ledger.Settlement) -> list[Posting]:
        for charge in settlement.charges:
            self.charges[charge.line] = charge
        return self.post(settlement.postings)

    @property
    def live(self) -> list[Charge]:
        return [charge for line, charge in self.charges.items() if line not in self.ended]


def shares(cents: int, weights: Sequence[int]) -> list[int]:
    """By largest remainder, ties to the earlier, all zero meaning equal: written once more, with fractions."""
    even = weights if any(weights) else [1] * len(weights)
    exact = [Fraction(cents * weight, sum(even)) for weight in even]
    whole = [int(one) for one in exact]
    order = sorted(range(len(even)), key=lambda at: (whole[at] - exact[at], at))
    for at in order[: cents - sum(whole)]:
        whole[at] += 1
    return whole


def end(books: Books, names: list[str]) -> None:
    """Lines that end together, and what the rules say of their shares: moved one giver after another."""
    ends = [books.charges[name] for name in names]
    books.ended |= set(names)
    left = books.live
    expected = {charge.line: charge.amounts for charge in left}
    for giver in ends:
        there = giver.amounts.total_cents - giver.refunded_cents
        box = [charge for charge in left if charge.shipment == giver.shipment]
        shipping = min(giver.amounts.shipping_cents, there) if box else 0
        fixed = min(giver.amounts.processing_fixed_cents, there - shipping) if left else 0
        for charge, cents in zip(box, shares(shipping, [one.quantity for one in box]) if box else [], strict=True):
            expected[charge.line] = expected[charge.line].plus(Amounts(shipping_cents=cents))
        for charge, cents in zip(
            left, shares(fixed, [one.processing_weight for one in left]) if left else [], strict=True
        ):
            expected[charge.line] = expected[charge.line].plus(Amounts(processing_fixed_cents=cents))
    postings = books.settle(ledger.ended(ends, left))
    assert {charge.line: charge.amounts for charge in books.live} == expected
    if not left:
        event("the last one ends")
        assert all(posting.kind is not PostingKind.MOVE for posting in postings)
    for name in names:
        assert books.accounts[name, Account.AUTHORISED] == books.accounts[name, Account.PAYABLE] == 0


def assert_sound(books: Books, began_with: Sequence[Charge]) -> None:
    for line, charge in books.charges.items():
        authorised, payable = books.accounts[line, Account.AUTHORISED], books.accounts[line, Account.PAYABLE]
        assert authorised >= 0
        assert payable == charge.paid_cents >= 0
        assert books.accounts[line, Account.CLINIC] == -(authorised + payable)
        assert charge.captured_cents in {0, charge.amounts.total_cents}
        assert 0 <= charge.refunded_cents <= charge.captured_cents
        assert authorised == (0 if charge.captured or line in books.ended else charge.amounts.total_cents)
    if books.refunded:
        return
    for shipment in {charge.shipment for charge in books.live}:
        fee = sum(charge.amounts.shipping_cents for charge in began_with if charge.shipment == shipment)
        assert sum(one.amounts.shipping_cents for one in books.live if one.shipment == shipment) == fee
    if books.live:
        fixed = sum(charge.amounts.processing_fixed_cents for charge in began_with)
        assert sum(one.amounts.processing_fixed_cents for one in books.live) == fixed


@settings(max_examples=200, deadline=None)
@given(checkouts(), STEPS)
def test_no_cent_is_lost_invented_or_paid_twice(charges: list[Charge], steps: list[tuple[str, set[int], int]]) -> None:
    books = Books(charges)
    assert_sound(books, charges)
    for step, numbers, cents in steps:
        names = [charge.line for at, charge in enumerate(charges) if at in numbers and charge.line not in books.ended]
        if step == "end" and names:
            end(books, names)
        for name in names if step != "end" else ():
            charge = books.charges[name]
            if step == "capture" and not charge.captured:
                books.settle(ledger.captured(charge))
            elif step == "refund" and charge.captured:
                books.settle(ledger.refunded(charge, min(cents, charge.paid_cents)))
                books.refunded = True
        assert_sound(books, charges)


@settings(max_examples=100, deadline=None)
@given(checkouts(), st.integers(0, 5), st.booleans())
def test_a_share_is_captured_at_once_exactly_where_its_receiver_is(
    charges: list[Charge], first: int, captured: bool
) -> None:
    books = Books(charges)
    giver = charges[first % len(charges)]
    for charge in charges:
        if captured and charge is not giver:
            books.settle(ledger.captured(charge))
    end(books, [giver.line])
    for charge in books.live:
        assert books.accounts[charge.line, Account.PAYABLE] == (charge.amounts.total_cents if captured else 0)
