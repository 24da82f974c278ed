"""Any order of what people, pharmacies and accidents do to a cart and its lines, beside a model of a few rules.

The model knows lines as states alone; money, stock, history and rollups are held against their own invariants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import bindparam, select

from core.adapters.files import Folder
from core.adapters.store import save_folder
from core.adapters.store.tables import ATTEMPT, ORDER_LINE, SUBMISSION
from core.domain.errors import Blocked, Differs, RefillDayError, Refused
from core.domain.model import Days, LineState, Objective, SubmissionState
from core.domain.orders.book import Event
from core.domain.orders.records import EventOutcome, SentLine
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer
from core.rules.plan import plan
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_line
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line, remove_line
from core.services.checkout import Confirmation, Receipt, place
from core.services.orders.events import record_event
from core.services.orders.recovery import Resolution, cancel, refund, resolve, resubmit, settle_unmatched
from core.services.orders.views import line_detail
from core.services.partners.worker import run_once
from tests.simulation.clinic import PATIENTS, REFILL_DAYS, STAFF, offer
from tests.simulation.pharmacies import Died
from tests.simulation.running import Weeks, weeks
from tests.simulation.sound import problems
from tests.simulation.week import DEATHS
from tests.soak import KILLS
from tests.stores import CLINIC

S, Q = LineState, SubmissionState
ADA = STAFF[0]
DAY = REFILL_DAYS[0]
WAY = [S.PLACED, S.SUBMITTED, S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED]
IN_FLIGHT = {S.PLACED, S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING}


@dataclass
class Line:
    """What the model knows of a placed line."""

    reference: str
    patient: str
    state: LineState = S.PLACED
    sent: SubmissionState = Q.QUEUED
    attempt: int = 1
    shipped: bool = False
    refunded: bool = False
    stopped: bool = False
    before: LineState = S.SUBMITTED
    told: list[Event] = field(default_factory=list)

    @property
    def serves(self) -> bool:
        """Whether the patient needs no other line: one is under way, or has gone out."""
        return self.state in IN_FLIGHT or self.shipped

    def hears(self, status: LineState) -> None:
        """An event of the pharmacy for the newest attempt, once its submission was sent."""
        if self.sent not in {Q.SENDING, Q.UNKNOWN, Q.ACKNOWLEDGED} or self.state in {S.REJECTED, S.CANCELLED}:
            return
        ends = status in {S.REJECTED, S.CANCELLED} and self.state in IN_FLIGHT
        returns = status is S.RETURNED and self.state in {S.SHIPPED, S.DELIVERED}
        stands = self.before if self.state is S.ON_HOLD else self.state
        onward = status in WAY and stands in WAY and WAY.index(status) > WAY.index(stands)
        onward = onward or (self.state is S.ON_HOLD and status is self.before)
        if ends or returns or onward:
            self.state, self.sent = status, Q.ACKNOWLEDGED
            self.shipped = self.shipped or status in {S.SHIPPED, S.DELIVERED}


@dataclass
class Post:
    """A pharmacy that takes messages as it is told to; what arrived is counted."""

    received: dict[str, int]
    how: str

    def send(self, message: Message, now: object) -> Answer:
        """It arrives, but for one way; the answer may be lost."""
        if self.how != "never sees it":
            self.received[message.reference] = self.received.get(message.reference, 0) + 1
        if self.how == "the worker dies":
            raise Died
        if self.how != "takes it":
            raise TimeoutError
        return Acknowledged("theirs")

    def look_up(self, reference: str) -> None:
        """It cannot say."""

    def poll(self, lines: Sequence[SentLine], now: object) -> Sequence[Event]:
        """It has no news."""
        return ()


class Anything(RuleBasedStateMachine):
    """Whatever may happen to a clinic's refill day."""

    opened: ClassVar[Weeks]

    def __init__(self) -> None:
        super().__init__()
        self.store, self.clock = self.opened.store, self.opened.clock
        self.cart: dict[str, str] = {}
        self.held: set[str] = set()
        self.lines: dict[str, Line] = {}
        self.received: dict[str, int] = {}
        self.confirmed: tuple[Confirmation, tuple[object, ...], dict[str, str]] | None = None
        self.placed: list[tuple[str, str]] = []
        self.prices, self.events, self.failed = 0, 0, False

    @initialize(patients=st.sets(st.sampled_from(PATIENTS), min_size=2))
    def begins(self, patients: set[str]) -> None:
        """The clinic as it was loaded, and a first checkout."""
        self.opened.begin_again()
        self.store.doom = None
        for patient in sorted(patients):
            self.add(patient)
        self.confirm()
        self.place("")

    # the cart

    @rule(patient=st.sampled_from(PATIENTS))
    def add(self, patient: str) -> None:
        """A line by hand, for somebody who is not in the cart."""
        if patient not in self.cart.values():
            (line,) = add_line(self.store, ADA, CLINIC, DAY, CartRow(patient, "SEMA")).lines
            self.cart[line.id] = patient

    @precondition(lambda self: self.cart)
    @rule(data=st.data(), removed=st.booleans())
    def hold_or_remove(self, data: st.DataObject, removed: bool) -> None:
        """A line is held or let go, or taken out."""
        chosen = data.draw(st.sampled_from(sorted(self.cart)))
        (line,) = (line for line in open_cart(self.store, ADA, CLINIC, DAY).cart.lines if line.id == chosen)
        if removed:
            remove_line(self.store, ADA, CLINIC, line.id, line.version)
            del self.cart[chosen]
            self.held.discard(chosen)
            return
        edit_line(self.store, ADA, CLINIC, line.id, line.version, {"hold": not line.hold})
        self.held ^= {chosen}

    @rule(pharmacy=st.sampled_from(["cedar", "birch", "oak"]), dollars=st.integers(80, 140))
    def price(self, pharmacy: str, dollars: int) -> None:
        """A pharmacy asks something else."""
        folder = Folder(offers=(offer(pharmacy, "SEMA", dollars * 100),))
        self.store.write(CLINIC, lambda work: save_folder(work, folder))
        self.prices += 1

    def _seen(self) -> tuple[object, ...]:
        stands = sorted((line.reference, line.state, line.attempt, line.shipped) for line in self.lines.values())
        return self.prices, sorted(self.cart.items()), sorted(self.held), stands

    @property
    def _going(self) -> dict[str, str]:
        return {line: patient for line, patient in self.cart.items() if line not in self.held}

    @rule()
    def confirm(self) -> None:
        """Somebody looks at the cart, and is about to press."""
        opened = open_cart(self.store, ADA, CLINIC, DAY)
        days = Days(DAY, self.clock.now.date(), self.clock.now)
        program = opened.context.program("FREE", days.placing_day)
        assert program is not None
        seen = plan(opened.cart, opened.context, program, Objective.CHEAPEST, days)
        confirmation = Confirmation(
            None, "FREE", Objective.CHEAPEST, days, expected_cents=seen.quote.total_cents, hash=seen.hash,
            acknowledged=None,
        )  # fmt: skip
        self.confirmed = confirmation, self._seen(), self._going

    @rule(dies=st.sampled_from(["", "", *DEATHS]), looks_again=st.booleans())
    def place(self, dies: str, looks_again: bool = False) -> None:
        """The press, perhaps by a process that dies in it and starts again; then the same press once more."""
        if looks_again or not self.confirmed:
            self.confirm()
        assert self.confirmed
        confirmation, seen, going = self.confirmed
        unchanged, before = seen == self._seen(), self._rows()
        self.store.doom = (1, dies) if dies else None
        outcome = self._pressed(confirmation)
        if outcome is Died:
            assert dies == "after" or self._rows() == before
            outcome = self._pressed(confirmation)
        if isinstance(outcome, Receipt):
            assert outcome.total_cents == confirmation.expected_cents
            self._now_placed(outcome, going)
            assert self._pressed(confirmation) == outcome._replace(held=())
            return
        assert self._rows() == before
        if unchanged:
            blocked = any(self._served(patient) for patient in going.values())
            assert isinstance(outcome, Blocked if blocked else Refused), outcome
            assert blocked or not going, outcome

    def _pressed(self, confirmation: Confirmation) -> Any:
        try:
            return place(self.store, ADA, CLINIC, confirmation)._replace(held=())
        except Died:
            return Died
        except RefillDayError as refusal:
            return refusal

    def _now_placed(self, receipt: Receipt, going: dict[str, str]) -> None:
        if any(line.reference.startswith(receipt.checkout) for line in self.lines.values()):
            return
        self.placed += [(receipt.checkout, line) for line in going]
        for reference, patient in self._patients(receipt.checkout).items():
            self.lines[reference] = Line(reference, patient)
        assert sorted(line.patient for line in self.lines.values() if line.reference.startswith(receipt.checkout)) == (
            sorted(going.values())
        )
        self.cart = {line: patient for line, patient in self.cart.items() if line not in going}

    def _served(self, patient: str, but: str = "") -> bool:
        return any(line.serves for line in self.lines.values() if line.patient == patient and line.reference != but)

    # sending

    @rule(how=st.sampled_from(["takes it", "takes it", "loses the answer", "never sees it"]))
    def send(self, how: str) -> None:
        """A worker's round; a message whose answer is lost is unknown until a person knows."""
        run_once(self.store, CLINIC, lambda _: Post(self.received, how), worker="w1")
        sent = Q.ACKNOWLEDGED if how == "takes it" else Q.UNKNOWN
        self._now_sent({Q.QUEUED: {sent} if not self.failed else {sent, Q.QUEUED}})
        self.failed = self.failed or how != "takes it"

    @precondition(lambda self: any(line.sent is Q.QUEUED and not line.stopped for line in self.lines.values()))
    @rule()
    def crash_while_sending(self) -> None:
        """A worker dies with a message on its way; when its lease is over, another one gives it up."""
        died = False
        try:
            run_once(self.store, CLINIC, lambda _: Post(self.received, "the worker dies"), worker="w1")
        except Died:
            died = True
        assert died or self.failed
        self._now_sent({Q.QUEUED: {Q.QUEUED, Q.SENDING}})
        self.clock.forward(minutes=6)
        run_once(self.store, CLINIC, lambda _: Post(self.received, "takes it"), worker="w2")
        self._now_sent({Q.SENDING: {Q.UNKNOWN}, Q.QUEUED: {Q.ACKNOWLEDGED, Q.QUEUED}})
        self.failed = True

    def _now_sent(self, may: dict[SubmissionState, set[SubmissionState]]) -> None:
        """Take over how submissions stand: each as one of those that its state before allows, or as it was."""
        for reference, (_, _, sent) in self._rows().items():
            line = self.lines[reference]
            allowed = {line.sent} if line.stopped else may.get(line.sent, {line.sent})
            assert sent in allowed, (reference, line.sent, sent)
            if sent is Q.ACKNOWLEDGED and line.state is S.PLACED:
                line.state = S.SUBMITTED
            line.sent = sent

    @precondition(lambda self: any(line.sent is Q.UNKNOWN for line in self.lines.values()))
    @rule(data=st.data())
    def find_out(self, data: st.DataObject) -> None:
        """A person asks the pharmacy what became of a message."""
        line = self._drawn(data, lambda line: line.sent is Q.UNKNOWN and line.state is S.PLACED)
        has_it = bool(self.received.get(self._submission(line)))
        found = Resolution.ACKNOWLEDGED if has_it else Resolution.REJECTED
        resolve(self.store, ADA, CLINIC, line.reference, found, "called")
        line.sent, line.state = (Q.ACKNOWLEDGED, S.SUBMITTED) if has_it else (Q.REJECTED, S.REJECTED)

    # what pharmacies say

    @precondition(lambda self: self.lines)
    @rule(data=st.data(), status=st.sampled_from([state for state in S if state is not S.PLACED]))
    def tell(self, data: st.DataObject, status: LineState) -> None:
        """An event of a line's newest attempt."""
        self._told(self._drawn(data, lambda _: True), status)

    @precondition(lambda self: any(line.state in WAY[1:-1] for line in self.lines.values()))
    @rule(skips=st.integers(1, 3))
    def go_on(self, skips: int) -> None:
        """Everything that pharmacies have goes on, some states unsaid."""
        for line in self.lines.values():
            if line.state in WAY[1:-1]:
                self._told(line, WAY[min(WAY.index(line.state) + skips, len(WAY) - 1)])

    def _told(self, line: Line, status: LineState) -> None:
        self.events += 1
        event = Event(f"e{self.events}", line.reference, line.attempt, status.value, self.clock.now)
        fits = record_event(self.store, ADA, CLINIC, event) is not EventOutcome.UNMATCHED
        assert not (fits and line.sent is Q.QUEUED), "a pharmacy knew what was never sent"
        line.told.append(event)
        line.stopped = line.stopped or not fits
        if line.sent in {Q.SENDING, Q.UNKNOWN}:
            self.received.setdefault(self._submission(line), 1)
        if status is S.ON_HOLD:
            self._now_held(line)
        else:
            line.hears(status)

    def _now_held(self, line: Line) -> None:
        sent = line.sent in {Q.SENDING, Q.UNKNOWN, Q.ACKNOWLEDGED}
        if sent and line.state in IN_FLIGHT - {S.ON_HOLD}:
            line.before = S.SUBMITTED if line.state is S.PLACED else line.state
            line.state, line.sent = S.ON_HOLD, Q.ACKNOWLEDGED

    @precondition(lambda self: any(line.stopped for line in self.lines.values()))
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """A person deals with what did not fit; what it held back may be sent."""
        line = self._drawn(data, lambda line: line.stopped)
        for misfit in line_detail(self.store, ADA, CLINIC, line.reference).unmatched:
            settle_unmatched(self.store, ADA, CLINIC, misfit.event, "called")
        line.stopped = False

    @precondition(lambda self: any(line.told for line in self.lines.values()))
    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        """The same event once more changes nothing."""
        line = self._drawn(data, lambda line: bool(line.told))
        assert record_event(self.store, ADA, CLINIC, data.draw(st.sampled_from(line.told))).value == "duplicate"

    # what people do

    @precondition(lambda self: self.lines)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """At once while it is queued, later as a request; never while nobody knows, nor after shipping."""
        line = self._drawn(data, lambda _: True)
        if line.state not in IN_FLIGHT or (line.state is S.PLACED and line.sent is Q.UNKNOWN):
            with pytest.raises(Refused):
                cancel(self.store, ADA, CLINIC, line.reference, "asked")
            return
        outcome = cancel(self.store, ADA, CLINIC, line.reference, "asked").value
        at_once = line.state is S.PLACED and line.sent is Q.QUEUED
        assert outcome == ("cancelled" if at_once else "requested")
        if at_once:
            line.state, line.sent = S.CANCELLED, Q.WITHDRAWN

    @precondition(lambda self: any(line.state in {S.REJECTED, S.RETURNED} for line in self.lines.values()))
    @rule(data=st.data(), dies=st.sampled_from(["", "", *DEATHS]))
    def resubmit(self, data: st.DataObject, dies: str) -> None:
        """A rejected line, or one that came back and whose refund is recorded, goes to oak."""
        line = self._drawn(data, lambda line: line.state in {S.REJECTED, S.RETURNED})
        may = not (line.state is S.RETURNED and not line.refunded) and not self._served(line.patient, line.reference)
        cents = None
        self.store.doom = (1, dies) if dies else None
        for _ in range(3):
            try:
                resubmit(self.store, ADA, CLINIC, line.reference, pharmacy="oak", expected_cents=cents)
            except Died:
                if dies == "after":
                    break
            except Differs as differs:
                cents = differs.actual_cents
            except Refused:
                assert not may
                return
            else:
                break
        assert may
        line.state, line.sent, line.attempt = S.PLACED, Q.QUEUED, line.attempt + 1
        line.refunded = False

    @precondition(lambda self: any(line.shipped for line in self.lines.values()))
    @rule(data=st.data(), tenths=st.integers(0, 10))
    def refund(self, data: st.DataObject, tenths: int) -> None:
        """Part of what is paid, and never a cent more."""
        line = self._drawn(data, lambda line: line.shipped and line.state not in {S.PLACED, S.REJECTED, S.CANCELLED})
        paid = line_detail(self.store, ADA, CLINIC, line.reference).refundable_cents
        if line.state not in {S.SHIPPED, S.DELIVERED, S.RETURNED}:
            return
        with pytest.raises(Refused):
            refund(self.store, ADA, CLINIC, line.reference, paid + 1, "spoiled")
        refund(self.store, ADA, CLINIC, line.reference, paid * tenths // 10, "spoiled")
        line.refunded = True
        assert line_detail(self.store, ADA, CLINIC, line.reference).refundable_cents == paid - paid * tenths // 10

    # what holds

    @invariant()
    def stands_as_the_model_says(self) -> None:
        """The lines' states, attempts and submissions."""
        self.clock.forward(seconds=20)
        assert self._rows() == {line.reference: (line.state, line.attempt, line.sent) for line in self.lines.values()}

    def teardown(self) -> None:
        """Money, stock, history, rollups and messages."""
        assert problems(self.store, CLINIC, Counter(self.received), self.placed) == []

    def _drawn(self, data: st.DataObject, wanted: Callable[[Line], bool]) -> Line:
        lines = [line for line in self.lines.values() if wanted(line)]
        assume(lines)
        return data.draw(st.sampled_from(sorted(lines, key=lambda line: line.reference)))

    def _rows(self) -> dict[str, tuple[LineState, int, SubmissionState]]:
        with self.store.read(CLINIC) as work:
            rows = work.connection.execute(_STANDS, {"clinic": CLINIC}).all()
        return {row.reference: (row.line, row.attempt, row.sent) for row in rows}

    def _submission(self, line: Line) -> str:
        return line_detail(self.store, ADA, CLINIC, line.reference).submission.reference

    def _patients(self, checkout: str) -> dict[str, str]:
        with self.store.read(CLINIC) as work:
            wanted = select(ORDER_LINE.c.reference, ORDER_LINE.c.patient).where(ORDER_LINE.c.checkout == checkout)
            return {row.reference: row.patient for row in work.connection.execute(wanted)}


_STANDS = (
    select(
        ORDER_LINE.c.reference,
        ORDER_LINE.c.state.label("line"),
        ORDER_LINE.c.attempt,
        SUBMISSION.c.state.label("sent"),
    )
    .join(
        ATTEMPT,
        (ATTEMPT.c.clinic == ORDER_LINE.c.clinic)
        & (ATTEMPT.c.line == ORDER_LINE.c.reference)
        & (ATTEMPT.c.number == ORDER_LINE.c.attempt),
    )
    .join(
        SUBMISSION,
        (SUBMISSION.c.clinic == ATTEMPT.c.clinic) & (SUBMISSION.c.reference == ATTEMPT.c.submission),
    )
    .where(ORDER_LINE.c.clinic == bindparam("clinic"))
)


def test_anything_in_any_order() -> None:
    with weeks() as opened:
        Anything.opened = opened
        run_state_machine_as_test(
            Anything,
            settings=settings(
                max_examples=2 * KILLS, stateful_step_count=30, deadline=None,
                suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
            ),
        )  # fmt: skip
