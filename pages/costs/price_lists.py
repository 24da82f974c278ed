"""Price lists: upload a pharmacy's or a program's list, see what it changes, approve it, undo the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import streamlit as st
from streamlit.typing import UploadedFile

from core.adapters.files.price_list_sheet import (
    ColumnMap,
    Field,
    PriceListSheet,
    guessed_columns,
    missing_columns,
    open_list,
)
from core.adapters.files.tables import SPREADSHEETS
from core.domain.errors import BadCell
from core.domain.roles import Action, may
from core.services.price_lists.approval import Approval, approve, last_approval, remembered_columns, undo
from core.services.price_lists.preview import (
    Change,
    Issuer,
    IssuerKind,
    OmittedPrice,
    Preview,
    PriceList,
    PriceMove,
    cents_of,
    in_force,
    issuers,
    preview,
)
from pages.costs.filters import CostView
from pages.shared.column_map import choose_columns
from pages.shared.formats import amount, count, day, full_day, listed, moment, money, percentage_points, plain
from pages.shared.layout import Metric, badge, empty_state, is_demo, metrics
from pages.shared.notices import attempt, errors_shown
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, downloads, table

_TURN = "prices_turn"
"""Counts approvals: each empties the uploader."""


class ApprovalChoice(NamedTuple):
    """What the person approves: rows with a doubt to write all the same, and SKUs to end."""

    accepted: Sequence[int]
    ended: Sequence[str]


def price_lists_tab(session: Session, view: CostView) -> None:
    """From the upload to the approval, top to bottom."""
    if not may(session.person, Action.SET_UP):
        empty_state("Managers load price lists.", "Approved prices show on the other tabs.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        issuer = _issuer(view)
        since = st.date_input(
            "Prices effective from",
            view.today,
            min_value=view.today,
            key="prices_from",
            help="Today or later: quotes of earlier days stay as they were.",
        )
    if issuer is None:
        empty_state(
            "There is no pharmacy or program to load prices for.", "Load pharmacies.csv and programs.csv on Setup."
        )
        return
    _last(session, view, issuer)
    _current(session, view, issuer)
    turn = st.session_state.get(_TURN, 0)
    file = st.file_uploader("Price list, CSV or XLSX", SPREADSHEETS, key=f"prices_{turn}_{issuer.kind}_{issuer.code}")
    if file is not None and isinstance(since, date):
        with errors_shown():
            _uploaded(session, view, issuer, since, file)


def _issuer(view: CostView) -> Issuer | None:
    choicest = issuers(view.context, view.today)
    names = {_name(view, issuer): issuer for issuer in choicest}
    chosen = st.selectbox("Price list of", list(names), key="prices_of", bind="query-params") if names else None
    return names[chosen] if chosen else None


def _name(view: CostView, issuer: Issuer) -> str:
    if issuer.kind is IssuerKind.PROGRAM:
        return f"{issuer.code} (aggregate program)"
    return f"{view.context.pharmacies[issuer.code].name} ({issuer.code})"


def _last(session: Session, view: CostView, issuer: Issuer) -> None:
    with session.read() as work:
        last = last_approval(work, issuer)
    if last is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(last_words(last, view.context.clinic.time_zone))
        st.button(
            "Undo this list",
            key="prices_undo",
            icon=":material/undo:",
            help="Reverts exactly what this list added and ended, as long as nothing has used it.",
            on_click=_undo,
            args=(session, issuer, last.number),
        )


def last_words(last: Approval, zone: str) -> str:
    """What the last approval did, in a sentence."""
    ended = f" and ended {count(len(last.ended), 'price')}" if last.ended else ""
    return (
        f"Last list: {last.file}, approved by {last.email} on {moment(last.at, zone)}. It added "
        f"{count(len(last.added), 'price')}{ended}, from {full_day(last.valid_from)}."
    )


def _undo(session: Session, issuer: Issuer, number: int) -> None:
    attempt(
        partial(session.call, undo, issuer, number),
        lambda prices: f"Undone: {count(prices, 'price')} reverted.",
    )


def _current(session: Session, view: CostView, issuer: Issuer) -> None:
    rows = price_rows(view, issuer)
    if rows:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{count(len(rows), 'price')} in force, as a list to fill in:", width="content")
            downloads(rows, name=f"prices_{issuer.code}", session=session)
            badge(any(is_demo(row["Source"]) for row in rows))


def price_rows(view: CostView, issuer: Issuer) -> list[Row]:
    """The issuer's prices in force under headings that are known when the list comes back."""
    prices = (
        (sku, in_force(view.context, issuer, code, view.today)) for code, sku in sorted(view.context.skus.items())
    )
    return [
        {"SKU": sku.sku, "Name": sku.name, "Price": amount(cents_of(price)), "Source": price.source}
        for sku, price in prices
        if price
    ]


def _uploaded(session: Session, view: CostView, issuer: Issuer, since: date, file: UploadedFile) -> None:
    sheet = _chosen_sheet(file.name, file.getvalue(), file.file_id)
    mapped = _columns(session, issuer, sheet, file.file_id)
    if missing := missing_columns(mapped):
        st.info(missing, icon=":material/view_column:")
        return
    question = PriceList(sheet, mapped, issuer, since)
    result = preview(question, view.context)
    metrics(price_list_figures(result), across=3)
    _changes(session, result.changes)
    _left_out(session, result)
    chosen = ApprovalChoice(_doubtful(result, file.file_id), _gone(session, question, result.omitted, file.file_id))
    written, ended = len(result.written(chosen.accepted)), len(chosen.ended)
    st.button(
        _approve_words(written, ended, since),
        key="prices_approve",
        type="primary",
        icon=":material/check:",
        disabled=not (written or ended),
        on_click=_approve,
        args=(session, question, result, chosen),
    )


@st.cache_data(max_entries=8, show_spinner="Reading the list")
def _opened(name: str, data: bytes, sheet: str | None) -> PriceListSheet:
    return open_list(name, data, sheet)


def _chosen_sheet(name: str, data: bytes, file_id: str) -> PriceListSheet:
    """The list, of the sheet that somebody chose where the workbook has several; what was passed over is said."""
    sheet = _opened(name, data, None)
    if len(sheet.sheets) > 1:
        chosen = st.selectbox("Sheet", sheet.sheets, key=f"prices_sheet_{file_id}")
        sheet = _opened(name, data, chosen)
    for warning in sheet.warnings:
        st.caption(f":material/warning: {plain(warning)}")
    return sheet


def _columns(session: Session, issuer: Issuer, sheet: PriceListSheet, file_id: str) -> ColumnMap:
    """The mapping step: open where neither the headings nor the issuer's last list are enough."""
    with session.read() as work:
        guess = guessed_columns(sheet.headings, remembered_columns(work, issuer))
    behind = st.expander(
        "What the columns mean",
        expanded=missing_columns(guess) is not None,
        icon=":material/view_column:",
        key="prices_columns",
    )
    labels = {field: f"Column with {field}" for field in Field}
    with behind:
        mapped = choose_columns(
            labels, len(sheet.headings), guess, heading=sheet.heading, key=f"prices_column_{file_id}"
        )
    unread = [heading for at, heading in enumerate(sheet.headings) if heading and at not in mapped.values()]
    if unread:
        st.caption(plain(f"Columns ignored: {listed(unread)}."))
    return mapped


def price_list_figures(result: Preview) -> list[Metric]:
    """How many prices do what."""
    moves = [change.move for change in result.changes]
    doubtful = sum(bool(change.doubts) for change in result.changes)
    return [
        Metric(
            "New", f"{moves.count(PriceMove.NEW):,}", "Prices for a SKU that has none in force on the list's first day."
        ),
        Metric("Up", f"{moves.count(PriceMove.UP):,}", "Higher than the price in force."),
        Metric("Down", f"{moves.count(PriceMove.DOWN):,}", "Lower than the price in force."),
        Metric("Unchanged", f"{moves.count(PriceMove.UNCHANGED):,}", "Nothing is saved for these."),
        Metric("To review", f"{doubtful:,}", "Unusual prices: saved only if you select them below."),
        Metric("Missing", f"{len(result.omitted):,}", "In force and not in the list: kept unless you end them."),
    ]


def _changes(session: Session, changes: Iterable[Change]) -> None:
    """Doubtful ones first, then by how much they move."""
    ordered = sorted(changes, key=lambda change: (not change.doubts, -abs(change.share or Decimal(0)), change.row))
    st.subheader("What it changes", anchor=False)
    table(
        [
            {
                "Row": change.row,
                "SKU": change.sku,
                "Name": change.name,
                "Price": change.move.value,
                "In force": amount(change.before_cents),
                "In the list": amount(change.after_cents),
                "Change": percentage_points(change.share),
                "Review": "; ".join(change.doubts) or None,
            }
            for change in ordered
        ],
        name="price_changes",
        alt="Every price of the list beside the one in force, unusual ones first",
        session=session,
        columns={"In force": MONEY, "In the list": MONEY, "Change": PERCENT},
    )


def _left_out(session: Session, result: Preview) -> None:
    """Rows that are not read, each with what to do."""
    rows: list[Row] = [
        *(_bad_row(error, "Left out") for error in result.errors),
        *(_bad_row(repeat, "Read once") for repeat in result.repeats),
        *(
            {
                "Row": row.row,
                "Result": "No SKU",
                "Value": " ".join(filter(None, (row.code, row.name))),
                "Why": row.reason,
            }
            for row in result.unmatched
        ),
    ]
    if rows:
        st.subheader("Rows that change nothing", anchor=False)
        alt = "Rows of the list that cannot be read, repeat another, or mean no SKU"
        table(rows, name="price_rows_left_out", alt=alt, session=session)


def _bad_row(cell: BadCell, outcome: str) -> Row:
    return {"Row": cell.row, "Result": outcome, "Value": cell.value, "Why": f"{cell.column}: {cell.reason}"}


def _doubtful(result: Preview, file_id: str) -> list[int]:
    doubtful = {
        change.row: change for change in result.changes if change.doubts and change.move is not PriceMove.UNCHANGED
    }
    if not doubtful:
        return []
    return st.multiselect(
        "Unusual prices to save anyway",
        list(doubtful),
        format_func=lambda row: f"Row {row}, {doubtful[row].sku}: {_step(doubtful[row])}",
        placeholder="None: they are left out",
        key=f"prices_doubtful_{file_id}",
    )


def _step(change: Change) -> str:
    return " to ".join(money(cents) for cents in (change.before_cents, change.after_cents) if cents is not None)


def _gone(session: Session, question: PriceList, missing: Sequence[OmittedPrice], file_id: str) -> list[str]:
    if not missing:
        return []
    st.subheader("In force and not in the list", anchor=False)
    table(
        [{"SKU": row.sku, "Name": row.name, "In force": amount(row.cents), "Since": row.since} for row in missing],
        name="prices_gone",
        alt="Prices in force that the list does not name",
        session=session,
        columns={"In force": MONEY},
    )
    if question.issuer.kind is IssuerKind.PROGRAM:
        st.caption("These stay in force: a program's price holds until a newer one replaces it.")
        return []
    return st.multiselect(
        "Prices to end the day before",
        [row.sku for row in missing],
        placeholder="None: they are kept",
        key=f"prices_end_{file_id}",
        help="From the effective date on, these cannot be ordered from this pharmacy.",
    )


def _approve_words(written: int, ended: int, since: date) -> str:
    does = [f"Save {count(written, 'price')}"] if written else []
    does += [f"{'end' if written else 'End'} {count(ended, 'price')}"] if ended else []
    return f"{' and '.join(does)} from {day(since)}" if does else "Nothing to save"


def _approve(session: Session, question: PriceList, result: Preview, chosen: ApprovalChoice) -> None:
    if attempt(
        lambda: session.call(approve, question, result, accepted=chosen.accepted, ended=chosen.ended),
        lambda written: f"{count(written, 'price')} of {question.sheet.file} in force from {day(question.valid_from)}.",
    ):
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
