"""What one run of the page is about: the cart of a refill day, and how it would be placed now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from core.cart import OpenCart, open_cart
from core.context import Context
from core.model import Days, Objective, Program, Split
from core.money import cents_from
from core.plan import Plan, plan
from core.prescribing import due_list
from core.rule_book import note_seen
from core.split import Outcome, outcome, split
from core.store.carts import refill_days
from pages.parts.page import nothing_yet
from pages.parts.session import Session
from pages.parts.words import amount

DAY = "refill_day"
STEP = "refill_step"
SHOW = "refill_show"
MOVED = "refill_step_moved"
STEPS = ("Cart", "Split", "Confirm")
_DUE_SECONDS = 30


@dataclass(frozen=True)
class Moment:
    """The instant and day of this run at the clinic, and the refill day that the page opens on."""

    now: datetime
    today: date
    opens_on: date


@dataclass(frozen=True)
class Desk:
    """A refill day's cart with everything decided about it."""

    session: Session
    opened: OpenCart
    plan: Plan
    program: Program
    objective: Objective
    day_price_cents: int
    days: Days

    @property
    def context(self) -> Context:
        """The clinic's data with the cart's patients."""
        return self.opened.context

    @property
    def refill_day(self) -> date:
        """The day that the cart is for."""
        return self.days.refill_day


def right_now(session: Session) -> Moment:
    """The clinic's clock, and the next day whose cart holds lines, else today."""
    with session.read() as work:
        now, today, days = work.now(), work.today, refill_days(work)
    return Moment(now, today, min((day for day in days if day >= today), default=today))


def opened_desk(session: Session) -> Desk | None:
    """The page's choices, in the URL so that a view can be shared, and what follows from them."""
    moment, version = right_now(session), session.data_version()
    refill_day = _refill_day(moment)
    opened = _opened(session.clinic, version, session.person.email, refill_day, session)
    program = _program(opened.context, moment.today)
    if program is None:
        return None
    objective = _objective()
    days = Days(refill_day, moment.today, moment.now.replace(second=0, microsecond=0))
    day_price = _day_price(opened.context.day_price_cents(days), objective)
    decided = _plan(session.clinic, version, days, program.program, objective, day_price, opened, program, session)
    return Desk(session, opened, decided, program, objective, day_price, days)


def _refill_day(moment: Moment) -> date:
    chosen = st.date_input(
        "Refill day",
        moment.opens_on,
        key=DAY,
        bind="query-params",
        format="YYYY-MM-DD",
        width=150,
        help="Each refill day has one cart, shared by everybody at the clinic.",
    )
    return chosen if isinstance(chosen, date) else moment.opens_on


def _program(context: Context, today: date) -> Program | None:
    found = {code: row for code in context.clinic.program if (row := context.program(code, today))}
    if not found:
        nothing_yet("No program is in force.", "Load programs.csv on Setup, and name one in clinic.csv.")
        return None
    chosen = st.selectbox(
        "Program",
        list(found),
        key="refill_program",
        bind="query-params",
        width=190,
        help="How the clinic pays: its programs' prices, fees and encounters are those of the checkout.",
    )
    return found[chosen or next(iter(found))]


def _objective() -> Objective:
    chosen = st.segmented_control(
        "Choose pharmacies for",
        list(Objective),
        default=Objective.CHEAPEST,
        required=True,
        format_func=str.capitalize,
        key="refill_objective",
        bind="query-params",
        help="Cheapest: least total of the checkout. Fastest: least days to delivery over all lines, then cost. "
        "Balanced: a day of earlier delivery is worth a price that you set.",
    )
    return Objective(chosen or Objective.CHEAPEST)


def _day_price(usual_cents: int, objective: Objective) -> int:
    if objective is not Objective.BALANCED:
        return usual_cents
    dollars = st.number_input(
        "Price per day",
        0.0,
        1_000.0,
        float(amount(usual_cents)),
        step=0.5,
        format="%.2f",
        key="refill_day_price",
        bind="query-params",
        width=140,
        help="What one day of earlier delivery is worth for one line, in dollars.",
    )
    return cents_from(f"{dollars:.2f}")


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _opened(clinic: str, version: int, email: str, refill_day: date, _session: Session) -> OpenCart:
    return open_cart(_session.store, _session.person, clinic, refill_day)


@st.cache_resource(scope="session", max_entries=2, show_spinner="Choosing pharmacies and checking every line")
def _plan(
    clinic: str,
    version: int,
    days: Days,
    program: str,
    objective: Objective,
    day_price_cents: int,
    _opened: OpenCart,
    _program: Program,
    _session: Session,
) -> Plan:
    decided = plan(
        _opened.cart,
        _opened.context,
        _program,
        objective,
        days,
        overrides=_opened.overridden,
        day_price_cents=day_price_cents,
    )
    if program == _opened.context.clinic.program[0]:  # a look at another program is no work on the cart
        lines, day = _opened.cart.lines, days.refill_day
        note_seen(_session.store, _session.person, clinic, day, lines, decided.findings)
    return decided


def outcomes(desk: Desk) -> tuple[Outcome, ...]:
    """The same cart split for each objective."""
    return _outcomes(
        desk.session.clinic, desk.session.data_version(), desk.days, desk.program.program, desk.day_price_cents, desk
    )


@st.cache_resource(scope="session", max_entries=2, show_spinner="Comparing cheapest, fastest and balanced")
def _outcomes(
    clinic: str, version: int, days: Days, program: str, day_price_cents: int, _desk: Desk
) -> tuple[Outcome, ...]:
    return tuple(outcome(_split(_desk, objective), days.refill_day) for objective in Objective)


def _split(desk: Desk, objective: Objective) -> Split:
    if objective is desk.objective:
        return desk.plan.split
    return split(
        desk.opened.cart,
        desk.context,
        desk.program,
        objective,
        desk.days,
        overrides=desk.opened.overridden,
        day_price_cents=desk.day_price_cents,
    )


def due_count(desk: Desk) -> int:
    """How many lines are due and not in the cart. Who is due is looked up at most every half minute."""
    in_cart = {(line.patient, line.sku) for line in desk.opened.cart.lines}
    return len(_due(desk.session.clinic, desk.session.person.email, desk.refill_day, desk.session) - in_cart)


@st.cache_resource(scope="session", max_entries=2, ttl=_DUE_SECONDS, show_spinner="Looking up who is due")
def _due(clinic: str, email: str, refill_day: date, _session: Session) -> frozenset[tuple[str, str]]:
    everybody = open_cart(_session.store, _session.person, clinic, refill_day, everybody=True)
    return frozenset((line.patient, line.sku) for line in due_list(everybody.context, refill_day))


def forget_due() -> None:
    """Look up who is due again: lines were placed."""
    _due.clear()


def go_to(step: str) -> None:
    """Show another step. A widget whose value is set here must not be given a default in the same run."""
    st.session_state[STEP] = step
    st.session_state[MOVED] = True
