"""What one run of the page is about: the cart of a refill day, and how it would be placed now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import streamlit as st

from core.adapters.store.carts import refill_days
from core.domain.context import Context
from core.domain.model import Days, Objective, Program
from core.domain.money import cents_from
from core.rules.due_list import DueLine, due_list
from core.rules.plan import Plan, plan
from core.rules.split.search import Watch
from core.rules.split.what_if import SplitRequest
from core.services.cart.contents import OpenCart, not_in_carts, open_cart, to_take_over
from core.services.rule_book import note_findings
from pages.refill_day.split_search import SplitSearch
from pages.shared.formats import amount
from pages.shared.layout import empty_state
from pages.shared.session import Session

DAY = "refill_day"
STEP = "refill_step"
SHOW = "refill_show"
MOVED = "refill_step_moved"
STEPS = ("Cart", "Split", "Confirm")
PICKED = "refill_objective_picked"
OBJECTIVE = "refill_objective"
DAY_PRICE = "refill_day_price"
_SEARCH = "refill_split_search"
_SEARCH_HELD = "refill_split_search_held"
_KNOWN = "refill_known_split"


@dataclass(frozen=True)
class ClinicTime:
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
    search: SplitSearch
    version: int

    @property
    def context(self) -> Context:
        """The clinic's data with the cart's patients."""
        return self.opened.context

    @property
    def refill_day(self) -> date:
        """The day that the cart is for."""
        return self.days.refill_day


def right_now(session: Session) -> ClinicTime:
    """The clinic's clock, and the next day whose cart holds lines, else today."""
    with session.read() as work:
        now, today, days = work.now(), work.today, refill_days(work)
    return ClinicTime(now, today, min((day for day in days if day >= today), default=today))


def opened_desk(session: Session) -> Desk | None:
    """The page's choices, in the URL so that a view can be shared, and what follows from them."""
    moment, version = right_now(session), session.data_version()
    refill_day = _refill_day(moment)
    opened = _opened(session.clinic, version, session.person.email, refill_day, session)
    program = _program(opened.context, moment.today)
    if program is None:
        return None
    picked = st.session_state.pop(PICKED, False)
    objective = _objective(picked)
    days = Days(refill_day, moment.today, moment.now.replace(second=0, microsecond=0))
    day_price = _day_price(opened.context.day_price_cents(days), objective, picked)
    return _desk(_PlanInputs(session, version, opened, program, objective, day_price, days))


def reopened(desk: Desk) -> Desk:
    """The same choices on the cart as it is now: a fragment that acts on the cart draws itself from this."""
    version = desk.session.data_version()
    opened = _opened(desk.session.clinic, version, desk.session.person.email, desk.refill_day, desk.session)
    choices = (desk.program, desk.objective, desk.day_price_cents, desk.days)
    return _desk(_PlanInputs(desk.session, version, opened, *choices))


def with_held(desk: Desk, lines: frozenset[int]) -> Desk:
    """The same choices with these lines (numbers) held besides: what would be placed without them."""
    cart = desk.opened.cart
    held = tuple(line.model_copy(update={"hold": True}) if line.number in lines else line for line in cart.lines)
    opened = replace(desk.opened, cart=cart.model_copy(update={"lines": held}))
    choices = (desk.program, desk.objective, desk.day_price_cents, desk.days)
    return _desk(_PlanInputs(desk.session, desk.version, opened, *choices, held=tuple(sorted(lines))))


def _desk(inputs: _PlanInputs) -> Desk:
    decided, search = _plan(inputs)
    return Desk(
        inputs.session,
        inputs.opened,
        decided,
        inputs.program,
        inputs.objective,
        inputs.day_price_cents,
        inputs.days,
        search,
        inputs.version,
    )


def _refill_day(moment: ClinicTime) -> date:
    chosen = st.date_input(
        "Refill day",
        moment.opens_on,
        key=DAY,
        bind="query-params",
        format="YYYY-MM-DD",
        width=150,
        help="Each refill day has one cart, shared by everyone at the clinic.",
    )
    return chosen if isinstance(chosen, date) else moment.opens_on


def _program(context: Context, today: date) -> Program | None:
    in_force = {code: row for code in context.clinic.program if (row := context.program(code, today))}
    if not in_force:
        empty_state("No program is in force.", "Load programs.csv on Setup, and name one in clinic.csv.")
        return None
    chosen = st.selectbox(
        "Program",
        list(in_force),
        key="refill_program",
        bind="query-params",
        width=190,
        help="Pricing program: its prices, fees and encounter rules apply to the checkout.",
    )
    return in_force[chosen or next(iter(in_force))]


def pick(objective: Objective, day_price_cents: int) -> None:
    """Ask for another split from here on; widgets whose values are set must not be given defaults in the next run."""
    st.session_state[OBJECTIVE] = objective
    if objective is Objective.BALANCED:
        st.session_state[DAY_PRICE] = float(amount(day_price_cents))
    st.session_state[PICKED] = True


def _objective(picked: bool) -> Objective:
    chosen = st.segmented_control(
        "Choose pharmacies for",
        list(Objective),
        default=None if picked else Objective.CHEAPEST,
        required=True,
        format_func=str.capitalize,
        key=OBJECTIVE,
        bind="query-params",
        help="Cheapest: lowest checkout total. Fastest: fewest days to delivery over all lines, then cost. "
        "Balanced: you set what a day of earlier delivery is worth.",
    )
    return Objective(chosen or Objective.CHEAPEST)


def _day_price(usual_cents: int, objective: Objective, picked: bool) -> int:
    if objective is not Objective.BALANCED:
        return usual_cents
    dollars = st.number_input(
        "Price per day",
        0.0,
        1_000.0,
        "min" if picked else float(amount(usual_cents)),
        step=0.5,
        format="%.2f",
        key=DAY_PRICE,
        bind="query-params",
        width=140,
        help="Value of one day of earlier delivery for one line, in dollars.",
    )
    return cents_from(f"{dollars:.2f}")


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _opened(clinic: str, version: int, email: str, refill_day: date, _session: Session) -> OpenCart:
    return open_cart(_session.store, _session.person, clinic, refill_day)


def _plan(desk_of: _PlanInputs) -> tuple[Plan, SplitSearch]:
    """The plan, or while its search goes on the best first one; a search that nobody waits for any more is stopped."""
    search, state = _search(*desk_of.key, desk_of), _SEARCH_HELD if desk_of.held else _SEARCH
    before: SplitSearch | None = st.session_state.get(state)
    if before is not None and before is not search:
        before.leave()
    st.session_state[state] = search
    decided = search.plan()
    if search.finished and not desk_of.held:
        st.session_state[_KNOWN] = decided.split
        _note_seen(*desk_of.key, decided, desk_of)
    return decided, search


@dataclass(frozen=True)
class _PlanInputs:
    """What a plan is made of, and the key that it is remembered by; ``held`` are lines held for this plan alone."""

    session: Session
    version: int
    opened: OpenCart
    program: Program
    objective: Objective
    day_price_cents: int
    days: Days
    held: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int, Days, str, Objective, int, tuple[int, ...]]:
        return (
            self.session.clinic, self.version, self.days, self.program.program, self.objective, self.day_price_cents,
            self.held,
        )  # fmt: skip


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _search(
    clinic: str,
    version: int,
    days: Days,
    program: str,
    objective: Objective,
    day_price_cents: int,
    held: tuple[int, ...],
    _asked: _PlanInputs,
) -> SplitSearch:
    last_split, opened = st.session_state.get(_KNOWN), _asked.opened

    def work(watch: Watch) -> Plan:
        return plan(
            opened.cart,
            opened.context,
            _asked.program,
            objective,
            days,
            overrides=opened.overridden,
            day_price_cents=day_price_cents,
            confirmed=last_split,
            watch=watch,
        )

    return SplitSearch(work)


@st.cache_resource(scope="session", max_entries=2, show_spinner=False)
def _note_seen(
    clinic: str,
    version: int,
    days: Days,
    program: str,
    objective: Objective,
    day_price_cents: int,
    held: tuple[int, ...],
    _plan: Plan,
    _asked: _PlanInputs,
) -> bool:
    """Once for every plan that was looked at under the clinic's own program: a look at another is no work on it."""
    opened, session = _asked.opened, _asked.session
    if program == opened.context.clinic.program[0]:
        note_findings(session.store, session.person, clinic, days.refill_day, opened.cart.lines, _plan.findings)
    return True


def question(desk: Desk) -> SplitRequest:
    """What the desk's split answers."""
    return SplitRequest(
        desk.opened.cart,
        desk.context,
        desk.program,
        desk.objective,
        desk.days,
        desk.opened.overridden,
        desk.day_price_cents,
    )


def due_count(desk: Desk) -> int:
    """How many lines *Add everyone due* would bring as things stand: left over from earlier days, and due."""
    version = desk.session.store.records_version(desk.session.clinic)
    due = _due(desk.session.clinic, version, desk.session.person.email, desk.refill_day, desk.session)
    return len(to_take_over(desk.opened, desk.days.placing_day)) + len(not_in_carts(due, desk.opened))


@st.cache_resource(scope="session", max_entries=2, show_spinner="Looking up who is due")
def _due(clinic: str, records_version: int, email: str, refill_day: date, _session: Session) -> list[DueLine]:
    """The due list; it changes with everything but carts."""
    everybody = open_cart(_session.store, _session.person, clinic, refill_day, everybody=True)
    return due_list(everybody.context, refill_day)


def everybody(desk: Desk) -> Context:
    """The clinic's data with every patient, as the due list reads them."""
    version = desk.session.store.records_version(desk.session.clinic)
    return _everybody(desk.session.clinic, version, desk.session.person.email, desk.refill_day, desk.session)


@st.cache_resource(scope="session", max_entries=1, show_spinner="Looking up who is due")
def _everybody(clinic: str, records_version: int, email: str, refill_day: date, _session: Session) -> Context:
    return open_cart(_session.store, _session.person, clinic, refill_day, everybody=True).context


def go_to(step: str) -> None:
    """Show another step. A widget whose value is set here must not be given a default in the same run."""
    st.session_state[STEP] = step
    st.session_state[MOVED] = True
