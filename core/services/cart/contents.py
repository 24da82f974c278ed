"""A refill day's cart as people see it: its lines completed and numbered, who is due, what earlier days left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.adapters.store import Store, Work, carts
from core.adapters.store.carts import Answers
from core.adapters.store.questions import questions_of
from core.adapters.store.routing_preferences import preferences_of
from core.adapters.store.values import StoredLine, StoredPreference, StoredQuestion
from core.domain.context import Context
from core.domain.model import Cart, CartLine, Override, PreferenceScope, RoutingPreference
from core.domain.roles import Action, Person, require
from core.rules.due_list import DueLine, due_list
from core.rules.prescriptions import CartRow, completed
from core.services.contexts import load_context


class Leftover(NamedTuple):
    """A line that an earlier refill day's cart still holds."""

    refill_day: date
    line: CartLine


@dataclass(frozen=True)
class OpenCart:
    """A cart with its context; ``acknowledged`` and ``overrides`` name lines by number, as plans and checkouts do.

    ``preferences`` are its routing preferences as stored, in the order of the cart's preferences; ``questions`` what
    was asked about its lines and the left-over ones, oldest first.
    """

    cart: Cart
    context: Context
    acknowledged: frozenset[tuple[int, str]]
    overrides: tuple[Override, ...]
    leftovers: tuple[Leftover, ...]
    preferences: tuple[StoredPreference, ...] = ()
    questions: tuple[StoredQuestion, ...] = ()

    @property
    def overridden(self) -> frozenset[tuple[int, str]]:
        """(line number, code) of every override."""
        return frozenset((override.line, override.code) for override in self.overrides)


def open_cart(store: Store, person: Person, clinic: str, refill_day: date, *, everybody: bool = False) -> OpenCart:
    """The cart of a refill day; ``everybody`` loads every patient's context, as the due list needs."""
    require(person, Action.WORK_CART)
    with store.read(clinic) as work:
        return cart_of(work, refill_day, everybody=everybody)


def cart_of(work: Work, refill_day: date, *, everybody: bool = False) -> OpenCart:
    """The same within a transaction."""
    lines, earlier = carts.lines_of(work, refill_day), carts.earlier_lines(work, refill_day)
    patients = None if everybody else {line.patient for line in (*lines, *earlier)}
    named = {line.rx for line in (*lines, *earlier) if line.rx}
    context = load_context(work, patients, named=named, refill_day=refill_day)
    acknowledged, overrides = _by_number(lines, carts.answers(work, refill_day))
    numbers = {line.id: number for number, line in enumerate(lines, 1)}
    preferences = tuple(row for row in preferences_of(work, refill_day) if row.line is None or row.line in numbers)
    return OpenCart(
        cart=Cart(
            refill_day=refill_day,
            lines=tuple(completed_lines(lines, context, refill_day)),
            preferences=tuple(_preference(row, numbers) for row in preferences),
        ),
        context=context,
        leftovers=tuple(
            Leftover(stored.refill_day, line)
            for stored, line in zip(earlier, completed_lines(earlier, context, refill_day), strict=True)
        ),
        acknowledged=acknowledged,
        overrides=overrides,
        preferences=preferences,
        questions=questions_of(work, [line.id for line in (*lines, *earlier)]),
    )


def _preference(row: StoredPreference, numbers: Mapping[str, int]) -> RoutingPreference:
    of = {
        PreferenceScope.PATIENT: row.patient,
        PreferenceScope.SKU: row.sku,
        PreferenceScope.LINE: str(numbers.get(row.line or "", "")),
    }
    return RoutingPreference(row.kind, row.scope, of.get(row.scope) or "", row.pharmacy or "", row.amount_cents)


def completed_lines(lines: Iterable[StoredLine], context: Context, refill_day: date) -> list[CartLine]:
    """The lines with their blank cells taken from prescriptions, numbered from 1."""
    return [
        completed(_row(line), number, context, refill_day).model_copy(update={"id": line.id, "version": line.version})
        for number, line in enumerate(lines, 1)
    ]


def _row(line: StoredLine) -> CartRow:
    return CartRow(*(getattr(line, name) for name in CartRow._fields))


def _by_number(
    lines: Iterable[StoredLine], answers: Answers
) -> tuple[frozenset[tuple[int, str]], tuple[Override, ...]]:
    numbers = {line.id: number for number, line in enumerate(lines, 1)}
    overrides = [
        Override(numbers[made.line], made.code, made.reason, made.confirmed_by or "", made.confirmed_on)
        for made in answers.overrides
    ]
    acknowledged = frozenset((numbers[line], code) for line, code in answers.acknowledged)
    return acknowledged, tuple(sorted(overrides, key=lambda override: (override.line, override.code)))


def due_lines(opened: OpenCart) -> list[DueLine]:
    """Who is due, and in neither this cart nor an earlier one; the cart was opened with everybody's context."""
    return not_in_carts(due_list(opened.context, opened.cart.refill_day), opened)


def not_in_carts(due: Iterable[DueLine], opened: OpenCart) -> list[DueLine]:
    """Those of the due list that neither this cart nor an earlier one holds."""
    there = {(line.patient, line.sku) for line in (*opened.cart.lines, *(left.line for left in opened.leftovers))}
    return [line for line in due if (line.patient, line.sku) not in there]


def to_take_over(opened: OpenCart, today: date) -> list[Leftover]:
    """What carts of days before ``today`` left over and this cart does not hold: the newest line of a patient and SKU.

    The cart of today, or of a day to come, is still being worked on: its lines stay there.
    """
    there = {(line.patient, line.sku) for line in opened.cart.lines}
    newest = {
        (left.line.patient, left.line.sku): left
        for left in sorted(opened.leftovers, key=lambda left: left.refill_day)
        if left.refill_day < today
    }
    return [left for key, left in newest.items() if key not in there]
