"""What a provider is asked for so that it agrees with the ledger: one hold an order, captured once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.payments.operations import OPEN, Kind, Operation, Standing, State
from core.domain.payments.plan import LEAST_CENTS, Planned, Wanted, planned
from core.domain.payments.reconciliation import disagreements
from tests.stores import NOW

A, C, R, B = Kind.AUTHORISE, Kind.CAPTURE, Kind.RELEASE, Kind.REFUND
ORDER = "RD-20261204-01-CEDAR"


def op(kind: Kind, cents: int, name: str, hold: str = "h1", state: State = State.DONE, tries: int = 1) -> Operation:
    return Operation(name, "RD-20261204-01", ORDER, kind, cents, hold, state, NOW, NOW, tries)


HELD = op(A, 300_00, "h1")
WAITING = op(A, 300_00, "h1", state=State.WAITING, tries=0)
ASKED = op(A, 300_00, "h1", state=State.WAITING)
DECLINED = op(A, 300_00, "h1", state=State.DECLINED)
LAPSED = op(A, 300_00, "h1", state=State.LAPSED)
TAKEN = (HELD, op(C, 200_00, "c1"))


@pytest.mark.parametrize(
    ("case", "open_cents", "paid_cents", "operations", "new", "withdrawn"),
    [
        ("nothing costs nothing", 0, 0, (), (), ()),
        ("placed: one hold for all of it", 300_00, 0, (), (Wanted(A, 300_00),), ()),
        ("a hold that is on its way counts", 300_00, 0, (WAITING,), (), ()),
        ("a line accepted, others not answered: wait", 200_00, 100_00, (HELD,), (), ()),
        ("a line rejected, others not answered: wait", 200_00, 0, (HELD,), (), ()),
        ("all accepted: capture", 0, 300_00, (HELD,), (Wanted(C, 300_00, "h1"),), ()),
        ("some accepted, some rejected: the rest is given up", 0, 200_00, (HELD,), (Wanted(C, 200_00, "h1"),), ()),
        ("all rejected: release", 0, 0, (HELD,), (Wanted(R, 300_00, "h1"),), ()),
        ("all cancelled before it was asked for", 0, 0, (WAITING,), (), ("h1",)),
        ("all cancelled when it may have been asked for", 0, 0, (ASKED,), (Wanted(R, 300_00, "h1"),), ()),
        ("all cancelled after it was declined", 0, 0, (DECLINED,), (), ("h1",)),
        ("a declined hold is not asked for again by itself", 300_00, 0, (DECLINED,), (), ()),
        ("a hold that ran out is made anew", 300_00, 0, (LAPSED,), (Wanted(A, 300_00),), ()),
        ("one that ran out before its capture", 0, 200_00, (LAPSED,), (Wanted(A, 200_00), Wanted(C, 200_00)), ()),
        ("a share moved in: another hold", 330_00, 0, (HELD,), (Wanted(A, 30_00),), ()),
        ("a share too small for a card", 300_30, 0, (HELD,), (Wanted(A, LEAST_CENTS),), ()),
        ("a refund after the capture", 0, 150_00, TAKEN, (Wanted(B, 50_00, "h1"),), ()),
        ("refunded before the capture: only less is captured", 0, 250_00, (HELD,), (Wanted(C, 250_00, "h1"),), ()),
        ("sent again after the capture: a hold of its own", 120_00, 200_00, TAKEN, (Wanted(A, 120_00),), ()),
        ("settled", 0, 200_00, TAKEN, (), ()),
        ("more is owed than was held", 0, 310_00, (HELD,),
         (Wanted(C, 300_00, "h1"), Wanted(A, 10_00), Wanted(C, 10_00)), ()),
        ("a hold that nothing needs", 100_00, 0, (HELD, op(A, 120_00, "h2", "h2")), (Wanted(R, 120_00, "h2"),), ()),
    ],
)  # fmt: skip
def test_what_is_missing(
    case: str,
    open_cents: int,
    paid_cents: int,
    operations: Sequence[Operation],
    new: tuple[Wanted, ...],
    withdrawn: tuple[str, ...],
) -> None:
    assert planned(Standing(open_cents, paid_cents), operations) == Planned(new, withdrawn)


@pytest.mark.parametrize(
    ("case", "open_cents", "paid_cents", "new"),
    [
        ("take what is due, hold the rest anew", 200_00, 100_00, (Wanted(A, 200_00), Wanted(C, 100_00, "h1"))),
        ("nothing is due yet: another hold for this one", 300_00, 0, (Wanted(A, 300_00), Wanted(R, 300_00, "h1"))),
    ],
)
def test_a_hold_that_runs_out_soon(case: str, open_cents: int, paid_cents: int, new: tuple[Wanted, ...]) -> None:
    assert planned(Standing(open_cents, paid_cents), (HELD,), ["h1"]) == Planned(new)


class Bank:
    """An order's operations carried out in an order that chance chooses, and what they come to at the provider."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.operations: list[Operation] = []
        self.held: dict[str, int] = {}
        self.taken: dict[str, int] = {}

    def settle(self, standing: Standing, lapsing: Sequence[str] = ()) -> None:
        plan = planned(standing, self.operations, lapsing)
        for one in self.operations:
            if one.hold in plan.withdrawn and one.state in OPEN:
                one.state = State.WITHDRAWN
        for wanted in plan.new:
            name = f"o{next(self.numbers):04}"
            hold = wanted.hold or (name if wanted.kind is A else self.operations[-1].id)
            self.operations.append(op(wanted.kind, wanted.cents, name, hold, State.WAITING, 0))

    def carry_out(self, chance: int) -> None:
        """One of the operations that may go next; one authorisation in four is declined."""
        due = [one for one in self.operations if one.state is State.WAITING and not self._follows(one)]
        if not due:
            return
        one = due[chance % len(due)]
        one.tries += 1
        one.state = State.DONE
        if one.kind is A and chance % 4 == 3:
            one.state = State.DECLINED
        elif one.kind is A:
            self.held[one.id] = one.cents
        elif one.kind is C:
            assert 0 < one.cents <= self.held.pop(one.hold)
            self.taken[one.hold] = one.cents
        elif one.kind is R:
            self.held.pop(one.hold)
        else:
            assert 0 < one.cents <= self.taken[one.hold]
            self.taken[one.hold] -= one.cents

    def _follows(self, one: Operation) -> bool:
        return any(other.hold == one.hold and other.id < one.id and other.state in OPEN for other in self.operations)

    def try_again(self, standing: Standing) -> None:
        """What a person does about what was declined."""
        declined = {one.hold for one in self.operations if one.state is State.DECLINED}
        for one in self.operations:
            if one.hold in declined and one.state in OPEN:
                one.state = State.WITHDRAWN
        self.settle(standing)

    def lapse(self) -> None:
        """A bank gives up a hold that nothing follows on."""
        for one in self.operations:
            alone = not any(other.hold == one.id and other is not one and other.state is not State.WITHDRAWN
                            for other in self.operations)  # fmt: skip
            if one.kind is A and one.state is State.DONE and alone:
                one.state = State.LAPSED
                self.held.pop(one.id)
                return


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["placed", "accepted", "ended", "refund", "carry out", "lapsing", "lapse", "again"]),
        st.integers(1, 400),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_happens_the_provider_comes_to_what_the_ledger_says(steps: list[tuple[str, int]]) -> None:
    bank, open_cents, paid_cents = Bank(), 0, 0
    for step, number in steps:
        if step == "placed":
            open_cents += number
        elif step == "accepted":
            open_cents, paid_cents = open_cents - min(number, open_cents), paid_cents + min(number, open_cents)
        elif step == "ended":
            open_cents -= min(number, open_cents)
        elif step == "refund":
            paid_cents -= min(number, paid_cents)
        elif step == "carry out":
            bank.carry_out(number)
        elif step == "lapse":
            bank.lapse()
        elif step == "again":
            bank.try_again(Standing(open_cents, paid_cents))
        holds = [one.id for one in bank.operations if one.kind is A and one.state is State.DONE]
        bank.settle(Standing(open_cents, paid_cents), holds[:1] if step == "lapsing" else ())
        assert planned(Standing(open_cents, paid_cents), bank.operations) == Planned()
        assert (
            list(disagreements({ORDER: Standing(open_cents, paid_cents)}, {ORDER: bank.operations}, frozenset())) == []
        )
    standing = Standing(0, paid_cents)
    bank.settle(standing)
    for turn in range(200):
        bank.carry_out(4 * turn)
        bank.try_again(standing)
    assert sum(bank.taken.values()) == paid_cents
    assert sum(bank.held.values()) == 0
    assert not any(one.state in OPEN for one in bank.operations)


@pytest.mark.parametrize(
    ("case", "standing", "operations", "sent", "says"),
    [
        ("never asked for", Standing(300_00, 0), (), False,
         "the ledger says authorise $300.00; the provider was not asked to."),
        ("captured and never asked for", Standing(0, 300_00), (HELD,), False, "the ledger says capture $300.00"),
        ("refunded and never asked for", Standing(0, 150_00), TAKEN, False, "the ledger says refund $50.00"),
        ("captured beyond its hold", Standing(0, 310_00), (HELD, op(C, 310_00, "c1")), False,
         "$310.00 is captured of a hold of $300.00."),
        ("captured twice", Standing(0, 300_00), (HELD, op(C, 200_00, "c1"), op(C, 100_00, "c2")), False,
         "one hold is captured twice."),
        ("more refunded than taken", Standing(0, 0), (*TAKEN, op(B, 210_00, "b1")), False,
         "$210.00 is refunded of $200.00 that was captured."),
        ("taken from what had run out", Standing(0, 200_00), (LAPSED, op(C, 200_00, "c1")), False,
         "something is captured of a hold that had run out."),
        ("of no hold", Standing(0, 0), (op(R, 300_00, "r1", "h9"),), False, "a payment belongs to no hold"),
        ("sent and not authorised", Standing(300_00, 0), (DECLINED,), True, "was never authorized."),
        ("still held for nothing", Standing(0, 0), (DECLINED,), False, "an authorization waits that nothing needs"),
    ],
)  # fmt: skip
def test_every_disagreement_is_said(
    case: str, standing: Standing, operations: Sequence[Operation], sent: bool, says: str
) -> None:
    said = list(disagreements({ORDER: standing}, {ORDER: operations}, frozenset([ORDER] if sent else [])))
    assert any(says in one for one in said), said
    assert all(one.startswith(ORDER) for one in said)
