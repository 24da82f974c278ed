"""How lines come into the cart: everyone due, one by hand, the last refill day's, a file, what is left over."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.adapters.files import CartUpload, read_cart, templates
from core.domain.errors import BadInput
from core.domain.model import CartLine, Patient, Prescription, ShipTo
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_everyone_due, add_line, repeat_last_refill_day, take_over, upload
from core.services.cart.contents import Leftover, open_cart
from core.services.cart.questions import open_questions
from core.services.patients import find_patients
from pages.refill_day.cart_actions import done_here, press, undo_last
from pages.refill_day.desk import Desk
from pages.shared.formats import NOTHING, count, day, full_day, plain, sku_name
from pages.shared.layout import open_popover
from pages.shared.notices import show_error
from pages.shared.tables import Row

_MOST_FOUND = 50
_FILES = "refill_files"
_BESIDE, _INSTEAD = "Add, skipping lines already in the cart", "Replace the cart"


def entry_bar(desk: Desk, due: int) -> None:
    """The ways to add lines, side by side, and Undo."""
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Add everyone due ({due:,} more)" if due else "Add everyone due",
            key="refill_add_due",
            icon=":material/group_add:",
            on_click=add_due,
            args=(desk,),
            disabled=not due,
            help="First what earlier refill days left over, then everyone whose supply ends within a week after the "
            "refill day, and new starts, except what is in a cart or in transit."
            if due
            else "Everyone who is due is in the cart.",
        )
        _one(desk)
        st.button(
            "Repeat last refill day",
            key="refill_repeat",
            icon=":material/replay:",
            on_click=_repeat,
            args=(desk,),
            help="Adds what was ordered on the previous refill day, except what is already in the cart. Each line uses "
            "the patient's newest prescription.",
        )
        _file(desk)
        _left_over(desk)
        _undo(desk)


def add_due(desk: Desk) -> None:
    """Everybody due who is not in the cart."""
    session = desk.session
    press(desk.refill_day, lambda: session.call(add_everyone_due, desk.refill_day))


def _repeat(desk: Desk) -> None:
    session = desk.session
    press(desk.refill_day, lambda: session.call(repeat_last_refill_day, desk.refill_day))


def _undo(desk: Desk) -> None:
    done = done_here(desk.refill_day)
    if done:
        st.button(
            "Undo",
            key="refill_undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=undo_last,
            args=(desk.session, desk.refill_day),
            help=plain(f"Undo: {done[-1]}"),
        )


def _one(desk: Desk) -> None:
    popover = open_popover("Add a patient", key="refill_one", icon=":material/person_add:")
    if popover is None:
        return
    with popover.container(width=420):
        text = st.text_input("Find a patient", key="refill_find", placeholder="Name, code, phone, email or city")
        session = desk.session
        matches = session.call(find_patients, text or "", limit=_MOST_FOUND)
        if not matches.patients:
            st.caption("No patients found. Patients are loaded on Setup.")
            return
        by_code = {patient.patient: patient for patient in matches.patients}
        code = st.selectbox(
            f"Patient ({matches.total:,} found)",
            list(by_code),
            format_func=lambda code: _patient(by_code[code]) if code in by_code else str(code),
            key="refill_patient",
        )
        if code in by_code:
            _prescribed(desk, code, [row for row in matches.prescriptions if row.patient == code])


def _patient(patient: Patient) -> str:
    born = f"born {patient.born_on:%Y-%m-%d}" if patient.born_on else ""
    return " · ".join(part for part in (patient.name, born, patient.city) if part)


def _prescribed(desk: Desk, patient: str, prescriptions: Sequence[Prescription]) -> None:
    if not prescriptions:
        st.caption("This patient has no prescription. Prescriptions are loaded on Setup.")
        return
    by_rx = {row.rx: row for row in prescriptions}
    rx = st.selectbox(
        "Prescription",
        list(by_rx),
        format_func=lambda rx: _prescription(desk, by_rx[rx]) if rx in by_rx else str(rx),
        key=f"refill_rx_{patient}",
    )
    row = by_rx[rx or prescriptions[0].rx]
    quantity = st.number_input(
        "Quantity, in packs",
        1,
        row.quantity,
        row.quantity,
        key=f"refill_quantity_{row.rx}",
        help="At most the prescribed quantity",
    )
    if line := next((line for line in desk.opened.cart.lines if _joins(line, row)), None):
        st.caption(f"Already in the cart: line {line.number} goes from {line.quantity} to {line.quantity + quantity}.")
    st.button("Add to the cart", key="refill_add_one", type="primary", on_click=_add, args=(desk, row, quantity))


def _joins(line: CartLine, row: Prescription) -> bool:
    return line.rx == row.rx and not line.pharmacy and not line.hold and line.ship_to is ShipTo.PATIENT


def _prescription(desk: Desk, row: Prescription) -> str:
    ended = ", stopped" if row.stopped_on else ""
    return f"{sku_name(row.sku, desk.context)} · {row.rx}, {full_day(row.written_on)}{ended}"


def _add(desk: Desk, row: Prescription, quantity: int) -> None:
    session, new = desk.session, CartRow(row.patient, row.sku, quantity, row.rx)
    press(desk.refill_day, lambda: session.call(add_line, desk.refill_day, new))


def _file(desk: Desk) -> None:
    popover = open_popover("Upload", key="refill_upload", icon=":material/upload_file:")
    if popover is None:
        return
    with popover:
        st.write("A CSV or XLSX file. Valid rows are loaded, the others are listed.")
        st.download_button(
            "Download the template",
            templates()["cart.csv"],
            "cart.csv",
            "text/csv",
            key="refill_template",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )
        given = st.file_uploader(
            "Cart file", type=["csv", "xlsx"], key=f"refill_file_{st.session_state.get(_FILES, 0)}"
        )
        if given is not None:
            _read(desk, given.name, given.getvalue())


def _read(desk: Desk, name: str, data: bytes) -> None:
    session = desk.session
    everybody = session.call(open_cart, desk.refill_day, everybody=True)
    try:
        read = read_cart(name, data, everybody.context, desk.refill_day)
    except BadInput as error:
        show_error(error)
        return
    st.markdown(f"**{count(len(read.rows), 'row')} can be loaded, {count(_bad(read), 'row')} cannot.**")
    if read.errors or read.warnings:
        st.dataframe(
            _wrong(read),
            hide_index=True,
            placeholder=NOTHING,
            alt="Rows that cannot be loaded, and columns that were not read",
        )
    if read.rows:
        mode = st.radio("How", [_BESIDE, _INSTEAD], key="refill_upload_how", label_visibility="collapsed")
        st.button(
            f"Load {count(len(read.rows), 'row')}",
            key="refill_load",
            type="primary",
            on_click=_load,
            args=(desk, read.rows, mode == _INSTEAD),
        )


def _bad(read: CartUpload) -> int:
    return len({error.row for error in read.errors})


def _wrong(read: CartUpload) -> list[Row]:
    return [
        {"Row": cell.row, "Column": cell.column, "Value": cell.value, "Reason": cell.reason}
        for cell in (*read.errors, *read.warnings)
    ]


def _load(desk: Desk, rows: Sequence[CartRow], replace: bool) -> None:
    session = desk.session
    loaded = press(desk.refill_day, lambda: session.call(upload, desk.refill_day, rows, replace=replace))
    if loaded:
        st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1


def _left_over(desk: Desk) -> None:
    left = desk.opened.leftovers
    if not left:
        return
    popover = open_popover(f"Left over ({len(left):,})", key="refill_leftovers", icon=":material/move_to_inbox:")
    if popover is None:
        return
    with popover:
        st.write("Lines still in the carts of earlier refill days. Select some, or move them all.")
        state = st.dataframe(
            [_left_row(desk, leftover) for leftover in left],
            key="refill_leftover_rows",
            on_select="rerun",
            selection_mode="multi-row",
            hide_index=True,
            alt="Lines left over from earlier refill days",
        )
        chosen = [left[at] for at in state.selection.rows if at < len(left)] or list(left)
        st.button(
            f"Move here: {count(len(chosen), 'line')}",
            key="refill_take_over",
            type="primary",
            on_click=_take_over,
            args=(desk, [leftover.line for leftover in chosen]),
        )


def _left_row(desk: Desk, leftover: Leftover) -> Row:
    line = leftover.line
    patient = desk.context.patients.get(line.patient)
    return {
        "Refill day": day(leftover.refill_day),
        "Patient": patient.name if patient else line.patient,
        "SKU": sku_name(line.sku, desk.context),
        "Qty": line.quantity,
        "Hold": line.hold,
        "Waiting for": "; ".join(asked.question for asked in open_questions(desk.opened.questions, line.id)) or None,
    }


def _take_over(desk: Desk, lines: Sequence[CartLine]) -> None:
    session, ids = desk.session, [line.id for line in lines]
    press(desk.refill_day, lambda: session.call(take_over, desk.refill_day, ids))
