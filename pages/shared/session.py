"""Who is looking at which clinic. Pages get a ``Session`` from their guard and pass it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

import streamlit as st

from core.adapters.files import csv_bytes, xlsx_bytes
from core.adapters.store import Store, Work
from core.domain.context import Context
from core.domain.errors import AccessEnded
from core.domain.model import Role
from core.domain.roles import Person
from core.services.access import still_there
from core.services.audit_trail import record, record_refusal
from core.services.contexts import load_context
from core.services.people import signed_in
from pages.shared.sign_in import demo_fault, sign_in_configured, sign_in_fault, sign_in_of_visitor
from pages.shared.startup import the_store

P = ParamSpec("P")
T = TypeVar("T")
ACTING = "acting_as"
CLINIC = "clinic"


@dataclass(frozen=True, slots=True)
class Session:
    """One visitor's store, clinic and person; the person's role has been looked up in this very run."""

    store: Store
    clinic: str
    person: Person

    def read(self) -> AbstractContextManager[Work]:
        """A view of the store that does not change while it is open. No ``st.`` call belongs inside."""
        return self.store.read(self.clinic)

    def call(self, use_case: Callable[Concatenate[Store, Person, str, P], T], *args: P.args, **named: P.kwargs) -> T:
        """A use case of core, carried out or refused for this person at this clinic.

        A callback or a deferred download runs without its page, so the person is looked up again: AccessEnded.
        """
        with self.lasting(use_case.__name__.replace("_", " ")):
            return use_case(self.store, self.person, self.clinic, *args, **named)

    @contextmanager
    def lasting(self, what: str) -> Iterator[None]:
        """Within it the person may still act as they did when the page was drawn; a refusal is audited as ``what``."""
        try:
            if self.person.clinic is not None:
                with self.read() as work:
                    still_there(work, self.person)
            yield
        except AccessEnded as refusal:
            record_refusal(self.store, self.person, self.clinic, what, refusal)
            raise

    def remembered(self, use_case: Callable[..., T], *args: Any) -> T:
        """The same, kept until the clinic is written to or its day changes. Pages ask first what a role may see."""
        with self.read() as work:
            today = work.today
        answer: T = _remembered(self.clinic, self.data_version(), today, use_case.__qualname__, args, self, use_case)
        return answer

    def data_version(self) -> int:
        """How often the clinic was written to: what may be kept between runs is keyed by it."""
        return self.store.data_version(self.clinic)

    def reference(self) -> ReferenceData:
        """Everything of the clinic but its patients, and what day it is there."""
        with self.read() as work:
            today = work.today
        return ReferenceData(_reference(self.clinic, self.data_version(), self.store), today)

    def export(self, name: str, rows: Sequence[Mapping[str, object]], kind: Literal["csv", "xlsx"]) -> bytes:
        """A table as a file, audited first."""
        facts = {"kind": kind, "rows": len(rows)}
        with self.lasting(f"export {name}"):
            self.store.write(self.clinic, lambda work: record(work, self.person, "export", name, None, facts))
        columns = list(rows[0])
        cells = [list(row.values()) for row in rows]
        return csv_bytes(columns, cells) if kind == "csv" else xlsx_bytes(name, columns, cells)


class ReferenceData(NamedTuple):
    """A clinic's prices, pharmacies, rules and the like, without any patient; ``today`` is the day at the clinic."""

    context: Context
    today: date


@st.cache_resource(max_entries=8, show_spinner=False)
def _reference(clinic: str, version: int, _store: Store) -> Context:
    with _store.read(clinic) as work:
        return load_context(work, patients=())


@st.cache_resource(max_entries=32, show_spinner="Calculating")
def _remembered(
    clinic: str,
    version: int,
    today: date,
    name: str,
    args: tuple[Any, ...],
    _session: Session,
    _use_case: Callable[..., Any],
) -> Any:
    return _session.call(_use_case, *args)


def forget_clinics() -> None:
    """Drop what is kept of clinics: another one may take the code of one that is gone."""
    _reference.clear()
    _remembered.clear()
    st.session_state.pop(CLINIC, None)


def demo_role() -> Role:
    """The role that the local demo's switch stands at. Never asked where sign-in is configured."""
    return Role(st.session_state.get(ACTING, Role.MANAGER))


def people_by_clinic() -> dict[str, Person]:
    """Every clinic that the visitor belongs to, and who they are there; empty for a stranger.

    The local demo of an empty store belongs to a clinic without a code: Setup loads the first one.
    """
    store = the_store()
    if not sign_in_configured():
        if demo_fault(store):
            return {}
        role = demo_role()
        person = Person(email=f"{role}@local.demo", name=f"Local demo, {role}", role=role)
        return dict.fromkeys(store.clinics() or [""], person)
    visitor = None if sign_in_fault() else sign_in_of_visitor()
    if visitor is None:
        return {}
    email, since, until = visitor
    by_clinic = {clinic: signed_in(store, clinic, email, since=since, until=until) for clinic in store.clinics()}
    return {clinic: person for clinic, person in by_clinic.items() if person is not None}


def current_session() -> Session | None:
    """The visitor's session at the clinic chosen in the sidebar, else at their first; None for a stranger."""
    people = people_by_clinic()
    if not people:
        return None
    chosen = st.session_state.get(CLINIC)
    clinic = chosen if chosen in people else next(iter(people))
    return Session(the_store(), clinic, people[clinic])
