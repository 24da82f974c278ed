"""One line beside the cart: its findings, what its directions say, its price, why this pharmacy, its history, and its
patient, who can be put right here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from core.cart import remove_line
from core.model import Alternative, Gate, RoutedLine, Sku
from core.prescribing import expired, fills_and_in_flight, fills_of
from core.sig import Reading, read
from core.validation import RULES
from pages.parts.facts import facts
from pages.parts.refill_day.answers import buttons, hold, severity_badge
from pages.parts.refill_day.causes import Accused, in_words
from pages.parts.refill_day.desk import Desk
from pages.parts.refill_day.drawer import close_line, line_open, open_line
from pages.parts.refill_day.findings import OWNERS
from pages.parts.refill_day.patient_form import patient_form
from pages.parts.refill_day.pressing import CHANGED, press
from pages.parts.refill_day.views import State, View, price_end
from pages.parts.words import count, day, full_day, listed, money, plain, signed_money

_FILLS = 3
ABOUT_PATIENTS = frozenset({Gate.PATIENT, Gate.SHIPPING})


def one_line(desk: Desk, views: Sequence[View]) -> None:
    """The line that is open, if it is still in the cart."""
    view = next((view for view in views if view.line.id == line_open()), None)
    if view is None:
        close_line()
        return
    st.session_state.pop(CHANGED, None)
    _drawer(desk, views, view)


@st.dialog("Line", width="large", position="right", on_dismiss=close_line)
def _drawer(desk: Desk, views: Sequence[View], view: View) -> None:
    if st.session_state.pop(CHANGED, False):
        st.rerun()
    _heading(desk, views, view)
    _findings(desk, view)
    _directions(desk, view)
    _price(desk, view)
    _pharmacy(desk, view)
    _history(desk, view)
    patient_form(desk, view, expanded=any(RULES[finding.code].gate in ABOUT_PATIENTS for finding in view.open))
    _leave(desk, view)


def _heading(desk: Desk, views: Sequence[View], view: View) -> None:
    st.subheader(plain(view.title), anchor=False)
    waiting = [other for other in views if other.state in {State.TO_FIX, State.WARNING} and other is not view]
    if not waiting:
        return
    following = next((other for other in waiting if other.line.number > view.line.number), waiting[0])
    st.button(
        f"Next of {len(waiting)}: line {following.line.number}",
        key="refill_next",
        icon=":material/arrow_forward:",
        on_click=_open_next,
        args=(following.line.id,),
    )


def _open_next(line: str) -> None:
    open_line(line)
    st.session_state[CHANGED] = True


def _findings(desk: Desk, view: View) -> None:
    for finding in view.findings:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                severity_badge(finding)
                st.markdown(f"**{plain(in_words(finding.code))}**", width="content")
                st.caption(OWNERS[finding.owner], width="content")
            st.write(plain(finding.message))
            if finding in view.open:
                with st.container(horizontal=True, gap="small"):
                    buttons(desk, Accused(view, finding), "line")
            elif not view.line.hold:
                st.caption("Answered: acknowledged or overridden.")
    if not view.findings:
        st.success("Nothing is wrong with this line.", icon=":material/check_circle:")


def _directions(desk: Desk, view: View) -> None:
    st.markdown("**Directions**")
    st.text(view.line.sig or "None")
    sku = desk.context.skus.get(view.line.sku)
    if view.line.sig:
        st.caption(f"Read as: {plain(reading_in_words(read(view.line.sig, sku), sku))}")


def reading_in_words(reading: Reading, sku: Sku | None) -> str:
    """``inject · 2.5 mg once weekly · subcutaneous · 0.25 mL a dose``; what is missing or unread is named."""
    return " · ".join(_parts(reading, sku))


def _parts(reading: Reading, sku: Sku | None) -> Iterator[str]:
    if reading.action:
        yield reading.action
    yield from (str(segment) for segment in reading.segments if str(segment))
    if reading.route:
        yield reading.route
    if reading.as_needed:
        yield "as needed"
    if reading.mg_per_dose is not None:
        yield f"{reading.mg_per_dose.normalize():f} mg a dose"
    if reading.ml_per_dose is not None:
        units = (reading.ml_per_dose * 100).normalize()
        yield f"{reading.ml_per_dose.normalize():f} mL ({units:f} syringe units) a dose"
    if reading.missing:
        yield f"missing: {listed([part.value for part in reading.missing])}"
    if reading.unread:
        yield f"not read: {listed([f'“{words}”' for words in reading.unread])}"


def _price(desk: Desk, view: View) -> None:
    st.markdown("**Price**")
    cost = view.cost
    if cost is None:
        st.caption("Held lines are not paid for." if view.line.hold else "No pharmacy fills it, so it has no price.")
        return
    facts(
        {
            "Medication": money(cost.medication_cents),
            "Program fee": money(cost.program_fee_cents),
            "Encounter": money(cost.encounter_cents),
            "Shipping": money(cost.shipping_cents),
            "Processing": money(cost.processing_cents),
            "Landed": money(cost.landed_cents),
            "Landed, a pack": f"{money(cost.unit_landed_cents)} ({count(cost.quantity, 'pack')})",
        }
    )
    if ends := price_end(view, desk.context, desk.days.placing_day, desk.refill_day):
        st.warning(plain(ends), icon=":material/event_busy:")


def _pharmacy(desk: Desk, view: View) -> None:
    routed, names = view.routed, desk.context.pharmacies
    st.markdown("**Why this pharmacy**")
    for sentence in why(routed, {code: pharmacy.name for code, pharmacy in names.items()}):
        st.markdown(f"- {plain(sentence)}")


def why(routed: RoutedLine, names: dict[str, str]) -> Iterator[str]:
    """Who fills the line and when; every other pharmacy with what it would change, or why it may not."""
    if routed.pharmacy is not None and routed.promise is not None:
        pinned = " It is pinned, so no other was considered." if routed.line.pharmacy else ""
        yield (
            f"{names.get(routed.pharmacy, routed.pharmacy)} ships on {day(routed.promise.ships_on)} and delivers on "
            f"{day(routed.promise.delivers_on)}.{pinned}"
        )
    elif routed.line.hold:
        yield "It is held: no pharmacy is asked."
    else:
        yield f"Nobody can fill it: {_reasons(routed.codes)}."
    for other in routed.alternatives:
        yield f"{names.get(other.pharmacy, other.pharmacy)} instead: {_change(other)}."
    for refusal in routed.refused:
        yield f"{names.get(refusal.pharmacy, refusal.pharmacy)} may not: {_reasons(refusal.codes)}."


def _reasons(codes: Sequence[str]) -> str:
    return ", ".join(in_words(code).lower() for code in codes)


def _change(other: Alternative) -> str:
    if not other.extra_days:
        days = "the same day"
    else:
        days = f"{count(abs(other.extra_days), 'day')} {'later' if other.extra_days > 0 else 'earlier'}"
    return f"{signed_money(other.extra_cost_cents)} for the whole checkout, {days}"


def _history(desk: Desk, view: View) -> None:
    st.markdown("**Prescription and history**")
    context, line = desk.context, view.line
    prescription = context.prescriptions.get(line.rx or "")
    if prescription is None:
        st.caption("There is no prescription behind this line.")
    else:
        prescriber = context.prescribers.get(prescription.npi)
        patient = context.patients.get(line.patient)
        ended = expired(prescription, patient, context, desk.refill_day, desk.refill_day)
        facts(
            {
                "Prescription": prescription.rx,
                "Prescriber": prescriber.name if prescriber else prescription.npi,
                "Written": full_day(prescription.written_on),
                "In force": f"no: {ended}" if ended else "yes",
                "Prescribed": f"{count(prescription.quantity, 'pack')}, "
                + (count(prescription.days_supply, "day") if prescription.days_supply else "days' supply not stated"),
                "Fills": f"{fills_and_in_flight(prescription, context)} of {prescription.refills + 1}",
            }
        )
    sku = context.skus.get(line.sku)
    fills = sorted(fills_of(line.patient, sku.active, context), key=lambda fill: fill.filled_on) if sku else []
    for fill in reversed(fills[-_FILLS:]):
        what = context.skus[fill.prescription.sku].name
        st.markdown(f"- {full_day(fill.filled_on)}: {fill.quantity} × {plain(what)}. {plain(fill.prescription.sig)}")
    if not fills:
        st.caption("No earlier fill of this medication is known.")


def _leave(desk: Desk, view: View) -> None:
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


def _hold(desk: Desk, view: View, on: bool) -> None:
    hold(desk, [view.line.id], hold=on)


def _remove(desk: Desk, view: View) -> None:
    session, line = desk.session, view.line
    press(
        desk.refill_day,
        lambda: remove_line(session.store, session.person, session.clinic, line.id, line.version),
        f"Line {line.number} removed.",
    )
