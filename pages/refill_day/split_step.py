"""Split: who fills what, at what cost and when, and what the other objectives would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import streamlit as st

from core.domain.model import Objective, RoutedLine
from core.rules.pricing.parts import PharmacyPart, parts_by_pharmacy
from core.services.cart.edits import pin_lines
from core.services.measures import StageTime, turnarounds
from pages.refill_day.cart_actions import press
from pages.refill_day.desk import Desk
from pages.refill_day.pharmacy_reasons import what_would_help, why
from pages.refill_day.routing_preferences import routing_preferences
from pages.refill_day.search_progress import gap_in_words
from pages.refill_day.views import LineView
from pages.refill_day.what_if import comparison, preference_prices
from pages.shared.formats import amount, count, day, money, pharmacy_name, plain, sku_name
from pages.shared.tables import DAY, MONEY, Row, table

_ACROSS = 4
OBSERVED_DAYS = 90


def split_step(desk: Desk, views: Sequence[LineView]) -> None:
    """The answer in a sentence, a card for each pharmacy, the other objectives, and every line with its reasons."""
    st.markdown(plain(proof_in_words(desk)))
    if gaps := [view.gap_days for view in views if view.gap_days]:
        st.warning(f"Supply ends before delivery: {count(len(gaps), 'line')}, by {count(max(gaps), 'day')} at most.")
        _make_fastest(desk, views)
    observed = _turnarounds(desk)
    parts = parts_by_pharmacy(desk.plan.split.filled, desk.plan.quote)
    with st.grid(min(max(len(parts), 2), _ACROSS)):
        for part in parts:
            _card(desk, part, observed.get(part.pharmacy))
    routing_preferences(desk, views, preference_prices(desk))
    comparison(desk)
    unfilled(desk)
    st.subheader("Every line", anchor=False)
    table(
        [_row(desk, view) for view in views],
        name="split_lines",
        alt="Every line with its pharmacy, dates, landed cost and reasons",
        session=desk.session,
        columns={"Ships": DAY, "Delivers": DAY, "Supply ends": DAY, "Landed": MONEY},
    )


def earliest_pins(views: Sequence[LineView]) -> dict[str, str]:
    """For lines whose supply ends before delivery and that another pharmacy delivers earlier: line id and the pharmacy
    that is first, of those the cheapest."""
    pins = {}
    for view in views:
        earlier = [other for other in view.routed.alternatives if other.extra_days < 0] if view.gap_days else []
        if earlier:
            first = min(earlier, key=lambda other: (other.extra_days, other.extra_cost_cents, other.pharmacy))
            pins[view.line.id] = first.pharmacy
    return pins


def _make_fastest(desk: Desk, views: Sequence[LineView]) -> None:
    pins = earliest_pins(views)
    if not pins:
        st.caption("No other pharmacy delivers any of them earlier.")
        return
    st.button(
        f"Make {count(len(pins), 'of these', 'of these')} fastest",
        key="split_fastest",
        icon=":material/bolt:",
        on_click=_pin,
        args=(desk, pins),
        help="Pins each line that another pharmacy delivers earlier to the one that delivers it first. The other lines "
        "keep their objective; the total follows. Undo on the Cart step takes it back.",
    )


def _pin(desk: Desk, pins: Mapping[str, str]) -> None:
    session = desk.session
    press(desk.refill_day, lambda: session.call(pin_lines, desk.refill_day, pins))


def proof_in_words(desk: Desk) -> str:
    """What was sought and how sure the answer is."""
    split = desk.plan.split
    filled = count(len(split.filled), "line")
    left = f" {count(len(split.unfilled), 'line')} cannot be filled." if split.unfilled else ""
    if split.proven:
        return f"Proven {_best(desk.objective)} for {filled}: {money(split.total_cents)}.{left}"
    best_found = f"Best found in {split.seconds:.1f} seconds for {filled}: {money(split.total_cents)}"
    if desk.objective is Objective.FASTEST:
        return f"{best_found}; no split delivers in fewer than {count(split.bound, 'day')} over all lines.{left}"
    within = gap_in_words(split.total_cents, split.bound)
    return f"{best_found}, {within} of the best possible.{left}" if within else f"{best_found}.{left}"


def _best(objective: Objective) -> str:
    return {
        Objective.CHEAPEST: "cheapest",
        Objective.FASTEST: "fastest, then cheapest",
        Objective.BALANCED: "best balance of cost and delivery",
    }[objective]


def _turnarounds(desk: Desk) -> Mapping[str, StageTime]:
    """How long each pharmacy took lately; nothing without history."""
    last = desk.days.placing_day
    return desk.session.remembered(turnarounds, last - timedelta(days=OBSERVED_DAYS - 1), last)


def turnaround_in_words(observed: StageTime) -> str:
    """``half of 41 lines delivered within 4.5 days of ordering, 90% within 7.0 (last 90 days)``."""
    half, most = (f"{Decimal(hours) / 24:.1f}" for hours in (observed.median_hours, observed.p90_hours))
    return (
        f"half of {count(observed.lines, 'line')} delivered within {half} days of ordering, 90% within {most} "
        f"(last {OBSERVED_DAYS} days)"
    )


def _card(desk: Desk, part: PharmacyPart, observed: StageTime | None) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{plain(pharmacy_name(part.pharmacy, desk.context))}**")
        st.caption(f"{count(part.lines, 'line')} in {count(part.boxes, 'box', 'boxes')}")
        st.markdown(
            f"Medication {plain(money(part.medication_cents))}  \n"
            f"Shipping {plain(money(part.shipping_cents))}  \n"
            f"Landed {plain(money(part.landed_cents))}"
        )
        st.caption(f"Promised: ships from {day(part.ships_on)}, all delivered by {day(part.arrives_on)}")
        if observed is not None:
            st.caption(plain(f"Observed: {turnaround_in_words(observed)}"))


def unfilled(desk: Desk) -> None:
    """Lines that nobody can fill, and what would have to change."""
    rows: list[Row] = [
        {
            "Line": routed.line.number,
            "SKU": sku_name(routed.line.sku, desk.context),
            "Qty": routed.line.quantity,
            "What would have to change": " ".join(what_would_help(routed, desk.context)),
        }
        for routed in desk.plan.split.unfilled
    ]
    if rows:
        st.subheader("Lines that no pharmacy can fill", anchor=False)
        table(rows, name="split_unfilled", alt="Lines that no pharmacy can fill", session=desk.session)


def _row(desk: Desk, view: LineView) -> Row:
    routed: RoutedLine = view.routed
    promise = routed.promise
    return {
        "Line": view.line.number,
        "Patient": view.patient,
        "SKU": view.sku,
        "Qty": view.line.quantity,
        "Pharmacy": pharmacy_name(routed.pharmacy, desk.context) if routed.pharmacy else None,
        "Ships": promise.ships_on if promise else None,
        "Delivers": promise.delivers_on if promise else None,
        "Supply ends": view.supply_ends,
        "Days without": view.gap_days or None,
        "Landed": amount(view.cost.landed_cents) if view.cost else None,
        "Why": " ".join(why(routed, desk.context)),
    }
