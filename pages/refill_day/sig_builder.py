"""Directions to ask the prescriber for: what the core proposes, and new ones built as one types.

Nothing here changes a SIG. What is made is a request: text to copy, or recorded with the line held.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Final

import streamlit as st

from core.domain.model import Owner, Sku
from core.rules.sig import (
    FREQUENCIES,
    MOST_DAYS,
    WAYS,
    Built,
    Draft,
    DraftStep,
    Measured,
    ParsedSig,
    TimeOfDay,
    Unbuildable,
    Unit,
    build,
    frequency_of,
    number,
    proposals,
    read,
)
from core.services.cart.questions import LineQuestion, ask
from pages.refill_day.cart_actions import press
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import count, plain
from pages.shared.layout import open_expander

NEW_DIRECTIONS: Final = "Please send a new prescription with these directions, or tell us what is right."
MOST_STEPS: Final = 5
_MOST_SYRINGES: Final = 3


def other_directions(desk: Desk, view: LineView) -> None:
    """Behind an expander, what the core proposes and the builder."""
    sku = desk.context.skus.get(view.line.sku)
    if sku is None:
        return
    key = f"refill_ask_{view.line.id}"
    label = "Request different directions from the prescriber"
    expander = open_expander(label, key=key, icon=":material/edit_note:")
    if expander is None:
        return
    with expander:
        st.caption(
            "Only the prescriber can change directions. This creates a request: copy it, or record it and hold the "
            "line until a new prescription arrives."
        )
        reading = read(view.line.sig, sku)
        _proposed(desk, view, reading, sku, key)
        _builder(desk, view, reading, sku, key)


def _proposed(desk: Desk, view: LineView, reading: ParsedSig, sku: Sku, key: str) -> None:
    context, day = desk.context, desk.refill_day
    suggestions = proposals(
        reading,
        sku,
        share=context.number("dose_tolerance_share", day),
        tolerance_units=context.number("dose_tolerance_units", day),
    )
    for place, proposal in enumerate(suggestions):
        st.markdown(f"**{plain(proposal.when.capitalize())}**")
        _request(desk, view, proposal.text, f"{key}_proposed{place}")


def _request(desk: Desk, view: LineView, text: str, key: str, *, primary: bool = False) -> None:
    """Directions to copy, and the button that records the request for them."""
    st.code(text, language=None, wrap_lines=True)
    st.button(
        "Record the request and hold the line",
        key=f"{key}_record",
        type="primary" if primary else "secondary",
        icon=":material/outgoing_mail:",
        on_click=_ask,
        args=(desk, view, text),
    )


def _ask(desk: Desk, view: LineView, text: str) -> None:
    session, line = desk.session, view.line
    question = LineQuestion(line.id, line.version, Owner.PRESCRIBER, NEW_DIRECTIONS, text, line.sig)
    press(
        desk.refill_day,
        lambda: session.call(ask, desk.refill_day, [question]),
        f"Line {line.number} is held; the request to the prescriber is recorded.",
    )


def _builder(desk: Desk, view: LineView, reading: ParsedSig, sku: Sku, key: str) -> None:
    st.markdown("**Build directions**")
    draft = _draft(reading, sku, key)
    if isinstance(draft, str):
        st.error(plain(draft), icon=":material/straighten:")
        return
    context, day = desk.context, desk.refill_day
    built = build(
        draft,
        sku,
        view.line.quantity,
        share=context.number("dose_tolerance_share", day),
        waste_ml=context.number("waste_ml_per_draw", day),
        default_in_use_days=int(context.number("default_in_use_days", day)),
    )
    if isinstance(built, Unbuildable):
        st.error(plain(built.reason), icon=":material/straighten:")
        return
    _measures(built, view.line.quantity)
    _request(desk, view, built.text, f"{key}_built", primary=True)


def _draft(reading: ParsedSig, sku: Sku, key: str) -> Draft | str:
    """What was typed, as a draft; a sentence where a number cannot be read."""
    first = _first(reading, sku)
    units, routes, often = list(Unit), list(WAYS), list(FREQUENCIES)
    with st.grid(2):
        typed = st.text_input("Dose", number_of(first.steps[0].dose), key=f"{key}_dose0")
        unit = st.selectbox("Unit", units, index=_index(units, first.unit), format_func=str, key=f"{key}_unit")
        route = st.selectbox("Route", routes, index=_index(routes, first.route), key=f"{key}_route")
        frequency = st.selectbox("Frequency", often, index=_index(often, first.frequency), key=f"{key}_often")
        time_of_day = st.selectbox(
            "Time of day", list(TimeOfDay), index=None, placeholder="Any", format_func=str, key=f"{key}_time"
        )
        days = _days(key, 0)
    steps = [_step(typed, days), *_next_steps(days, key)]
    as_needed = st.checkbox("As needed", key=f"{key}_needed")
    notes = st.text_input(
        "Additional directions", key=f"{key}_notes", max_chars=300, placeholder="Rotate sites. Discard after 28 days."
    )
    wrong = next((step for step in steps if isinstance(step, str)), None)
    if wrong is not None:
        return wrong
    doses = tuple(step for step in steps if isinstance(step, DraftStep))
    return Draft(doses, unit, route, frequency, time_of_day, as_needed=as_needed, notes=notes)


def _next_steps(days: int | None, key: str) -> Iterator[DraftStep | str]:
    """A length opens a row for the dose that follows it, up to MOST_STEPS; an empty row is none."""
    for place in range(1, MOST_STEPS):
        if days is None:
            return
        with st.grid(2):
            typed = st.text_input(f"Then, dose {place + 1}", key=f"{key}_dose{place}", placeholder="no further dose")
            days = _days(key, place)
        if not typed.strip():
            return
        yield _step(typed, days)


def _days(key: str, place: int) -> int | None:
    return st.number_input(
        "For days",
        min_value=1,
        max_value=MOST_DAYS,
        value=None,
        placeholder="no end",
        key=f"{key}_days{place}",
        help="Setting a length adds the next dose, for titrations.",
    )


def _step(typed: str, days: int | None) -> DraftStep | str:
    dose = _decimal(typed)
    return f"“{typed}” is not a dose. Enter a number such as 0.5." if dose is None else DraftStep(dose, days)


def _decimal(typed: str) -> Decimal | None:
    try:
        dose = Decimal(typed.strip())
    except InvalidOperation:
        return None
    return dose if dose.is_finite() else None


def number_of(dose: Decimal) -> str:
    """A dose as it is typed: no zeros at its end."""
    return f"{dose.normalize():f}" if dose else ""


def _first(reading: ParsedSig, sku: Sku) -> Draft:
    """What the builder opens with: the line's own dose, route and frequency, as far as they were read."""
    route = reading.route or (sku.route if sku.route in WAYS else next(iter(WAYS)))
    dose = next((segment.dose for segment in reading.segments if segment.dose), None)
    if reading.mg_per_dose is not None and (dose is None or dose.unit is None or not dose.unit.is_piece):
        step, unit = DraftStep(reading.mg_per_dose), Unit.MG
    elif dose is not None and dose.unit is not None:
        step, unit = DraftStep(Decimal(number(dose.high))), dose.unit
    else:
        step, unit = DraftStep(Decimal(0)), Unit.MG
    return Draft((step,), unit, route, frequency_of(reading) or "once weekly")


def _index(choices: list[Unit] | list[str], chosen: str) -> int:
    return [str(choice) for choice in choices].index(str(chosen)) if str(chosen) in map(str, choices) else 0


def _measures(built: Built, quantity: int) -> None:
    for place, dose in enumerate(built.steps, 1):
        step = f"Dose {place}: " if len(built.steps) > 1 else ""
        st.markdown(f"**{step}{plain(' · '.join(_amounts(dose)))}**")
        if dose.marks:
            syringes = (f"{mark} ({mark.difference})" if mark.off else str(mark) for mark in dose.marks)
            st.caption(plain("; ".join(islice(syringes, _MOST_SYRINGES))))
    if built.supply is None:
        st.caption("Days' supply unknown: the catalog does not say what a pack contains.")
    else:
        packs = f"{count(quantity, 'pack')} {'lasts' if quantity == 1 else 'last'}"
        st.caption(plain(f"{packs} {count(built.supply.days, 'day')}: {count(built.supply.doses, 'dose')}."))


def _amounts(dose: Measured) -> Iterator[str]:
    if dose.mg is not None:
        yield f"{number(dose.mg)} mg"
    if dose.ml is not None:
        yield f"{number(dose.ml)} mL"
    if dose.syringe_units is not None and dose.marks:
        yield f"{number(dose.syringe_units)} syringe units"
