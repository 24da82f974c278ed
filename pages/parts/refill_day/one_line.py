"""One line beside the cart: its findings, what its directions say, its price, why this pharmacy, its history, and its
patient, who can be put right here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from core.domain.context import Context
from core.domain.model import Alternative, RoutedLine
from core.rules.eligibility import destination_state
from core.rules.prescriptions import expired, fills_and_in_flight, fills_of
from core.rules.sig import Reading, Unit, read
from core.rules.split import EXCLUDED
from core.services.cart import remove_line
from pages.parts.facts import facts
from pages.parts.notices import show_notices
from pages.parts.patient_form import patient_form
from pages.parts.refill_day.answers import buttons, set_hold, severity_badge
from pages.parts.refill_day.causes import Accused, about_patient, in_words
from pages.parts.refill_day.desk import Desk, reopened
from pages.parts.refill_day.drawer import close_line, draw_page, line_open, open_line
from pages.parts.refill_day.findings import OWNERS
from pages.parts.refill_day.pressing import answer, press
from pages.parts.refill_day.sig_builder import other_directions
from pages.parts.refill_day.views import State, View, pharmacy_name, price_end, views_of
from pages.parts.words import count, day, full_day, listed, money, plain, signed_money

_FILLS = 3
_NEAREST = 4
_WIDTH = 720
REASONS: Final = {
    "NO_OFFER": "no price for this SKU and program",
    "PRICE_STALE": "its price has ended",
    "NO_PRICE": "the program has no price",
    "QUANTITY_LIMIT": "outside its limits of quantity or refills",
    "PHARMACY_NOT_LICENSED": "no licence for {state}",
    "SIG_TOO_LONG": "directions longer than it takes",
    "REFILL_TOO_SOON": "too soon by its rule",
    "COLD_CHAIN_WINDOW": "no ship day in time",
    "OUT_OF_STOCK": "not enough stock",
    "EXCLUDED": "left out by what is asked of the split",
    "RX_AT_OTHER_PHARMACY": "another pharmacy holds the prescription",
}
"""What each filter's code means of one pharmacy."""

HELPS: Final = {
    "NO_OFFER": "it would have to offer the SKU under this program",
    "PRICE_STALE": "it would have to give a price in force",
    "NO_PRICE": "the program would need a price for the SKU",
    "QUANTITY_LIMIT": "quantity and refills would have to be within its limits",
    "PHARMACY_NOT_LICENSED": "it would need a licence for {state}",
    "SIG_TOO_LONG": "the directions would have to be shorter",
    "REFILL_TOO_SOON": "the refill day would have to be later, or somebody override this",
    "COLD_CHAIN_WINDOW": "it would have to ship within 14 days of being ready",
    "OUT_OF_STOCK": "it would need more packs in stock",
    "EXCLUDED": "somebody would have to take back what is asked of the split",
    "RX_AT_OTHER_PHARMACY": "the prescription would have to move there, by a new one",
}
"""What would have to change at one pharmacy for each code against it."""


def one_line(desk: Desk, views: Sequence[View]) -> None:
    """The line that is open, if it is still in the cart."""
    if any(view.line.id == line_open() for view in views):
        st.dialog("Line", width=_WIDTH, position="right", on_dismiss=close_line)(_drawn)(desk)
    else:
        close_line()


def _drawn(desk: Desk) -> None:
    """Every press in the drawer draws only the drawer, from the cart as it is then."""
    show_notices()
    desk = reopened(desk)
    views = views_of(desk.opened, desk.plan)
    view = next((view for view in views if view.line.id == line_open()), None)
    if view is None:
        close_line()
        draw_page()
        return
    st.subheader(plain(view.title), anchor=False)
    form_first = any(about_patient(finding) for finding in view.open)
    _next(views, view)
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


def _patient(desk: Desk, view: View, *, expanded: bool) -> None:
    """What is saved counts for every line of the patient."""
    patient = desk.context.patients.get(view.line.patient)
    if patient is not None:
        saved = "Patient saved. The cart was checked again."
        patient_form(desk.session, patient, key="refill_patient", expanded=expanded, saved=saved, press=answer)


def _next(views: Sequence[View], view: View) -> None:
    waiting = [other for other in views if other.state in {State.TO_FIX, State.WARNING} and other is not view]
    if not waiting:
        st.button(
            "Done, back to the cart",
            key="refill_close",
            icon=":material/check:",
            type="secondary" if view.open else "primary",
            on_click=close_line,
        )
        return
    following = next((other for other in waiting if other.line.number > view.line.number), waiting[0])
    st.button(
        f"Next: line {following.line.number} ({count(len(waiting), 'other')} waiting)",
        key="refill_next",
        icon=":material/arrow_forward:",
        type="secondary" if view.open else "primary",
        on_click=open_line,
        args=(following.line.id,),
    )


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
        st.caption(f"Read as: {plain(reading_in_words(read(view.line.sig, sku)))}")
    other_directions(desk, view)


def reading_in_words(reading: Reading) -> str:
    """``inject · 2.5 mg once weekly · subcutaneous · 0.25 mL a dose``; what is missing or unread is named."""
    return " · ".join(_parts(reading))


def _parts(reading: Reading) -> Iterator[str]:
    if reading.action:
        yield reading.action
    yield from (str(segment) for segment in reading.segments if str(segment))
    if reading.route:
        yield reading.route
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
        yield f"not read: {listed([f'“{words}”' for words in reading.unread])}"


def _price(desk: Desk, view: View) -> None:
    st.markdown("**Price**")
    cost = view.cost
    if cost is None:
        st.caption("Held lines are not paid for." if view.line.hold else "No pharmacy fills it, so it has no price.")
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


def _pharmacy(desk: Desk, view: View) -> None:
    st.markdown("**Why this pharmacy**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in why(view.routed, desk.context)))


def why(routed: RoutedLine, context: Context) -> Iterator[str]:
    """Who fills the line and when; every other pharmacy with what it would change, or why it may not."""
    if routed.pharmacy is not None and routed.promise is not None:
        pinned = " It is pinned, so no other was considered." if routed.line.pharmacy else ""
        yield (
            f"{pharmacy_name(routed.pharmacy, context)} ships on {day(routed.promise.ships_on)} and delivers on "
            f"{day(routed.promise.delivers_on)}.{pinned or because(routed)}"
        )
    elif routed.line.hold:
        yield "It is held: no pharmacy is asked."
    else:
        yield f"Nobody can fill it: {reasons(routed, routed.codes, context)}."
    for other in routed.alternatives:
        yield f"{pharmacy_name(other.pharmacy, context)} instead: {_change(other)}."
    for refusal in routed.refused:
        yield f"{pharmacy_name(refusal.pharmacy, context)} cannot: {reasons(routed, refusal.codes, context)}."


def what_would_help(routed: RoutedLine, context: Context) -> Iterator[str]:
    """For a line that nobody can fill: by pharmacy, all that would have to change; the nearest ones first."""
    ours = {EXCLUDED}  # what the clinic itself can undo comes first
    near = sorted(routed.refused, key=lambda one: (set(one.codes) != ours, len(one.codes), one.pharmacy))
    state = destination_state(routed.line, context) or "this state"
    for refusal in near[:_NEAREST]:
        changes = [HELPS.get(code, in_words(code).lower()).format(state=state) for code in refusal.codes]
        yield f"{pharmacy_name(refusal.pharmacy, context)}: {listed(changes)}."
    if not near:
        yield "No pharmacy has ever offered it: load an offer."


def reasons(routed: RoutedLine, codes: Sequence[str], context: Context) -> str:
    """Why a pharmacy cannot fill a line, in a few words a code."""
    state = destination_state(routed.line, context) or "this state"
    return ", ".join(REASONS.get(code, in_words(code).lower()).format(state=state) for code in codes)


def because(routed: RoutedLine) -> str:
    """How the chosen pharmacy compares with the others that could fill the line, the rest of the cart as it is."""
    if not routed.alternatives:
        return " No other pharmacy may fill it as things stand."
    cheaper = any(other.extra_cost_cents < 0 for other in routed.alternatives)
    earlier = any(other.extra_days < 0 for other in routed.alternatives)
    if cheaper and earlier:
        return " Others are cheaper or earlier, but not better by what this split goes by."
    if cheaper:
        return " No other is earlier."
    return " No other is cheaper." if earlier else " No other is cheaper or earlier."


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
    set_hold(desk, [view.line.id], hold=on)


def _remove(desk: Desk, view: View) -> None:
    session, line = desk.session, view.line
    press(
        desk.refill_day,
        lambda: remove_line(session.store, session.person, session.clinic, line.id, line.version),
        f"Line {line.number} removed.",
    )
