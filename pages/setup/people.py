"""People and audit: who may sign in as what, and the trail of what everyone did. Admins only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.domain.model import Role
from core.services.audit_trail import audit_trail, verify_audit
from core.services.people import Member, add_person, change_person, members
from pages.shared.formats import count, moment, plain
from pages.shared.notices import attempt
from pages.shared.session import Session
from pages.shared.tables import Row, pick, table

NEWEST = 500


def people_tab(session: Session) -> None:
    """Everyone, a form to add a person, and one to change whoever is selected."""
    everybody = session.call(members)
    st.caption(
        "Sign-in verifies identity; this list sets what each person may do. People are not deleted: access ends."
    )
    rows: list[Row] = [
        {"Email": row.email, "Name": row.name, "Role": row.role.value.capitalize(), "Can sign in": row.active}
        for row in everybody
    ]
    chosen = pick(rows, name="people", alt="Everyone at this clinic, with role; select one to change", session=session)
    left, right = st.columns(2)
    with left:
        _add(session)
    if chosen is not None:
        with right:
            _change(session, everybody[chosen])


def _add(session: Session) -> None:
    with st.form("setup_add_person", clear_on_submit=True):
        st.markdown("**Add a person**")
        st.text_input("Email", key="setup_person_email", type="email", required=True)
        st.text_input("Name", key="setup_person_name", required=True)
        st.selectbox("Role", list(Role), index=2, format_func=str.capitalize, key="setup_person_role")
        st.form_submit_button("Add", type="primary", on_click=partial(_added, session))


def _added(session: Session) -> None:
    state = st.session_state
    email, name, role = state.setup_person_email, state.setup_person_name, Role(state.setup_person_role)
    attempt(lambda: session.call(add_person, email or "", name or "", role), f"{email} can sign in as {role}")


def _change(session: Session, member: Member) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(member.name or member.email)}**")
        key = f"setup_role_{member.email}"
        st.selectbox("Role", list(Role), list(Role).index(member.role), format_func=str.capitalize, key=key)
        with st.container(horizontal=True):
            st.button("Change role", on_click=partial(_role_changed, session, member.email, key))
            st.button(
                "End access" if member.active else "Restore access", on_click=partial(_access_changed, session, member)
            )


def _role_changed(session: Session, email: str, key: str) -> None:
    role = Role(st.session_state[key])
    attempt(lambda: session.call(change_person, email, role=role), f"{email} is now {role}")


def _access_changed(session: Session, member: Member) -> None:
    attempt(
        lambda: session.call(change_person, member.email, active=not member.active),
        f"{member.email} {'can no longer sign in' if member.active else 'can sign in again'}",
    )


def audit_tab(session: Session) -> None:
    """The newest entries, and whether the whole chain holds."""
    zone = session.reference().context.clinic.time_zone
    subject = st.text_input(
        "Subject", key="setup_audit_subject", placeholder="An exact subject, such as RD-20261122-03"
    )
    if st.button("Verify the audit trail", icon=":material/verified:"):
        _verified(session)
    entries = session.call(audit_trail, limit=NEWEST, subject=subject or None)
    st.caption(
        f"The newest {count(len(entries), 'entry', 'entries')}, newest first. Times are in the clinic's time zone."
    )
    rows: list[Row] = [
        {
            "Number": entry.number,
            "Time": moment(entry.at, zone),
            "Who": entry.email,
            "Role": entry.role.value,
            "Action": entry.action,
            "Subject": entry.subject,
            "Before": _values(entry.before),
            "After": _values(entry.after),
        }
        for entry in entries
    ]
    table(rows, name="audit", alt="The audit trail, newest first", session=session)


def _verified(session: Session) -> None:
    check = verify_audit(session.store, session.clinic)
    if check.problem:
        st.error(plain(check.problem), title="The audit trail is broken", icon=":material/error:")
    else:
        st.success(f"{count(check.entries, 'entry', 'entries')} verified.", icon=":material/verified:")


def _values(values: Mapping[str, object] | None) -> str | None:
    return json.dumps(values, default=str, ensure_ascii=False) if values else None
