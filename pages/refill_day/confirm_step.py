"""Confirm: one sheet with what is paid to whom, what any other program would charge, and what goes out as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import streamlit as st

from core.domain.errors import Differs
from core.domain.model import Days, DifferenceValue, PlanDifference, Quote
from core.rules.plan_differences import shown_plan
from core.rules.pricing.parts import PharmacyPart, more_than, parts_by_pharmacy
from core.rules.pricing.quotes import under_every_program
from core.services.cart.edits import hold_lines
from core.services.checkout import Confirmation, Receipt, place
from pages.refill_day.cart_actions import done_here, press
from pages.refill_day.desk import Desk, go_to, right_now, with_held
from pages.refill_day.receipt import keep_receipt, placed_here, receipt
from pages.refill_day.views import CartLineState, LineView, held_reason, views_of
from pages.shared.formats import NOTHING, amount, code_words, count, full_day, money, pharmacy_name, plain, signed_money
from pages.shared.layout import facts
from pages.shared.notices import attempt
from pages.shared.tables import MONEY, Row, table

_DIFFERS = "refill_differs"
_PLACING = "refill_placing_now"
COMPONENTS: Final = {
    "Medication": "medication_cents",
    "Program fee": "program_fee_cents",
    "Shipping": "shipping_cents",
    "Encounters": "encounters_cents",
    "Processing": "processing_cents",
}
MONEY_COLUMNS: Final = dict.fromkeys((*COMPONENTS, "Total", "Landed"), MONEY)


def confirm_step(desk: Desk, views: Sequence[LineView]) -> None:
    """What is placed when the button at the top is pressed."""
    if placed := placed_here(desk):
        receipt(desk, placed)
    placing = to_place(desk, views)
    _differs(placing)
    _waiting(views)
    if placing.plan.split.filled:
        _sheet(placing)
    _as_they_are(desk, views)


def _sheet(desk: Desk) -> None:
    st.subheader(f"Checkout under {plain(desk.program.program)}", anchor=False)
    with st.container(width=480):
        total = {"Total": desk.plan.quote.total_cents}
        facts({name: money(cents) for name, cents in (components(desk.plan.quote) | total).items()})
    st.subheader("Each pharmacy's part", anchor=False)
    table(_parts(desk), name="checkout_parts", alt="Each pharmacy's part", session=desk.session, columns=MONEY_COLUMNS)
    st.subheader("The same cart under every program", anchor=False)
    st.caption("The same pharmacies fill the same lines. Monthly fees are not part of a checkout.")
    table(_programs(desk), name="checkout_programs", alt="Every program", session=desk.session, columns=MONEY_COLUMNS)


class _Placing(NamedTuple):
    """What was confirmed and is being placed: the lines to hold first (ids), the words, the lines as they were seen."""

    confirmation: Confirmation
    hold: frozenset[str]
    words: str
    views: tuple[LineView, ...]


def not_ready(views: Sequence[LineView]) -> list[LineView]:
    """Lines that something open stops, or that nobody can fill."""
    return [view for view in views if view.open or view.state is CartLineState.TO_FIX]


def to_place(desk: Desk, views: Sequence[LineView]) -> Desk:
    """What the button places: the cart, the lines that are not ready held."""
    waiting = frozenset(view.line.number for view in not_ready(views))
    return with_held(desk, waiting) if waiting else desk


def place_button(desk: Desk, views: Sequence[LineView]) -> None:
    """The one button, which says what it holds, what it places and the amount; while it places, it says so."""
    place_holder = st.empty()
    if placing := st.session_state.get(_PLACING):
        place_holder.button(
            placing.words, key="refill_placing", type="primary", icon=":material/hourglass_top:", disabled=True
        )
        _finish(desk, placing)
        st.rerun()
    waiting, placing_desk = not_ready(views), to_place(desk, views)
    lines = len(placing_desk.plan.split.filled)
    ready = placing_desk.search.finished and lines > 0
    cost = plain(money(placing_desk.plan.quote.total_cents))
    held = f"Hold the {len(waiting):,} that {'is' if len(waiting) == 1 else 'are'} not ready and place {lines:,}"
    place_holder.button(
        f"{held if waiting else 'Place order'} for {cost}" if lines else "No line is ready",
        key="refill_place",
        type="primary",
        icon=":material/shopping_cart_checkout:",
        on_click=_place,
        args=(placing_desk, waiting),
        disabled=not ready,
        help="Orders every line that is ready; held ones stay in the cart. Pressing twice, or in two windows, creates "
        "one checkout."
        if ready
        else "Not ready: the split is still improving, or there is no line to order. See below.",
    )


def is_placing() -> bool:
    """Whether something was confirmed and is not placed yet."""
    return _PLACING in st.session_state


def _place(desk: Desk, waiting: Sequence[LineView]) -> None:
    moment = right_now(desk.session)
    lines = sorted(line.id for line in desk.opened.cart.lines if not line.hold)
    confirmation = Confirmation(
        cart=None,
        program=desk.program.program,
        objective=desk.objective,
        days=Days(desk.refill_day, moment.today, moment.now),
        day_price_cents=desk.day_price_cents,
        expected_cents=desk.plan.quote.total_cents,
        hash=desk.plan.hash,
        key=f"{desk.plan.hash} {desk.refill_day} {lines[0] if lines else ''}",
        shown_plan=shown_plan(desk.plan),
        split=desk.plan.split,
    )
    words = f"Placing {count(len(desk.plan.split.filled), 'line')} for {plain(money(desk.plan.quote.total_cents))}"
    hold = frozenset(view.line.id for view in waiting)
    st.session_state[_PLACING] = _Placing(confirmation, hold, words, tuple(views_of(desk.opened, desk.plan)))


def _finish(desk: Desk, placing: _Placing) -> None:
    """Place what was confirmed. Nothing is drawn until its end, so that no rerun comes between."""
    day = placing.confirmation.days.refill_day
    try:
        held = not placing.hold or press(day, lambda: desk.session.call(hold_lines, day, placing.hold)) is not None
        if held:
            attempt(lambda: _placed(desk, placing), lambda receipt: f"Placed: {receipt.checkout}.")
    finally:
        st.session_state.pop(_PLACING, None)


def _placed(desk: Desk, placing: _Placing) -> Receipt:
    session, day = desk.session, placing.confirmation.days.refill_day
    try:
        placed = session.call(place, placing.confirmation)
    except Differs as differs:
        st.session_state[_DIFFERS] = (day, differs)
        raise
    st.session_state.pop(_DIFFERS, None)
    keep_receipt(day, placed, placing.views)
    done_here(day).clear()
    return placed


def _differs(desk: Desk) -> None:
    day, differs = st.session_state.get(_DIFFERS, (None, None))
    if day != desk.refill_day:
        return
    with st.container(border=True):
        st.warning(
            "What you confirmed differs from what would be ordered now. Nothing was ordered.",
            icon=":material/difference:",
        )
        facts(
            {
                "You confirmed": money(differs.expected_cents),
                "Total when you pressed": money(differs.actual_cents),
                "Total now": money(desk.plan.quote.total_cents),
            }
        )
        rows = [_difference(each, desk) for each in differs.differences]
        if rows:
            table(rows, name="checkout_differences", alt="What differs, line by line", session=desk.session)
        st.write("Review it again, then place the order.")
        st.button("Dismiss", key="refill_differs_seen", on_click=st.session_state.pop, args=(_DIFFERS, None))


def _difference(difference: PlanDifference, desk: Desk) -> Row:
    """Both sides in words, so that amounts, days and names stand in the same two columns."""
    return {
        "Line": "Checkout" if difference.line is None else str(difference.line),
        "What": difference.aspect.capitalize(),
        "You saw": _side(difference.aspect, difference.expected, desk),
        "When you pressed": _side(difference.aspect, difference.actual, desk),
    }


def _side(field: str, value: DifferenceValue, desk: Desk) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, int):
        return money(value)
    if isinstance(value, date):
        return full_day(value)
    return (
        pharmacy_name(value, desk.context)
        if field == "pharmacy"
        else code_words(value)
        if field == "finding"
        else value
    )


def _waiting(views: Sequence[LineView]) -> None:
    waiting = not_ready(views)
    if not waiting:
        return
    names = ", ".join(str(view.line.number) for view in waiting[:30])
    more = f" and {len(waiting) - 30} more" if len(waiting) > 30 else ""
    st.warning(
        f"{count(len(waiting), 'line')} not ready: {names}{more}. Placing holds them; or fix, override or acknowledge "
        "them first.",
        icon=":material/pause_circle:",
    )
    st.button("Back to the cart", key="refill_back", icon=":material/arrow_back:", on_click=go_to, args=("Cart",))


def components(of: Quote | PharmacyPart) -> dict[str, int]:
    """What a checkout or a pharmacy's part of it is made of, in cents, in the order of a bill."""
    return {name: getattr(of, field) for name, field in COMPONENTS.items()}


def _amounts(of: Quote | PharmacyPart) -> dict[str, Decimal]:
    return {name: amount(cents) for name, cents in components(of).items()}


def _parts(desk: Desk) -> list[Row]:
    return [
        {
            "Pharmacy": pharmacy_name(part.pharmacy, desk.context),
            "Lines": part.lines,
            "Boxes": part.boxes,
            **_amounts(part),
            "Landed": amount(part.landed_cents),
        }
        for part in parts_by_pharmacy(desk.plan.split.filled, desk.plan.quote)
    ]


def _programs(desk: Desk) -> list[Row]:
    rows: list[Row] = []
    for program, quote, _without_price, reason in under_every_program(desk.plan.split.filled, desk.context, desk.days):
        rows.append(
            {
                "Program": program,
                "Kind": quote.kind.value if quote else None,
                **(_amounts(quote) if quote else dict.fromkeys(COMPONENTS)),
                "Total": amount(quote.total_cents) if quote else None,
                "Against this checkout": signed_money(more_than(quote, desk.plan.quote)) if quote else reason,
            }
        )
    return rows


def _as_they_are(desk: Desk, views: Sequence[LineView]) -> None:
    answers = {(made.line, made.code): made for made in desk.opened.overrides}
    rows: list[Row] = [
        {
            "Line": view.line.number,
            "Patient": view.patient,
            "Finding": code_words(finding.code),
            "Message": finding.message,
            "Answer": f"Overridden: {made.reason}"
            if (made := answers.get((finding.line, finding.code)))
            else "Acknowledged",
        }
        for view in views
        for finding in view.answered
    ]
    if rows:
        st.subheader("Ordered as acknowledged or overridden", anchor=False)
        table(rows, name="checkout_answers", alt="Acknowledged and overridden findings", session=desk.session)
    held: list[Row] = [
        {
            "Line": view.line.number,
            "Patient": view.patient,
            "SKU": view.sku,
            "Why": held_reason(view),
            "Supply ends": view.supply_ends,
        }
        for view in views
        if view.state is CartLineState.HELD
    ]
    if held:
        st.subheader("Held: stays in the cart", anchor=False)
        table(held, name="checkout_held", alt="Held lines", session=desk.session)
