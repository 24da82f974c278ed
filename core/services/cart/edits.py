"""Lines that are edited: quantity, pharmacy, destination, hold, note and which prescription are people's to choose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from pydantic import ValidationError

from core.adapters.files import CART
from core.adapters.files.typed_cells import typed_cells
from core.adapters.store import Store, Work, carts
from core.adapters.store.carts import LineChange
from core.adapters.store.contexts import pharmacies_of, prescriptions_of
from core.adapters.store.values import StoredLine
from core.domain.errors import Refused
from core.domain.model import Fix
from core.domain.roles import Action, Person, require
from core.services.cart.changes import Changed, current_line, press, refuse_stale

EDITABLE: Final = frozenset({"quantity", "pharmacy", "ship_to", "hold", "rx", "note"})
FIXABLE: Final = EDITABLE | {"sku", "sig", "npi"}
"""What a finding's fix may change too: it only ever puts in what a prescription says."""


def edit_line(
    store: Store, person: Person, clinic: str, line: str, version: int, changes: Mapping[str, object]
) -> Changed:
    """Change a line's cells: columns of cart.csv, as typed values or as the text of a file ("" comes back to the
    prescription's or the split's).

    Another ``rx`` brings its own SKU, directions, prescriber and quantity. The same edit again changes nothing.
    Raises Stale where somebody changed the line since ``version``, Refused for what is not people's to choose.
    """
    require(person, Action.WORK_CART)
    if wrong := sorted(set(changes) - EDITABLE):
        raise Refused(f"{', '.join(wrong)} comes from the prescription; choose another prescription instead.")
    return store.write(clinic, lambda work: _edit(work, person, current_line(work, line), version, changes))


def apply_fix(store: Store, person: Person, clinic: str, line: str, version: int, fix: Fix) -> Changed:
    """What one click on a finding's fix does. Raises Stale where somebody changed the line since ``version``."""
    require(person, Action.WORK_CART)
    if _removes(fix):
        return remove_line(store, person, clinic, line, version)
    _refuse_unfixable(fix)
    return store.write(clinic, lambda work: _edit(work, person, current_line(work, line), version, fix.change))


def apply_fix_to_all(
    store: Store, person: Person, clinic: str, refill_day: date, lines: Mapping[str, int], fix: Fix
) -> Changed:
    """The same fix on many lines of one cart (id: version) as one press: all of them or, where one is stale, none."""
    require(person, Action.WORK_CART)
    if not _removes(fix):
        _refuse_unfixable(fix)

    def change(work: Work) -> Changed:
        stored = carts.lines_by_id(work, lines)
        changes = [
            _fixed(work, stored.get(line) or current_line(work, line), version, fix) for line, version in lines.items()
        ]
        return press(work, person, refill_day, f"{fix.label}: {len(changes)}.", changes)

    return store.write(clinic, change)


def _fixed(work: Work, before: StoredLine, version: int, fix: Fix) -> LineChange:
    refuse_stale(work, before, version)
    if _removes(fix):
        return LineChange(before, None)
    cells = _chosen(work, before, typed_cells(CART, fix.change, work.today, work.zone))
    return LineChange(before, _checked(before, cells | {"version": before.version + 1}))


def _removes(fix: Fix) -> bool:
    return fix.change.get("remove") == "yes"


def _refuse_unfixable(fix: Fix) -> None:
    if wrong := sorted(set(fix.change) - FIXABLE):
        raise Refused(f"A fix cannot change {', '.join(wrong)} of a line.")


def _edit(work: Work, person: Person, before: StoredLine, version: int, changes: Mapping[str, object]) -> Changed:
    cells = _chosen(work, before, typed_cells(CART, changes, work.today, work.zone))
    if all(getattr(before, name) == value for name, value in cells.items()):
        return Changed("Nothing changed.", (before,))
    refuse_stale(work, before, version)
    after = _checked(before, cells | {"version": before.version + 1})
    return press(work, person, before.refill_day, "Saved.", [LineChange(before, after)])


def _chosen(work: Work, before: StoredLine, cells: dict[str, object]) -> dict[str, object]:
    """The cells, with what another prescription brings. Raises Refused for an unknown pharmacy or prescription."""
    pharmacy, rx = cells.get("pharmacy"), cells.get("rx")
    if pharmacy is not None and pharmacy not in pharmacies_of(work):
        raise Refused(f"This clinic has no pharmacy “{pharmacy}”.")
    if rx is None or rx == before.rx:
        return cells
    prescription = prescriptions_of(work, before.patient).get(str(rx))
    if prescription is None:
        raise Refused(f"This patient has no prescription “{rx}”.")
    return {"sku": prescription.sku, "quantity": None, "sig": None, "npi": None} | cells


def with_prescription(work: Work, before: StoredLine, rx: str) -> StoredLine:
    """The line as another prescription of its patient has it. Raises Refused where there is none of that code."""
    return _checked(before, _chosen(work, before, {"rx": rx}))


def _checked(before: StoredLine, cells: Mapping[str, object]) -> StoredLine:
    try:
        return StoredLine.model_validate({**before.model_dump(), **cells})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Refused(f"{wrong['loc'][0]} cannot be “{wrong['input']}”.") from None


def remove_line(store: Store, person: Person, clinic: str, line: str, version: int) -> Changed:
    """Take a line out of its cart. Raises Stale where somebody changed it since ``version``."""
    require(person, Action.WORK_CART)

    def remove(work: Work) -> Changed:
        before = current_line(work, line)
        refuse_stale(work, before, version)
        return press(work, person, before.refill_day, "Line removed.", [LineChange(before, None)])

    return store.write(clinic, remove)


def hold_lines(
    store: Store, person: Person, clinic: str, refill_day: date, lines: Collection[str], *, hold: bool = True
) -> Changed:
    """Hold these lines of one cart, or release them. It touches no other cell, so it overwrites nobody's edit."""
    cells = {line: {"hold": hold} for line in lines}
    return _set_cells(store, person, clinic, refill_day, cells, "held" if hold else "released")


def pin_lines(store: Store, person: Person, clinic: str, refill_day: date, pins: Mapping[str, str]) -> Changed:
    """Pin lines (ids) of one cart to pharmacies, as one press; no other cell is touched.

    Raises Refused for a pharmacy that the clinic does not have.
    """
    cells = {line: {"pharmacy": at} for line, at in pins.items()}
    return _set_cells(store, person, clinic, refill_day, cells, "pinned")


def _set_cells(
    store: Store, person: Person, clinic: str, refill_day: date, cells: Mapping[str, Mapping[str, object]], done: str
) -> Changed:
    require(person, Action.WORK_CART)

    def change(work: Work) -> Changed:
        changes = []
        for line in carts.lines_of(work, refill_day):
            new = _chosen(work, line, dict(cells.get(line.id, {})))
            if any(getattr(line, name) != value for name, value in new.items()):
                changes.append(LineChange(line, line.model_copy(update={**new, "version": line.version + 1})))
        return press(work, person, refill_day, f"{len(changes)} {done}.", changes)

    return store.write(clinic, change)
