"""What else the cart could be: cost against delivery, a curve on which a person picks; what one more pack saves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from core.domain.model import Days, Objective, PreferenceKind
from core.rules.split import Point, PreferenceCost, Shortage, Watch, points, preference_costs, short_offers, shortages
from core.rules.split.what_if import DAY_PRICES_CENTS, MOST_SHORTAGES
from core.services.cart import ask_of_split
from pages.parts.refill_day.curve import cost_against_days, label
from pages.parts.refill_day.desk import Desk, pick, question
from pages.parts.refill_day.pressing import answer
from pages.parts.refill_day.searching import Findings
from pages.parts.refill_day.views import pharmacy_name
from pages.parts.tables import MONEY, Row, table
from pages.parts.words import amount, count, day, money, plain, signed_money

Answer = Point | PreferenceCost | Shortage

_JOB = "refill_what_if"
_CHART = "refill_curve"
FIRST_SECONDS = 0.8
_AGAIN_SECONDS = 1.5


def answers(desk: Desk) -> Findings[Answer]:
    """The comparison of this desk's cart, begun where it is not yet; one that nobody looks at any more is stopped."""
    key = (
        desk.session.clinic, desk.session.data_version(), desk.days, desk.program.program, desk.objective,
        desk.day_price_cents, desk.search.taken, str(desk.opened.cart.constraints),
    )  # fmt: skip
    found = _answers(*key, desk)
    if found.left:
        _answers.clear()
        found = _answers(*key, desk)
    before: Findings[Answer] | None = st.session_state.get(_JOB)
    if before is not None and before is not found:
        before.leave()
    st.session_state[_JOB] = found
    return found


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _answers(
    clinic: str,
    version: int,
    days: Days,
    program: str,
    objective: Objective,
    day_price_cents: int,
    taken: bool,
    asked: str,
    _desk: Desk,
) -> Findings[Answer]:
    now, asking = _desk.plan.split, question(_desk)
    expected = len(Objective) + 1 + len(DAY_PRICES_CENTS) + len(asking.cart.constraints)
    expected += min(len(short_offers(now)), MOST_SHORTAGES)

    def found(watch: Watch) -> Iterator[Answer]:
        yield from points(asking, now, watch)
        yield from preference_costs(asking, now, watch)
        yield from shortages(asking, now, watch)

    return Findings(found, expected)


def comparison(desk: Desk) -> None:
    """The curve and the table behind it, drawn anew while answers come in."""
    if not desk.search.finished:
        st.caption("What speed, wishes and shortages cost is worked out once the split is found.")
        return
    job = answers(desk)
    job.wait(FIRST_SECONDS)
    if job.finished:
        _drawn(desk, job)
    else:
        st.fragment(_drawn_until_finished, run_every=_AGAIN_SECONDS)(desk, job)


def _drawn_until_finished(desk: Desk, job: Findings[Answer]) -> None:
    if job.finished:
        st.rerun()
    _drawn(desk, job)


def _drawn(desk: Desk, job: Findings[Answer]) -> None:
    finished, found = job.finished, job.wait(0)
    some = [one for one in found if isinstance(one, Point)]
    if not finished:
        st.progress(min(len(found) / max(job.expected, 1), 1.0), text=plain(_how_far(found, job.expected)))
    if some:
        _curve(desk, some)
    _shortages(desk, [one for one in found if isinstance(one, Shortage)], finished)


def _how_far(found: Sequence[Answer], expected: int) -> str:
    return f"Splitting the cart in other ways: {len(found)} of about {expected}"


def _curve(desk: Desk, found: Sequence[Point]) -> None:
    now = next((point for point in found if _is_now(desk, point)), None)
    says = objectives_in_words(found)
    with st.container(border=True):
        st.markdown(f"**{plain(says)}**")
        st.caption("Pick a point to split the cart that way.")
        st.plotly_chart(
            cost_against_days(found, now),
            key=_CHART,
            config={"displayModeBar": False, "responsive": True},
            on_select=lambda: _picked(desk, found),
            selection_mode="points",
            alt=says,
        )
        behind = st.expander("Table", icon=":material/table:", key="split_objectives_behind", on_change="rerun")
        if behind.open:
            with behind:
                table(
                    [_row(point, now) for point in found],
                    name="split_objectives",
                    alt=f"Table: {says}",
                    session=desk.session,
                    columns={"Total": MONEY},
                )


def _is_now(desk: Desk, point: Point) -> bool:
    same_price = desk.objective is not Objective.BALANCED or point.day_price_cents == desk.day_price_cents
    return point.objective is desk.objective and same_price and not point.fewest


def _picked(desk: Desk, found: Sequence[Point]) -> None:
    chosen = st.session_state[_CHART].selection.points
    at = next((point.get("customdata") for point in chosen if point.get("customdata") is not None), None)
    if isinstance(at, list):
        at = at[0] if at else None
    if at is None or not 0 <= int(at) < len(found):
        return
    point = found[int(at)]
    if not point.fewest:
        pick(point.objective, point.day_price_cents)
        return
    session = desk.session
    pick(Objective.CHEAPEST, desk.day_price_cents)
    answer(
        lambda: ask_of_split(session.store, session.person, session.clinic, desk.refill_day, PreferenceKind.BOXES),
        "The cart goes out in as few shipments as possible.",
    )


def _row(point: Point, now: Point | None) -> Row:
    one = point.outcome
    return {
        "Split": label(point) + (" (this one)" if point is now else ""),
        "Total": amount(one.total_cents),
        "Lines": one.lines,
        "Boxes": one.boxes,
        "Pharmacies": one.pharmacies,
        "Days to delivery, all lines": one.delivery_days,
        "Days a line": one.days_a_line,
        "Last delivery": one.last_delivery,
        "Proven": "Yes" if one.proven else "Best found",
    }


def objectives_in_words(found: Sequence[Point]) -> str:
    """What speed costs."""
    by = {one.objective: one.outcome for one in reversed(found) if not one.fewest}
    cheap, fast = by.get(Objective.CHEAPEST), by.get(Objective.FASTEST)
    if cheap is None or fast is None:
        return "What speed costs"
    difference = fast.against(cheap)
    if not difference.days_a_line:
        last = day(cheap.last_delivery)
        return f"The cheapest split delivers as early as the fastest: {money(cheap.total_cents)}, all by {last}"
    return (
        f"The fastest split costs {money(difference.cents)} more than the cheapest and delivers "
        f"{-difference.days_a_line} days earlier on average"
    )


def _shortages(desk: Desk, found: Sequence[Shortage], finished: bool) -> None:
    """What one more pack would be worth, dearest first."""
    useful = [one for one in found if one.saves_cents > 0 or one.fills > 0]
    if not found:
        return
    with st.container(border=True):
        st.markdown(f"**{plain(_worth(useful, desk) if useful or finished else 'What one more pack is worth')}**")
        rows: list[Row] = [
            {
                "Pharmacy": pharmacy_name(one.pharmacy, desk.context),
                "SKU": desk.context.skus[one.sku].name if one.sku in desk.context.skus else one.sku,
                "One more pack saves": amount(one.saves_cents),
                "More lines filled": one.fills,
                "Proven": "Yes" if one.proven else "Best found",
            }
            for one in sorted(found, key=lambda one: (-one.fills, -one.saves_cents, one.pharmacy, one.sku))
        ]
        table(
            rows,
            name="split_shortages",
            alt="What one more pack in stock would be worth",
            session=desk.session,
            columns={"One more pack saves": MONEY},
        )


def _worth(useful: Sequence[Shortage], desk: Desk) -> str:
    if not useful:
        return "One more pack of what has run out would make nothing cheaper"
    best = max(useful, key=lambda one: (one.fills, one.saves_cents))
    where = f"{best.sku} at {pharmacy_name(best.pharmacy, desk.context)}"
    if best.fills > 0:
        return f"One more pack of {where} would fill {count(best.fills, 'more line')}"
    return f"One more pack of {where} would save {money(best.saves_cents)}"


def prices_of(found: Sequence[Answer]) -> dict[int | None, str]:
    """What each routing preference costs, in words; None is all of them together."""
    return {one.preference: _price_in_words(one) for one in found if isinstance(one, PreferenceCost)}


def _price_in_words(one: PreferenceCost) -> str:
    about = "" if one.proven else "about "
    lost = f", leaves {count(one.lines, 'line')} unfilled" if one.lines > 0 else ""
    return f"{about}{signed_money(one.cents)}{lost}"
