"""Thresholds: every setting with its value in force, one row more from a day on, and who changed what when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

import streamlit as st

from core.adapters.files.cells import STATES
from core.domain.context import Context
from core.domain.model import Setting
from core.domain.settings import SETTINGS, SettingKind, SettingScope, pharmacys_own
from core.services.rule_history import RuleChange, changes
from core.services.thresholds import ThresholdInput, set_threshold, take_back
from pages.shared.formats import full_day, moment, plain
from pages.shared.layout import open_expander
from pages.shared.notices import attempt
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import Row, pick, table

_SETTING = "setup_setting"


def thresholds(session: Session, reference: ReferenceData) -> None:
    """The settings; the one that is selected, with its rows and a form for one more."""
    st.subheader("Thresholds", anchor=False)
    st.caption(
        "Each threshold takes effect on a date and is confirmed by the clinic's pharmacist. A row for one pharmacy "
        "or state overrides the clinic's. Select one to change it."
    )
    chosen = pick(
        settings_rows(reference),
        name="settings_in_force",
        alt="Every setting with its meaning, default and the clinic's value today; select one to change it",
        session=session,
    )
    if chosen is None:
        return
    kind = list(SETTINGS.values())[chosen]
    with st.container(border=True):
        st.markdown(f"**{plain(kind.name)}**")
        st.caption(plain(f"{kind.meaning}. Default: {kind.default} ({kind.source})."))
        left, right = st.columns([3, 2])
        with left:
            _rows_of(session, reference, kind)
        with right:
            _form(session, reference, kind)


def settings_rows(reference: ReferenceData) -> list[Row]:
    """Every setting, with the clinic-wide value on this day and how many rows are narrower or still to come."""
    context, today = reference
    return [
        {
            "Setting": kind.name,
            "Meaning": kind.meaning,
            "Current value": str(context.setting(kind.name, today)),
            "Rows": sum(row.name == kind.name for row in context.settings),
            "Default": kind.default,
            "Can be set for": ", ".join(kind.scopes),
            "Source of the default": kind.source,
        }
        for kind in SETTINGS.values()
    ]


def rows_of(kind: SettingKind, context: Context, today: date) -> list[Row]:
    """The setting's rows, newest first, and what each does on this day; then what pharmacies.csv says of pharmacies."""
    rows = sorted(_rows(kind, context), key=lambda row: (row.valid_from, row.scope), reverse=True)
    return [
        *(
            {"For": row.scope, "Value": row.value, "From": row.valid_from, "Now": _now(row, kind, context, today)}
            for row in rows
        ),
        *_columns(kind, context, today),
    ]


def _columns(kind: SettingKind, context: Context, today: date) -> Iterator[Row]:
    """A pharmacy's own column has no first day; its dated rows go before it."""
    for code, pharmacy in context.pharmacies.items():
        column = getattr(pharmacy, kind.name, None)
        if column is not None:
            covered = pharmacys_own(context.settings, kind.name, today, code) is not None
            now = "overridden by its dated row" if covered else "in force"
            yield {"For": f"pharmacy:{code}, in pharmacies.csv", "Value": str(column), "From": None, "Now": now}


def _rows(kind: SettingKind, context: Context) -> list[Setting]:
    return [row for row in context.settings if row.name == kind.name]


def _now(row: Setting, kind: SettingKind, context: Context, today: date) -> str:
    if SettingScope(row.scope.partition(":")[0]) not in kind.scopes:
        return f"not used: applies to {' or '.join(kind.scopes)} only"
    if row.valid_from > today:
        return "starts later"
    later = (other.valid_from for other in _rows(kind, context) if other.scope == row.scope)
    return "ended" if any(row.valid_from < day <= today for day in later) else "in force"


def _rows_of(session: Session, reference: ReferenceData, kind: SettingKind) -> None:
    context, today = reference
    changed = session.call(changes)
    rows = with_who(rows_of(kind, context, today), kind.name, changed, context.clinic.time_zone)
    if not rows:
        st.caption("No rows: the default applies everywhere.")
        return
    table(rows, name=f"rows_of_{kind.name}", alt=f"Every row of {kind.name}, newest first", session=session)
    for row in _rows(kind, context):
        if row.valid_from >= today:
            st.button(
                plain(f"Remove {row.value} for {row.scope} from {full_day(row.valid_from)}"),
                key=f"setup_back_{row.name}_{row.scope}_{row.valid_from}",
                icon=":material/undo:",
                on_click=_removed,
                args=(session, row),
            )


def with_who(rows: Sequence[Row], name: str, changed: Sequence[RuleChange], zone: str) -> list[Row]:
    """The rows with who put each in force, and when; empty where nobody kept it. ``found`` are changes,
    the newest first."""
    made: dict[tuple[str, str], RuleChange] = {}
    for change in changed:
        if change.subject == name:
            made.setdefault((change.scope, change.valid_from), change)
    return [row | _who(made.get((str(row["For"]), str(row["From"]))), zone) for row in map(dict, rows)]


def _who(change: RuleChange | None, zone: str) -> dict[str, object]:
    return {"Set by": change.email if change else None, "Set at": moment(change.at, zone) if change else None}


def _removed(session: Session, row: Setting) -> None:
    attempt(lambda: session.call(take_back, row), f"Removed: {row.name} {row.value}.")


def _form(session: Session, reference: ReferenceData, kind: SettingKind) -> None:
    context, today = reference
    with st.form(f"setup_setting_{kind.name}"):
        st.selectbox(
            "For", _choices(kind, context), key=f"{_SETTING}_scope", format_func=partial(_scope_words, context=context)
        )
        with st.container(horizontal=True):
            st.text_input("Value", key=f"{_SETTING}_value", max_chars=40, placeholder=kind.default)
            st.date_input("From", today, min_value=today, key=f"{_SETTING}_from", format="YYYY-MM-DD")
        st.form_submit_button(
            "Save", type="primary", on_click=partial(_put, session, kind, {_key(row): row.value for row in
                                                                                 _rows(kind, context)})
        )  # fmt: skip


def _key(row: Setting) -> tuple[str, date]:
    return row.scope, row.valid_from


def _choices(kind: SettingKind, context: Context) -> list[str]:
    codes: dict[SettingScope, Sequence[str]] = {
        SettingScope.CLINIC: ["clinic"],
        SettingScope.PHARMACY: [f"pharmacy:{code}" for code in context.pharmacies],
        SettingScope.STATE: [f"state:{state}" for state in sorted(STATES)],
        SettingScope.ACTIVE: [
            f"active:{active}" for active in sorted({*map(context.active_of, context.skus.values())})
        ],
        SettingScope.SKU: [f"sku:{sku}" for sku in sorted(context.skus)],
    }
    return [choice for scope, choices in codes.items() if scope in kind.scopes for choice in choices]


def _scope_words(scope: str, context: Context) -> str:
    kind, _, code = scope.partition(":")
    if kind == SettingScope.PHARMACY:
        return f"{context.pharmacies[code].name} ({code})"
    if kind == SettingScope.SKU:
        return f"{context.skus[code].name} ({code})"
    return {SettingScope.STATE: f"State {code}", SettingScope.ACTIVE: f"Active {code}"}.get(
        SettingScope(kind), "The whole clinic"
    )


def _put(session: Session, kind: SettingKind, stored: dict[tuple[str, date], str]) -> None:
    state = st.session_state
    scope, value, since = (state.get(f"{_SETTING}_{name}") for name in ("scope", "value", "from"))
    scope, valid_from = str(scope or SettingScope.CLINIC), since if isinstance(since, date) else None
    stored_value = stored.get((scope, valid_from)) if valid_from else None
    typed = ThresholdInput(kind.name, scope, str(value or ""), valid_from, stored_value)
    if attempt(
        lambda: session.call(set_threshold, typed),
        lambda row: f"{row.name} is {row.value} for {row.scope} from {full_day(row.valid_from)}.",
    ):
        state[f"{_SETTING}_value"] = ""


def history(session: Session, reference: ReferenceData) -> None:
    """Who changed which threshold, ladder, license or calendar when."""
    expander = open_expander("Change history", key="setup_rules_history", icon=":material/history:")
    if expander is None:
        return
    actives = dict.fromkeys(step.active for step in reference.context.ladder_steps)
    actives |= dict.fromkeys(map(reference.context.active_of, reference.context.skus.values()))
    changed = session.call(changes, actives)
    with expander:
        table(
            history_rows(changed, reference.context.clinic.time_zone),
            name="rule_changes",
            alt="Changes of what rules go by, newest first",
            session=session,
        )


def history_rows(changed: Sequence[RuleChange], zone: str) -> list[Row]:
    """Changes as a table's rows."""
    return [
        {
            "Time": moment(change.at, zone),
            "Who": change.email,
            "What": change.subject,
            "For": change.scope or None,
            "From": date.fromisoformat(change.valid_from) if change.valid_from else None,
            "Before": change.before,
            "After": change.after,
        }
        for change in changed
    ]
