"""One line beside the cart: its findings, what its directions say, its price, why this pharmacy, its history, and its
patient, whose data can be corrected here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from core.rules.prescriptions import expired, fills_and_in_flight, fills_of
from core.rules.sig import ParsedSig, Unit, read
from core.services.cart.edits import remove_line
from pages.refill_day.answers import ask_button, finding_buttons, set_hold, severity_badge
from pages.refill_day.cart_actions import answer, edit, press
from pages.refill_day.causes import LineFinding, about_patient
from pages.refill_day.desk import Desk, reopened
from pages.refill_day.pharmacy_reasons import why
from pages.refill_day.sig_builder import other_directions
from pages.refill_day.views import CartLineState, LineView, price_end, views_of
from pages.refill_day.waiting_for import question_history
from pages.shared.formats import OWNERS, code_words, count, full_day, listed, money, plain, prescriber_name
from pages.shared.layout import facts
from pages.shared.notices import show_notices
from pages.shared.open_line import CART_LINE, draw_page
from pages.shared.patient_form import patient_form

_FILLS: Final = 3
_NOTE_CHARS: Final = 200
_WIDTH: Final = 720


def line_drawer(desk: Desk, views: Sequence[LineView]) -> None:
    """The line that is open, if it is still in the cart."""
    if any(view.line.id == CART_LINE.get() for view in views):
        st.dialog("Line", width=_WIDTH, position="right", on_dismiss=CART_LINE.close)(_drawn)(desk)
    else:
        CART_LINE.close()


def _drawn(desk: Desk) -> None:
    """Every press in the drawer draws only the drawer, from the cart as it is then."""
    show_notices()
    desk = reopened(desk)
    views = views_of(desk.opened, desk.plan)
    view = next((view for view in views if view.line.id == CART_LINE.get()), None)
    if view is None:
        CART_LINE.close()
        draw_page()
        return
    st.subheader(plain(view.title), anchor=False)
    form_first = any(about_patient(finding) for finding in view.open)
    _next(views, view)
    question_history(desk, view)
    _findings(desk, view)
    if form_first:
        _patient(desk, view, expanded=True)
    _directions(desk, view)
    _price(desk, view)
    _pharmacy(desk, view)
    _history(desk, view)
    if not form_first:
        _patient(desk, view, expanded=False)
    _leave(desk, view)


def _patient(desk: Desk, view: LineView, *, expanded: bool) -> None:
    """What is saved counts for every line of the patient."""
    patient = desk.context.patients.get(view.line.patient)
    if patient is not None:
        saved = "Patient saved. The cart was rechecked."
        patient_form(desk.session, patient, key="refill_patient", expanded=expanded, saved=saved, press=answer)


def _next(views: Sequence[LineView], view: LineView) -> None:
    waiting = [
        other for other in views if other.state in {CartLineState.TO_FIX, CartLineState.WARNING} and other is not view
    ]
    if not waiting:
        st.button(
            "Done, back to the cart",
            key="refill_close",
            icon=":material/check:",
            type="secondary" if view.open else "primary",
            on_click=CART_LINE.close,
        )
        return
    following = next((other for other in waiting if other.line.number > view.line.number), waiting[0])
    st.button(
        f"Next: line {following.line.number} ({count(len(waiting), 'other')} waiting)",
        key="refill_next",
        icon=":material/arrow_forward:",
        type="secondary" if view.open else "primary",
        on_click=CART_LINE.open,
        args=(following.line.id,),
    )


def _findings(desk: Desk, view: LineView) -> None:
    for finding in view.findings:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                severity_badge(finding)
                st.markdown(f"**{plain(code_words(finding.code))}**", width="content")
                st.caption(OWNERS[finding.owner], width="content")
            st.write(plain(finding.message))
            if finding in view.open:
                with st.container(horizontal=True, gap="small"):
                    finding_buttons(desk, LineFinding(view, finding), "line")
            elif view.line.hold:
                ask_button(desk, view, f"refill_held_{finding.code}_{view.line.id}", finding)
            else:
                st.caption("Acknowledged or overridden.")
    if not view.findings:
        st.success("No findings on this line.", icon=":material/check_circle:")


def _directions(desk: Desk, view: LineView) -> None:
    st.markdown("**Directions**")
    st.text(view.line.sig or "None")
    sku = desk.context.skus.get(view.line.sku)
    if view.line.sig:
        st.caption(f"Read as: {plain(reading_in_words(read(view.line.sig, sku)))}")
    other_directions(desk, view)
    key = f"refill_note_{view.line.id}_{view.line.version}"
    st.text_input(
        "Note to the pharmacy",
        view.line.note,
        key=key,
        max_chars=_NOTE_CHARS,
        placeholder="What the pharmacist should know",
        help="Goes with the order. Allergies and confirmed overrides go along by themselves.",
        on_change=_save_note,
        args=(desk, view, key),
    )


def _save_note(desk: Desk, view: LineView, key: str) -> None:
    cells = {"note": str(st.session_state.get(key) or "")}
    edit(desk.session, desk.refill_day, view.line.id, view.line.version, cells, f"Line {view.line.number}: note")


def reading_in_words(reading: ParsedSig) -> str:
    """``inject · 2.5 mg once weekly · subcutaneous · 0.25 mL a dose``; what is missing or unread is named."""
    return " · ".join(_parts(reading))


def _parts(reading: ParsedSig) -> Iterator[str]:
    if reading.action:
        yield reading.action
    yield from (str(segment) for segment in reading.segments if str(segment))
    if reading.route:
        yield f"{reading.route}, as the SKU is" if reading.route_from_sku else reading.route
    if reading.as_needed:
        yield "as needed"
    in_mg = any(segment.dose is not None and segment.dose.unit is Unit.MG for segment in reading.segments[:1])
    if reading.mg_per_dose is not None and not in_mg:
        yield f"{reading.mg_per_dose.normalize():f} mg a dose"
    if reading.ml_per_dose is not None:
        units = (reading.ml_per_dose * 100).normalize()
        yield f"{reading.ml_per_dose.normalize():f} mL ({units:f} syringe units) a dose"
    if reading.missing:
        yield f"missing: {listed([part.value for part in reading.missing])}"
    if reading.unread:
        yield f"not recognized: {listed([f'“{words}”' for words in reading.unread])}"


def _price(desk: Desk, view: LineView) -> None:
    st.markdown("**Price**")
    cost = view.cost
    if cost is None:
        st.caption("Held lines are not charged." if view.line.hold else "No pharmacy can fill it, so it has no price.")
        return
    parts = {
        "medication": cost.medication_cents,
        "program fee": cost.program_fee_cents,
        "encounter": cost.encounter_cents,
        "shipping": cost.shipping_cents,
        "processing": cost.processing_cents,
    }
    made_of = " + ".join(f"{name} {money(cents)}" for name, cents in parts.items() if cents)
    packs = f", {money(cost.unit_landed_cents)} a pack" if cost.quantity > 1 else ""
    st.write(plain(f"Landed {money(cost.landed_cents)}{packs}: {made_of}"))
    if ends := price_end(view, desk.context, desk.days.placing_day, desk.refill_day):
        st.warning(plain(ends), icon=":material/event_busy:")


def _pharmacy(desk: Desk, view: LineView) -> None:
    st.markdown("**Why this pharmacy**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in why(view.routed, desk.context)))


def _history(desk: Desk, view: LineView) -> None:
    st.markdown("**Prescription and history**")
    context, line = desk.context, view.line
    prescription = context.prescriptions.get(line.rx or "")
    if prescription is None:
        st.caption("This line has no prescription.")
    else:
        patient = context.patients.get(line.patient)
        ended = expired(prescription, patient, context, desk.refill_day, desk.refill_day)
        facts(
            {
                "Prescription": prescription.rx,
                "Prescriber": prescriber_name(prescription.npi, context),
                "Written": full_day(prescription.written_on),
                "Valid": f"no: {ended}" if ended else "yes",
                "Prescribed": f"{count(prescription.quantity, 'pack')}, "
                + (count(prescription.days_supply, "day") if prescription.days_supply else "days' supply not stated"),
                "Fills": f"{fills_and_in_flight(prescription, context)} of {prescription.refills + 1}",
            }
        )
    sku = context.skus.get(line.sku)
    of_active = fills_of(line.patient, context.active_of(sku), context) if sku else ()
    fills = sorted(of_active, key=lambda fill: fill.filled_on)
    for fill in reversed(fills[-_FILLS:]):
        name = context.skus[fill.prescription.sku].name
        st.markdown(f"- {full_day(fill.filled_on)}: {fill.quantity} × {plain(name)}. {plain(fill.prescription.sig)}")
    if not fills:
        st.caption("No earlier fills of this medication on record.")


def _leave(desk: Desk, view: LineView) -> None:
    with st.container(horizontal=True, gap="small"):
        held = view.line.hold
        st.button(
            "Release this line" if held else "Hold this line",
            key="refill_line_hold",
            icon=":material/play_circle:" if held else ":material/pause_circle:",
            on_click=_hold,
            args=(desk, view, not held),
        )
        st.button(
            "Remove this line", key="refill_line_remove", icon=":material/delete:", on_click=_remove, args=(desk, view)
        )


def _hold(desk: Desk, view: LineView, on: bool) -> None:
    set_hold(desk, [view.line.id], hold=on)


def _remove(desk: Desk, view: LineView) -> None:
    session, line = desk.session, view.line
    press(desk.refill_day, lambda: session.call(remove_line, line.id, line.version), f"Line {line.number} removed.")
