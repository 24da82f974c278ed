"""A clinic's week from one seed: clock, ids, people, pharmacies, workers and who is next.

Everything goes through the product's use cases on a real store. Others act while a message is on its way, processes die
at named points, and what is left is worked off in calm weather at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple, Self
from unittest.mock import patch

from sqlalchemy import bindparam, select

from core.adapters.files import Folder
from core.adapters.pharmacies.signatures import SIGNATURE, TIMESTAMP, signature
from core.adapters.store import Store, Work, save_folder
from core.adapters.store.order_views import OrderFilter, OrderRow
from core.adapters.store.tables import ORDER_LINE
from core.domain.errors import Blocked, Differs, RefillDayError, Refused
from core.domain.model import IN_FLIGHT, Days, LineState, Objective, Severity, ShipTo, SubmissionState
from core.domain.orders.book import Event
from core.domain.payments.operations import FOR_A_PERSON, Method, Setup
from core.domain.roles import LOCAL, Person
from core.rules.plan import plan
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_everyone_due, add_line, take_over
from core.services.cart.changes import undo
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line, remove_line
from core.services.cart.patients import update_patient
from core.services.checkout import Confirmation, Receipt, place
from core.services.orders.events import record_event
from core.services.orders.recovery import Resolution, cancel, refund, resolve, resubmit, settle_unmatched
from core.services.orders.views import LineDetail, OrderAction, line_detail, search, strays
from core.services.partners.pushes import receive
from core.services.partners.worker import run_once
from core.services.payments.decisions import change_setup, open_payments, pay_again
from core.services.payments.execution import carry_out_payments
from tests.simulation.bank import Bank
from tests.simulation.clinic import (
    END,
    PATIENTS,
    PHARMACIES,
    PUSH_KEY,
    REFILL_DAYS,
    SKUS,
    STAFF,
    START,
    offer,
)
from tests.simulation.pharmacies import Died, Pharmacies
from tests.simulation.sound import ENDED, left_over, paid, problems
from tests.stores import CLINIC, Clock

S = LineState
_LINES: Final = (
    select(ORDER_LINE.c.reference, ORDER_LINE.c.state)
    .where(ORDER_LINE.c.clinic == bindparam("clinic"))
    .order_by(ORDER_LINE.c.checkout, ORDER_LINE.c.number)
)
PAYS_BY_CARD: Final = 8
"""In one week of so many the clinic pays through a provider; else on account."""
DEATHS: Final = ("before", "inside", "after")
"""Where in a write a process can die: at the door, before the commit, before the answer."""


class MortalStore(Store):
    """A store with seeded ids, at one of whose next writes the process dies."""

    ids: Iterator[int] = count(1)
    doom: tuple[int, str] | None = None

    def write(self, clinic: str, use_case: Callable[[Work], Any], *, new: bool = False) -> Any:
        """As ever, unless this is the write that the process does not outlive."""
        writes, point = self.doom or (0, "")
        self.doom = (writes - 1, point) if writes > 1 else None
        dies = point if writes == 1 else ""
        if dies == "before":
            raise Died

        def seeded(work: Work) -> Any:
            work.new_id = lambda: f"00000000-0000-7000-8000-{next(self.ids):012x}"
            result = use_case(work)
            if dies == "inside":
                raise Died
            return result

        result = super().write(clinic, seeded, new=new)
        if dies == "after":
            raise Died
        return result


class Confirmed(NamedTuple):
    """What somebody has confirmed and not been answered, and the cart lines in it."""

    person: Person
    confirmation: Confirmation
    lines: tuple[str, ...]


def _row(event: Event) -> dict[str, str]:
    """An event as pharmacies write it."""
    return {
        "eventId": event.id,
        "foreignRxNumber": f"{event.reference}/{event.attempt}",
        "rxStatus": event.status,
        "rxStatusDateTime": event.at.isoformat(),
        "trackingNumber": event.tracking,
        "rxStatusReason": event.reason,
    }


class _Case(NamedTuple):
    """A line that somebody deals with."""

    line: str
    attempt: int
    state: LineState
    refundable_cents: int

    @classmethod
    def of(cls, detail: LineDetail) -> Self:
        """The line that somebody looks at in full."""
        return cls(detail.line.reference, detail.line.attempt, detail.line.state, detail.refundable_cents)


class Week:
    """One seed's week on a store that holds the clinic and nothing else."""

    def __init__(self, seed: int, store: MortalStore, clock: Clock, *, careful: bool = False) -> None:
        self.seed, self.store, self.clock = seed, store, clock
        self.careful = careful
        self.dice = Random(f"{seed} week")
        self.pharmacies = Pharmacies(seed, self._meanwhile, self._say)
        self.trace: list[str] = []
        self.wrong: list[str] = []
        self.confirmed: list[Confirmed] = []
        self.placed: list[tuple[str, str]] = []
        self.bank = Bank(seed, clock, self._say) if seed % PAYS_BY_CARD == 0 else None
        self._depth = 0
        clock.now = START
        store.ids, store.doom = count(1), None

    def run(self, steps: int) -> list[str]:
        """The week and its end; every problem as a sentence."""
        if self.bank is None:
            return self._run(steps)
        change_setup(self.store, LOCAL, CLINIC, Setup(Method.STRIPE, "cus_1", "pm_1", "SIMULATED_KEY"))
        self.pharmacies.paid_for = self.bank.covers
        pay = partial(carry_out_payments, providers=lambda _: self.bank)
        with patch(
            "core.services.partners.worker.carry_out_payments", pay
        ):  # a worker asks the provider that Setup names
            return self._run(steps)

    def _run(self, steps: int) -> list[str]:
        hours = (END - START) / timedelta(hours=1) / steps
        for step in range(steps):
            if self.wrong:
                return self.wrong
            usual = self.dice.choices([*_ACTS], [*_ACTS.values()])[0]
            self._act(_FIRST[step] if step < len(_FIRST) else usual)
            self.clock.forward(hours=hours * self.dice.choice((0.05, 0.1, 0.5, 3)))
        self._work_off()
        self._check()
        self.wrong += left_over(self.store, CLINIC)
        if self.bank:
            self.wrong += self.bank.disagrees(paid(self.store, CLINIC))
        return self.wrong

    # who acts, and what is said of it

    def _act(self, act: Callable[[Week], str]) -> None:
        self._say(act.__name__.strip("_").replace("_", " "))
        self._depth += 1
        try:
            outcome = act(self)
        except RefillDayError as refusal:
            outcome = f"{type(refusal).__name__}: {refusal}"
        except Died:
            outcome = "died"
        finally:
            self.store.doom = None
        self._depth -= 1
        self._say(f"  = {outcome}")
        if self.careful and not self._depth:
            self._check()

    def _say(self, words: str) -> None:
        self.trace.append(f"{self.clock.now:%a %H:%M:%S} {'    ' * self._depth}{words}")

    def _check(self) -> None:
        self.wrong += problems(self.store, CLINIC, self.pharmacies.received, self.placed)
        self.wrong += [*self.pharmacies.wrong, *(self.bank.wrong if self.bank else [])]

    def _meanwhile(self, seconds: int) -> None:
        """A message is on its way for up to so long, and others may act."""
        self.clock.forward(seconds=self.dice.randint(1, seconds))
        if self._depth < 3 and self.dice.random() < 0.5:
            doom, self.store.doom = self.store.doom, None
            self._act(self.dice.choice(_MEANWHILE))
            self.store.doom = doom

    def _someone(self) -> Person:
        return self.dice.choice(STAFF)

    @property
    def _refill_day(self) -> date:
        today = self.clock.now.date()
        return self.dice.choice([day for day in REFILL_DAYS if day >= today][:2] or [today])

    # on the cart

    def _fills_the_cart(self) -> str:
        return add_everyone_due(self.store, self._someone(), CLINIC, self._refill_day).summary

    def _adds_a_line(self) -> str:
        dice = self.dice
        row = CartRow(dice.choice(PATIENTS), dice.choice(SKUS), ship_to=dice.choice([*ShipTo]))
        return add_line(self.store, self._someone(), CLINIC, self._refill_day, row).summary

    def _edits_a_line(self) -> str:
        day, person, dice = self._refill_day, self._someone(), self.dice
        lines = open_cart(self.store, person, CLINIC, day).cart.lines
        if not lines:
            return "nothing there"
        line = dice.choice(lines)
        if dice.random() < 0.15:
            return remove_line(self.store, person, CLINIC, line.id, line.version).summary
        cells: Mapping[str, object] = dice.choice(
            [{"hold": True}, {"hold": False}, {"ship_to": "clinic"}, {"pharmacy": dice.choice(PHARMACIES)}]
        )
        stale = int(dice.random() < 0.1)
        return edit_line(self.store, person, CLINIC, line.id, line.version - stale, cells).summary

    def _undoes(self) -> str:
        return undo(self.store, self._someone(), CLINIC, self._refill_day).summary

    def _takes_over(self) -> str:
        day, person = self._refill_day, self._someone()
        left = open_cart(self.store, person, CLINIC, day).leftovers
        return take_over(self.store, person, CLINIC, day, [leftover.line.id for leftover in left]).summary

    def _confirms(self) -> str:
        """Looks at the cart, holds what is blocked, and is about to press."""
        person, days = self._someone(), Days(self._refill_day, self.clock.now.date(), self.clock.now)
        program = self.dice.choices(["FREE", "POOL"], [9, 1])[0]
        for _ in range(2):
            opened = open_cart(self.store, person, CLINIC, days.refill_day)
            terms = opened.context.program(program, days.placing_day)
            assert terms is not None
            seen = plan(opened.cart, opened.context, terms, Objective.CHEAPEST, days)
            blocked = {finding.line for finding in seen.open_findings(Severity.BLOCKING)}
            blocked |= {routed.line.number for routed in seen.split.unfilled}
            if not blocked:
                break
            for line in opened.cart.lines:
                if line.number in blocked:
                    edit_line(self.store, person, CLINIC, line.id, line.version, {"hold": True})
        confirmation = Confirmation(
            None, program, Objective.CHEAPEST, days, expected_cents=seen.quote.total_cents, hash=seen.hash,
            acknowledged=None,
        )  # fmt: skip
        lines = tuple(routed.line.id for routed in seen.split.filled)
        self.confirmed.append(Confirmed(person, confirmation, lines))
        self.confirmed = self.confirmed[-3:]
        return f"{len(lines)} lines, {seen.quote.total_cents} cents"

    def _confirms_and_presses(self) -> str:
        said = self._confirms()
        if self.dice.random() < 0.3:
            self._meanwhile(60)
        return f"{said}: {self._presses()}"

    def _presses(self) -> str:
        """Places what was confirmed last; who dies or hears nothing presses again."""
        if not self.confirmed:
            return "nothing confirmed"
        chosen = self.confirmed[-1]
        self._may_die(0.25)
        for _ in range(2):
            try:
                return self._receipt(chosen, place(self.store, chosen.person, CLINIC, chosen.confirmation))
            except Died:
                self._say("died while placing, and presses again")
        raise AssertionError("nobody dies twice")

    def _receipt(self, chosen: Confirmed, receipt: Receipt) -> str:
        self.placed += [(receipt.checkout, line) for line in chosen.lines]
        return f"{receipt.checkout}, {receipt.total_cents} cents"

    def _changes_a_price(self) -> str:
        pharmacy, sku, cents = self.dice.choice(PHARMACIES), self.dice.choice(SKUS), self.dice.randint(80_00, 140_00)
        folder = Folder(offers=(offer(pharmacy, sku, cents),))
        self.store.write(CLINIC, lambda work: save_folder(work, folder))
        return f"{sku} at {pharmacy} is {cents}"

    def _corrects_a_patient(self) -> str:
        cells = {"address1": f"{self.dice.randint(1, 99)} Oak St"}
        return update_patient(self.store, self._someone(), CLINIC, self.dice.choice(PATIENTS), cells).address1

    # on placed orders

    def _a_worker_runs(self) -> str:
        self._may_die(0.15, among=6)
        return str(run_once(self.store, CLINIC, self.pharmacies.of, worker=self.dice.choice(["w1", "w2"])))

    def _a_pharmacy_pushes(self) -> str:
        """Signed bytes, now and then broken, signed by somebody else, or sent twice."""
        pharmacy, events = self.pharmacies.push(self.clock.now)
        body = json.dumps([_row(event) for event in events]).encode()
        body = body[:-3] if self.dice.random() < 0.04 else body
        at = str(int(self.clock.now.timestamp()))
        key = "stolen" if self.dice.random() < 0.04 else PUSH_KEY
        headers = {TIMESTAMP: at, SIGNATURE: signature(key, at, body), "Content-Type": "application/json"}
        answers = [
            receive(self.store, CLINIC, pharmacy, headers, body, lambda _: PUSH_KEY)
            for _ in range(2 if self.dice.random() < 0.15 else 1)
        ]
        return f"{pharmacy}: " + ", ".join(f"{answer.status} {dict(answer.answer)}" for answer in answers)

    def _somebody_works_a_queue(self) -> str:
        """Presses one of the buttons that a line which needs somebody has."""
        rows = self._waiting()
        if not rows:
            return "nothing to do"
        person = self._someone()
        detail = line_detail(self.store, person, CLINIC, self.dice.choice(rows).reference)
        if not detail.actions:
            return f"{detail.line.reference}: {self._asks_after(_Case.of(detail), person)}"
        press = self.dice.choice(detail.actions)
        self._say(f"{detail.line.reference}: {press.value}")
        try:
            return _PRESSED[press](self, _Case.of(detail), person)
        except (Blocked, Differs):
            raise
        except Refused as refusal:
            self.wrong.append(f"{detail.line.reference}: “{press.value}” is offered and refused: {refusal}")
            raise

    def _somebody_cancels(self) -> str:
        lines = self._lines(frozenset(S))
        if not lines:
            return "nothing there"
        line = self.dice.choice(lines)
        return f"{line} {cancel(self.store, self._someone(), CLINIC, line, 'patient asked').value}"

    def _somebody_refunds(self) -> str:
        lines = self._lines({S.ACCEPTED, S.SHIPPED, S.DELIVERED})
        if not lines:
            return "nothing there"
        line, cents = self.dice.choice(lines), self.dice.randint(0, 120_00)
        refund(self.store, self._someone(), CLINIC, line, cents, "spoiled")
        return f"{cents} of {line}"

    def _waiting(self) -> list[OrderRow]:
        return list(search(self.store, STAFF[0], CLINIC, OrderFilter(needs_action=True)).rows)

    def _lines(self, states: Collection[LineState]) -> list[str]:
        with self.store.read(CLINIC) as work:
            rows = work.connection.execute(_LINES, {"clinic": CLINIC})
            return [reference for reference, state in rows if state in states]

    def _settles(self, case: _Case, person: Person) -> str:
        misfits = line_detail(self.store, person, CLINIC, case.line).unmatched
        for misfit in misfits:
            settle_unmatched(self.store, person, CLINIC, misfit.event, "called the pharmacy")
        return ", ".join(f"{misfit.status} ({misfit.note})" for misfit in misfits)

    def _cancels(self, case: _Case, person: Person) -> str:
        return cancel(self.store, person, CLINIC, case.line, "patient asked").value

    def _finds_out(self, case: _Case, person: Person) -> str:
        """Calls the pharmacy about a message whose answer was lost."""
        found = Resolution.ACKNOWLEDGED if (case.line, case.attempt) in self.pharmacies.jobs else Resolution.REJECTED
        resolve(self.store, person, CLINIC, case.line, found, "called the pharmacy")
        return found.value

    def _hears_of_request(self, case: _Case, person: Person) -> str:
        job = self.pharmacies.jobs.get((case.line, case.attempt))
        gone = job is None or job.truth(self.clock.now) in {S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.CANCELLED}
        if gone and job is not None:
            job.steps = []
        found = Resolution.CANCELLED if gone else Resolution.REJECTED
        resolve(self.store, person, CLINIC, case.line, found, "called the pharmacy")
        return found.value

    def _gives_back(self, case: _Case, person: Person) -> str:
        cents = self.dice.choice((0, case.refundable_cents // 2, case.refundable_cents))
        refund(self.store, person, CLINIC, case.line, cents, "came back")
        return str(cents)

    def _sends_again(self, case: _Case, person: Person) -> str:
        """To the same pharmacy or another; a higher price is looked at and confirmed."""
        pharmacy = self.dice.choice([None, *PHARMACIES])
        self._may_die(0.1)
        try:
            resubmit(self.store, person, CLINIC, case.line, pharmacy=pharmacy)
        except Differs as differs:
            resubmit(self.store, person, CLINIC, case.line, pharmacy=pharmacy, expected_cents=differs.actual_cents)
        return f"to {pharmacy or 'the same'}"

    def _asks_after(self, case: _Case, person: Person) -> str:
        """A line on hold, or of which nothing is heard: the pharmacy says on the phone how it stands."""
        if case.state is S.PLACED:
            return "still to be sent"
        job = self.pharmacies.jobs.get((case.line, case.attempt))
        stands = job.truth(self.clock.now) if job else S.REJECTED
        if self.pharmacies.fair and stands in {S.ON_HOLD, S.SUBMITTED}:
            stands = S.SHIPPED
        if self.pharmacies.fair and stands is S.SHIPPED and case.state is S.SHIPPED:
            stands = S.DELIVERED
        if stands is S.RETURNED and case.state not in {S.SHIPPED, S.DELIVERED}:
            stands = S.SHIPPED  # what never left cannot come back: that it left is told first
        name = f"phone-{case.line}-{self.clock.now:%d%H%M%S}"
        event = Event(name, case.line, case.attempt, stands.value, self.clock.now)
        return f"{stands.value} {record_event(self.store, person, CLINIC, event).value}"

    # the end

    def _work_off(self) -> None:
        """Fair weather: days go by, workers run, people work their queues, until nothing is under way."""
        self._say("the weather clears")
        self.pharmacies.fair = True
        for number in range(9):
            self.clock.forward(days=6)
            if self.bank:
                self.bank.fair = number > 1
            self._act(Week._a_worker_finishes)
            self._act(Week._everybody_works_the_queues)
            if not self._lines(frozenset(S) - ENDED):
                break
        for _ in range(4 if self.bank else 0):
            self.clock.forward(hours=2)
            self._act(Week._a_worker_finishes)
            self._act(Week._pays_again)
            if self.bank:
                self.bank.fair = True

    def _a_worker_finishes(self) -> str:
        return str(run_once(self.store, CLINIC, self.pharmacies.of, worker="w1"))

    def _everybody_works_the_queues(self) -> str:
        for misfit in strays(self.store, STAFF[0], CLINIC):
            settle_unmatched(self.store, STAFF[0], CLINIC, misfit.event, "not ours")
        done = [self._pays_again()] if self.bank else []
        for row in self._waiting():
            case = _Case(row.reference, row.attempt, row.state, 0)
            deal = next((deal for needed, deal in _DEALS if needed(row)), None)
            if deal:
                done.append(f"{row.reference[-2:]} {self._tried(deal, case)}")
        return ", ".join(done) or "nothing to do"

    def _pays_again(self) -> str:
        """Whoever sees that the bank turned something down asks again, with another card."""
        turned_down = [one for one in open_payments(self.store, LOCAL, CLINIC).operations if one.state in FOR_A_PERSON]
        for one in turned_down:
            pay_again(self.store, LOCAL, CLINIC, one.id)
        return f"{len(turned_down)} payments asked for again"

    def _tried(self, deal: Callable[[Week, _Case, Person], str], case: _Case) -> str:
        """What it came to; a line whose message was settled with another's is not settled twice."""
        try:
            return deal(self, case, STAFF[0])
        except Refused as refusal:
            return f"{type(refusal).__name__}: {refusal}"

    def _may_die(self, chance: float, among: int = 1) -> None:
        if self.dice.random() < chance:
            self.store.doom = self.dice.randint(1, among), self.dice.choice(DEATHS)


_ACTS: Final[dict[Callable[[Week], str], int]] = {
    Week._fills_the_cart: 3,
    Week._adds_a_line: 3,
    Week._edits_a_line: 3,
    Week._undoes: 1,
    Week._takes_over: 1,
    Week._confirms: 1,
    Week._confirms_and_presses: 5,
    Week._presses: 1,
    Week._changes_a_price: 1,
    Week._corrects_a_patient: 1,
    Week._a_worker_runs: 7,
    Week._a_pharmacy_pushes: 4,
    Week._somebody_works_a_queue: 6,
    Week._somebody_cancels: 1,
    Week._somebody_refunds: 1,
    Week._pays_again: 1,
}
_FIRST: Final = (Week._fills_the_cart, Week._confirms_and_presses, Week._a_worker_runs)
_MEANWHILE: Final = (
    Week._a_worker_runs,
    Week._a_worker_runs,
    Week._a_pharmacy_pushes,
    Week._somebody_works_a_queue,
    Week._somebody_cancels,
    Week._edits_a_line,
    Week._changes_a_price,
)
_PRESSED: Final[dict[OrderAction, Callable[[Week, _Case, Person], str]]] = {
    OrderAction.CANCEL: Week._cancels,
    OrderAction.ASK_TO_CANCEL: Week._cancels,
    OrderAction.CONFIRM_CANCELLED: Week._hears_of_request,
    OrderAction.REFUSE_CANCEL: Week._hears_of_request,
    OrderAction.ACKNOWLEDGED: Week._finds_out,
    OrderAction.NOT_RECEIVED: Week._finds_out,
    OrderAction.RESUBMIT: Week._sends_again,
    OrderAction.REFUND: Week._gives_back,
    OrderAction.SETTLE_UNMATCHED: Week._settles,
}
_DEALS: Final[tuple[tuple[Callable[[OrderRow], object], Callable[[Week, _Case, Person], str]], ...]] = (
    (lambda row: row.misfit, Week._settles),
    (lambda row: row.submission_state is SubmissionState.UNKNOWN, Week._finds_out),
    (lambda row: row.cancel_requested_at and row.state in IN_FLIGHT - {S.PLACED}, Week._hears_of_request),
    (lambda row: row.state is S.RETURNED, Week._gives_back),
    (lambda row: row.state not in ENDED, Week._asks_after),
)
"""What is done in the end to a line in a queue, the most pressing first; a rejected one may stay rejected."""
