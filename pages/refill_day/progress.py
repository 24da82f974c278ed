"""Where the refill day stands, and its next step."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.model import ProgramKind
from pages.refill_day.confirm_step import is_placing, place_button
from pages.refill_day.desk import MOVED, STEP, STEPS, Desk, go_to
from pages.refill_day.line_entry import add_due
from pages.refill_day.receipt import placed_here
from pages.refill_day.views import CartLineState, LineView
from pages.shared.formats import count, money
from pages.shared.layout import is_demo
from pages.shared.open_line import CART_LINE
from pages.shared.screens import ORDERS


def chosen_step() -> str:
    """The step that is shown."""
    default = None if st.session_state.pop(MOVED, False) else STEPS[0]
    return (
        st.segmented_control("Step", STEPS, default=default, required=True, key=STEP, bind="query-params") or STEPS[0]
    )


def progress_in_words(desk: Desk, views: Sequence[LineView], due: int) -> str:
    """``Due 12 more > Cart 41 > To fix 6 > Split 4 pharmacies > Confirm $5,812.40``."""
    pharmacies = len({line.pharmacy for line in desk.plan.split.filled})
    return " > ".join(
        (
            f"Due {due:,} more",
            f"Cart {len(views):,}",
            f"To fix {_in_state(views, CartLineState.TO_FIX):,}",
            f"Split {count(pharmacies, 'pharmacy', 'pharmacies')}",
            f"Confirm {money(desk.plan.quote.total_cents)}",
        )
    )


def _in_state(views: Sequence[LineView], state: CartLineState) -> int:
    return sum(view.state is state for view in views)


def next_step(desk: Desk, views: Sequence[LineView], due: int, step: str) -> None:
    """The primary button: the one thing to do next."""
    waiting = _first(views)
    if step == "Confirm" and (desk.plan.split.filled or is_placing()):
        place_button(desk, views)
    elif step == "Cart" and waiting:
        _button(_label(views, waiting.state), ":material/build:", CART_LINE.open, waiting.line.id)
    elif step == "Cart" and desk.plan.split.filled:
        _button("Review split", ":material/arrow_forward:", go_to, "Split")
    elif desk.plan.split.filled:
        _button("Go to confirm", ":material/arrow_forward:", go_to, "Confirm")
    elif due:
        _button(f"Add {count(due, 'line')} due", ":material/group_add:", add_due, desk)
    elif placed_here(desk):  # a link: st.switch_page refuses while filters are bound to the address
        st.page_link(ORDERS.script, label="Open Orders", icon=":material/local_shipping:")


def _button(label: str, icon: str, does: object, *args: object) -> None:
    st.button(label, key="refill_next_step", type="primary", icon=icon, on_click=does, args=args)  # type: ignore[arg-type]


def _label(views: Sequence[LineView], state: CartLineState) -> str:
    if state is CartLineState.TO_FIX:
        return f"Fix {count(_in_state(views, state), 'line')}"
    return f"Review {count(sum(len(view.open) for view in views), 'warning')}"


def _first(views: Sequence[LineView]) -> LineView | None:
    """The first line to fix, else the first with a warning that nobody has acknowledged."""
    for state in (CartLineState.TO_FIX, CartLineState.WARNING):
        if view := next((view for view in views if view.state is state), None):
            return view
    return None


def demo_prices(desk: Desk) -> bool:
    """Whether a price in this cart says that it is made up."""
    context, day = desk.context, desk.days.placing_day
    pooled = desk.program.kind is ProgramKind.AGGREGATE
    for line in desk.plan.split.filled:
        offer = context.offer(line.pharmacy or "", line.line.sku, day)
        price = context.aggregate_price(desk.program.program, line.line.sku, day) if pooled else offer
        if price and is_demo(price.source):
            return True
    return is_demo(desk.program.source)
