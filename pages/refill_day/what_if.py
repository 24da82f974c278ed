"""What else the cart could be: cost against delivery, a curve on which a person picks; what one more pack saves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from core.domain.model import Days, Objective, PreferenceKind
from core.rules.split.search import Watch
from core.rules.split.what_if import (
    DAY_PRICES_CENTS,
    MOST_SHORTAGES,
    Point,
    PreferenceCost,
    Shortage,
    points,
    preference_costs,
    short_offers,
    shortages,
)
from core.services.cart.routing_preferences import add_routing_preference
from pages.refill_day.cart_actions import answer
from pages.refill_day.cost_curve import cost_against_days, label
from pages.refill_day.desk import Desk, pick, question
from pages.refill_day.split_search import BackgroundAnswers
from pages.shared.chart_card import chart
from pages.shared.formats import amount, count, day, money, pharmacy_name, plain, signed_money, sku_name
from pages.shared.open_line import draw_page
from pages.shared.tables import MONEY, Row, table

Answer = Point | PreferenceCost | Shortage

_JOB = "refill_what_if"
_CURVE = "split_objectives"
FIRST_SECONDS = 0.8
_AGAIN_SECONDS = 1.5


def what_if_answers(desk: Desk) -> BackgroundAnswers[Answer]:
    """The comparison of this desk's cart, begun where it is not yet; one that nobody looks at any more is stopped."""
    key = (
        desk.session.clinic, desk.session.data_version(), desk.days, desk.program.program, desk.objective,
        desk.day_price_cents, desk.search.stopped, str(desk.opened.cart.preferences),
    )  # fmt: skip
    job = _answers(*key, desk)
    if job.stopped:
        _answers.clear()
        job = _answers(*key, desk)
    before: BackgroundAnswers[Answer] | None = st.session_state.get(_JOB)
    if before is not None and before is not job:
        before.leave()
    st.session_state[_JOB] = job
    return job


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _answers(
    clinic: str,
    version: int,
    days: Days,
    program: str,
    objective: Objective,
    day_price_cents: int,
    taken: bool,
    preferences: str,
    _desk: Desk,
) -> BackgroundAnswers[Answer]:
    now, asking = _desk.plan.split, question(_desk)
    expected = len(Objective) + 1 + len(DAY_PRICES_CENTS) + len(asking.cart.preferences)
    expected += min(len(short_offers(now)), MOST_SHORTAGES)

    def stream(watch: Watch) -> Iterator[Answer]:
        yield from points(asking, now, watch)
        yield from preference_costs(asking, now, watch)
        yield from shortages(asking, now, watch)

    return BackgroundAnswers(stream, expected)


def comparison(desk: Desk) -> None:
    """The curve and the table behind it, drawn anew while answers come in."""
    if not desk.search.finished:
        st.caption("The cost of speed, routing preferences and shortages is computed once the split is found.")
        return
    job = what_if_answers(desk)
    job.wait(FIRST_SECONDS)
    if job.finished:
        _drawn(desk, job)
    else:
        st.fragment(_drawn_until_finished, run_every=_AGAIN_SECONDS)(desk, job)


def _drawn_until_finished(desk: Desk, job: BackgroundAnswers[Answer]) -> None:
    if job.finished:
        draw_page()
    _drawn(desk, job)


def _drawn(desk: Desk, job: BackgroundAnswers[Answer]) -> None:
    finished, answers_so_far = job.finished, job.wait(0)
    some = [each for each in answers_so_far if isinstance(each, Point)]
    if not finished:
        done = len(answers_so_far)
        st.progress(min(done / max(job.expected, 1), 1.0), f"Computing alternatives: {done} of about {job.expected}")
    if some:
        _curve(desk, some)
    _shortages(desk, [each for each in answers_so_far if isinstance(each, Shortage)], finished)


def _curve(desk: Desk, curve_points: Sequence[Point]) -> None:
    now = next((point for point in curve_points if _is_now(desk, point)), None)
    chart(
        cost_against_days(curve_points, now),
        objectives_in_words(curve_points),
        [_row(point, now) for point in curve_points],
        name=_CURVE,
        session=desk.session,
        columns={"Total": MONEY},
        hint="Click a point to split the cart that way.",
        on_select=lambda: _picked(desk, curve_points),
    )


def _is_now(desk: Desk, point: Point) -> bool:
    same_price = desk.objective is not Objective.BALANCED or point.day_price_cents == desk.day_price_cents
    return point.objective is desk.objective and same_price and not point.fewest


def _picked(desk: Desk, curve_points: Sequence[Point]) -> None:
    chosen = st.session_state[f"{_CURVE}_chart"].selection.points
    at = next((point.get("customdata") for point in chosen if point.get("customdata") is not None), None)
    if isinstance(at, list):
        at = at[0] if at else None
    if at is None or not 0 <= int(at) < len(curve_points):
        return
    point = curve_points[int(at)]
    if not point.fewest:
        pick(point.objective, point.day_price_cents)
        return
    session = desk.session
    pick(Objective.CHEAPEST, desk.day_price_cents)
    answer(
        lambda: session.call(add_routing_preference, desk.refill_day, PreferenceKind.BOXES),
        "The cart ships in as few boxes as possible.",
    )


def _row(point: Point, now: Point | None) -> Row:
    outcome = point.outcome
    return {
        "Split": label(point) + (" (current)" if point is now else ""),
        "Total": amount(outcome.total_cents),
        "Lines": outcome.lines,
        "Boxes": outcome.boxes,
        "Pharmacies": outcome.pharmacies,
        "Days to delivery, all lines": outcome.delivery_days,
        "Days a line": outcome.days_a_line,
        "Last delivery": outcome.last_delivery,
        "Proven": "Yes" if outcome.proven else "Best found",
    }


def objectives_in_words(curve_points: Sequence[Point]) -> str:
    """What the fastest split costs beside the cheapest."""
    by = {each.objective: each.outcome for each in reversed(curve_points) if not each.fewest}
    cheap, fast = by.get(Objective.CHEAPEST), by.get(Objective.FASTEST)
    if cheap is None or fast is None:
        return "Cost of speed"
    difference = fast.against(cheap)
    if not difference.days_a_line:
        last = day(cheap.last_delivery)
        return f"The cheapest split delivers as early as the fastest: {money(cheap.total_cents)}, all by {last}"
    return (
        f"The fastest split costs {money(difference.cents)} more than the cheapest and delivers "
        f"{-difference.days_a_line} days earlier on average"
    )


def _shortages(desk: Desk, shortages_found: Sequence[Shortage], finished: bool) -> None:
    """What one more pack would be worth, dearest first."""
    useful = [each for each in shortages_found if each.saves_cents > 0 or each.fills > 0]
    if not shortages_found:
        return
    with st.container(border=True):
        st.markdown(f"**{plain(_worth(useful, desk) if useful or finished else 'Value of one more pack')}**")
        rows: list[Row] = [
            {
                "Pharmacy": pharmacy_name(each.pharmacy, desk.context),
                "SKU": sku_name(each.sku, desk.context),
                "One more pack saves": amount(each.saves_cents),
                "More lines filled": each.fills,
                "Proven": "Yes" if each.proven else "Best found",
            }
            for each in sorted(
                shortages_found, key=lambda each: (-each.fills, -each.saves_cents, each.pharmacy, each.sku)
            )
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
        return "One more pack of a SKU that ran out would not make the cart cheaper"
    best = max(useful, key=lambda each: (each.fills, each.saves_cents))
    where = f"{best.sku} at {pharmacy_name(best.pharmacy, desk.context)}"
    if best.fills > 0:
        return f"One more pack of {where} would fill {count(best.fills, 'more line')}"
    return f"One more pack of {where} would save {money(best.saves_cents)}"


def preference_prices(desk: Desk) -> dict[int | None, str]:
    """What each routing preference costs, in words, as far as it is known; None is all of them together."""
    if not desk.opened.preferences or not desk.search.finished:
        return {}
    answers = what_if_answers(desk).wait(FIRST_SECONDS)
    return {each.preference: _price_in_words(each) for each in answers if isinstance(each, PreferenceCost)}


def _price_in_words(price: PreferenceCost) -> str:
    about = "" if price.proven else "about "
    lost = f", leaves {count(price.lines, 'line')} unfilled" if price.lines > 0 else ""
    return f"{about}{signed_money(price.cents)}{lost}"
