"""Lines that come into a cart: by hand, from the due list, from the last refill day, from a file, from earlier days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from core.adapters.store import Store, Work, carts
from core.adapters.store.carts import LineChange
from core.adapters.store.values import StoredLine
from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import MOST_PACKS, CartLine, ShipTo
from core.domain.roles import Action, Person, require
from core.rules.prescriptions import CartRow, completed
from core.services.cart.changes import Changed, press
from core.services.cart.contents import cart_of, completed_lines, due_lines, to_take_over
from core.services.contexts import load_context


def add_line(store: Store, person: Person, clinic: str, refill_day: date, row: CartRow) -> Changed:
    """One line by hand; its quantity joins a line of the same prescription, destination, pin and hold.

    Raises Refused for an unknown patient, SKU or pharmacy.
    """
    require(person, Action.WORK_CART)
    return store.write(clinic, lambda work: _add_line(work, person, refill_day, row))


def _add_line(work: Work, person: Person, refill_day: date, row: CartRow) -> Changed:
    there = [line for line in carts.lines_of(work, refill_day) if line.patient == row.patient]
    context = load_context(work, [row.patient], named=_named([*there, row]), refill_day=refill_day)
    _refuse_unknown(row, context)
    new = completed(row, 0, context, refill_day)
    for stored, line in zip(there, completed_lines(there, context, refill_day), strict=True):
        if _same(line) == _same(new):
            quantity = line.quantity + new.quantity
            if quantity > MOST_PACKS:
                raise Refused(f"A line holds at most {MOST_PACKS:,} packs.")
            joined = stored.model_copy(update={"quantity": quantity, "version": stored.version + 1})
            return press(work, person, refill_day, f"The quantity is {quantity} now.", [LineChange(stored, joined)])
    return _press_rows(work, person, refill_day, [row])


def _named(lines: Iterable[StoredLine | CartRow]) -> set[str]:
    return {line.rx for line in lines if line.rx}


def _refuse_unknown(row: CartRow, context: Context) -> None:
    allowed = (("patient", row.patient, context.patients), ("SKU", row.sku, context.skus))
    for noun, code, codes in (*allowed, ("pharmacy", row.pharmacy, context.pharmacies)):
        if code is not None and code not in codes:
            raise Refused(f"This clinic has no {noun} “{code}”.")


Same = tuple[str, str, str | None, ShipTo, str | None, bool, str]


def _same(line: CartLine) -> Same:
    """Prescription (patient and SKU where there is none), destination, pin, hold and note."""
    return line.patient, line.sku, line.rx, line.ship_to, line.pharmacy, line.hold, line.note


def add_everyone_due(store: Store, person: Person, clinic: str, refill_day: date) -> Changed:
    """What earlier refill days left over is taken over first, with its questions; then a line for everybody due who is
    in no cart yet."""
    require(person, Action.WORK_CART)

    def add(work: Work) -> Changed:
        opened = cart_of(work, refill_day, everybody=True)
        moved = _moved(work, refill_day, [left.line.id for left in to_take_over(opened, work.today)])
        rows = [CartRow(line.patient, line.sku, rx=line.rx) for line in due_lines(opened)]
        return _press_rows(work, person, refill_day, rows, moved=moved)

    return store.write(clinic, add)


def repeat_last_refill_day(store: Store, person: Person, clinic: str, refill_day: date) -> Changed:
    """What was ordered on the newest refill day before this one, but for patients and SKUs that the cart has.

    Each line takes the patient's newest prescription in force, not the one of that day.
    """
    require(person, Action.WORK_CART)

    def repeat(work: Work) -> Changed:
        there = {(line.patient, line.sku) for line in carts.lines_of(work, refill_day)}
        rows = [CartRow(*item[:3], ship_to=item.ship_to) for item in carts.last_placed(work, refill_day)]
        new = [row for row in rows if (row.patient, row.sku) not in there]
        return _press_rows(work, person, refill_day, new, skipped=len(rows) - len(new))

    return store.write(clinic, repeat)


def upload(
    store: Store, person: Person, clinic: str, refill_day: date, rows: Sequence[CartRow], *, replace: bool
) -> Changed:
    """The rows of a file: instead of what the cart has, or beside it without the same lines. Rows never merge.

    Raises Refused for an unknown patient, SKU or pharmacy, and then loads nothing.
    """
    require(person, Action.WORK_CART)
    return store.write(clinic, lambda work: _upload(work, person, refill_day, rows, replace))


def _upload(work: Work, person: Person, refill_day: date, rows: Sequence[CartRow], replace: bool) -> Changed:
    there = carts.lines_of(work, refill_day)
    patients = {line.patient for line in there} | {row.patient for row in rows}
    context = load_context(work, patients, named=_named([*there, *rows]), refill_day=refill_day)
    for row in rows:
        _refuse_unknown(row, context)
    if replace:
        return _press_rows(work, person, refill_day, rows, removed=there)
    same = {_same(line) for line in completed_lines(there, context, refill_day)}
    new = [row for row in rows if _same(completed(row, 0, context, refill_day)) not in same]
    return _press_rows(work, person, refill_day, new, skipped=len(rows) - len(new))


def take_over(store: Store, person: Person, clinic: str, refill_day: date, lines: Collection[str]) -> Changed:
    """Move held and leftover lines of earlier refill days into this cart; ids that are there no more are left out."""
    require(person, Action.WORK_CART)

    def move(work: Work) -> Changed:
        changes = _moved(work, refill_day, lines)
        return press(work, person, refill_day, f"{_lines(len(changes))} taken over.", changes)

    return store.write(clinic, move)


def _moved(work: Work, refill_day: date, lines: Collection[str]) -> list[LineChange]:
    """These lines of earlier carts, at the end of this one."""
    earlier = [line for line in carts.earlier_lines(work, refill_day) if line.id in lines]
    first = carts.next_position(work, refill_day)
    return [
        LineChange(line, line.model_copy(update=_place(refill_day, position) | {"version": line.version + 1}))
        for position, line in enumerate(earlier, first)
    ]


def _place(refill_day: date, position: int) -> dict[str, object]:
    return {"refill_day": refill_day, "position": position}


def _press_rows(
    work: Work,
    person: Person,
    refill_day: date,
    rows: Iterable[CartRow],
    *,
    removed: Iterable[StoredLine] = (),
    moved: Sequence[LineChange] = (),
    skipped: int = 0,
) -> Changed:
    first = carts.next_position(work, refill_day) + len(moved)
    added = [
        StoredLine(id=work.new_id(), created_by=person.email, **_place(refill_day, position), **row._asdict())
        for position, row in enumerate(rows, first)
    ]
    changes = [LineChange(line, None) for line in removed] + [*moved] + [LineChange(None, line) for line in added]
    taken = f"{_lines(len(moved))} taken over, " if moved else ""
    summary = f"{taken}{_lines(len(added))} added" + (f", {skipped} in the cart already." if skipped else ".")
    return press(work, person, refill_day, summary, changes, skipped)


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number:,} lines"
