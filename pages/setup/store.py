"""Store and worker: health, files in, files out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st
from streamlit.column_config import DatetimeColumn, TextColumn
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.adapters.files import FILES, File, template_workbook, templates
from core.adapters.files.tables import SPREADSHEETS
from core.adapters.pharmacies.registry import ADAPTERS
from core.domain.errors import BadInput
from core.services.clinic_export import export, zipped
from core.services.clinic_import import Loaded, load, preview_load, safeguards_cleared
from core.services.partners.worker import WorkerStatus, status
from pages.setup.row_editor import label_of
from pages.shared.formats import count, moment, plain
from pages.shared.layout import Metric, metrics
from pages.shared.notices import show_bad_cells
from pages.shared.session import Session
from pages.shared.tables import Row, table

LOADED = "setup_loaded"
ROUND = "setup_load_round"
PREVIEW = "setup_load_preview"
MOST_CHANGES = 200


def store_tab(session: Session) -> None:
    """How store and worker are, and files both ways."""
    zone = session.reference().context.clinic.time_zone
    _health(session, zone)
    load_files(session)
    _downloads(session)


def _health(session: Session, zone: str) -> None:
    now = session.call(status)
    newest = now.workers[0] if now.workers else None
    metrics(
        [
            Metric(
                "Store",
                session.store.engine.dialect.name.replace("postgresql", "PostgreSQL").replace("sqlite", "SQLite"),
                "SQLite is one file for one machine; set DATABASE_URL to a PostgreSQL database for several.",
                delta_description=f"version {session.data_version():,} of this clinic's data",
            ),
            Metric(
                "Waiting to be sent",
                f"{now.queue.queued:,}",
                "Submissions not sent yet: by a worker, or as an order sheet by a person.",
                delta_description=f"oldest {moment(now.queue.oldest_queued_at, zone)}" if now.queue.queued else None,
            ),
            Metric(
                "Unconfirmed",
                f"{now.queue.unknown:,}",
                "Sent, but no answer came. Never sent again automatically: somebody resolves it on Orders.",
            ),
            Metric(
                "Workers alive",
                f"{sum(beat.alive for beat in now.heartbeats):,}",
                "Workers with a heartbeat in the last two minutes.",
                delta_description=f"last active {moment(newest.last_run_at, zone)}" if newest else None,
            ),
        ]
    )
    _pharmacies(now, session, zone)
    _workers(now, session, zone)


def _pharmacies(now: WorkerStatus, session: Session, zone: str) -> None:
    st.subheader("Queue by pharmacy", anchor=False)
    rows: list[Row] = [
        {
            "Pharmacy": each.name,
            "Sent by": ADAPTERS[each.adapter].label,
            "Waiting": each.queued,
            "Oldest": each.oldest_queued_at,
            "Unconfirmed": each.unknown,
            "Circuit breaker": each.breaker + (f" until {moment(each.rests_until, zone)}" if each.rests_until else ""),
            "Last answer": each.last_ok_at,
            "Failures in a row": each.failures,
            "Last failure": each.last_error or None,
        }
        for each in now.pharmacies
    ]
    ago = DatetimeColumn(format="distance", timezone=zone)
    columns = {
        "Oldest": ago,
        "Last answer": ago,
        "Circuit breaker": TextColumn(
            help="Closed: orders are sent. Open: paused after three failures in a row. Half-open: one order tests "
            "whether it is back."
        ),
    }
    table(rows, name="pharmacy_queues", alt="Queue of every pharmacy", session=session, columns=columns)


def _workers(now: WorkerStatus, session: Session, zone: str) -> None:
    st.subheader("Workers", anchor=False)
    busy = {run.worker: run for run in now.workers}
    alive = {beat.worker: beat for beat in now.heartbeats}
    rows: list[Row] = [
        {
            "Worker": name,
            "Alive": "yes" if name in alive and alive[name].alive else "no",
            "Last heartbeat": alive[name].beat_at if name in alive else None,
            "Last active": busy[name].last_run_at if name in busy else None,
            "Sent": busy[name].sent if name in busy else None,
            "Failed": busy[name].failed if name in busy else None,
        }
        for name in dict.fromkeys((*alive, *busy))
    ]
    ago = DatetimeColumn(format="distance", timezone=zone)
    columns = {"Last heartbeat": ago, "Last active": ago}
    table(rows, name="workers", alt="Every worker and its last activity", session=session, columns=columns)


def load_files(session: Session) -> None:
    """Upload a clinic's folder: several files at once, or a ZIP of it. It loads whole or not at all."""
    st.subheader("Load files", anchor=False)
    st.caption(
        "Files of the clinic's folder, or a ZIP of it. Rows are added or changed by their key and never deleted. A "
        "column that a file leaves out stays as it is; an empty cell clears. One bad row and nothing is loaded."
    )
    turn = st.session_state.setdefault(ROUND, 0)
    files = st.file_uploader(
        "Files",
        [*SPREADSHEETS, "zip"],
        accept_multiple_files=True,
        key=f"setup_files_{turn}",
        label_visibility="collapsed",
    )
    preview = _previewed(session, files) if files else None
    if preview is not None:
        clear = _clearing_confirmed(preview, key=f"setup_clear_{turn}")
        label = f"Load {count(len(files), 'file')}"
        if st.button(label, type="primary", icon=":material/upload:", disabled=not clear):
            _load(session, {file.name: file.getvalue() for file in files})
    if loaded := st.session_state.get(LOADED):
        _tell(session, loaded)


def _clearing_confirmed(preview: Loaded, key: str) -> bool:
    """Whether nothing that keeps lines from being ordered would be cleared, or somebody says that it is meant."""
    cleared = safeguards_cleared(preview.changes)
    if not cleared:
        return True
    columns = {(file, column.field): label_of(column) for file in FILES for column in FILES[file].columns}
    for (file, field), rows in cleared.items():
        st.warning(
            plain(
                f"{file} clears “{columns[file, field]}” in {count(rows, 'row')}: what stands there keeps lines from "
                "being ordered. Leave the column out of the file to keep it."
            ),
            icon=":material/ink_eraser:",
        )
    return st.checkbox("Clear these values", key=key)


def _previewed(session: Session, files: Sequence[UploadedFile]) -> Loaded | None:
    """What loading would change, worked out once for these files; None where they cannot be read."""
    key = (session.clinic, session.data_version(), tuple(file.file_id for file in files))
    kept = st.session_state.get(PREVIEW)
    if kept is None or kept[0] != key:
        named = {file.name: file.getvalue() for file in files}
        try:
            with st.spinner("Reading", show_time=True):
                kept = key, preview_load(session.store, session.person, named, session.clinic or None)
        except BadInput as error:
            show_bad_cells(error.errors)
            return None
        st.session_state[PREVIEW] = kept
    preview: Loaded = kept[1]
    st.markdown("**Changes**")
    _changes(session, preview)
    changed = [
        row
        for file, each in preview.changes.items()
        for before, after in each.changed[:MOST_CHANGES]
        for row in _changed_cells(FILES[file], before, after)
    ]
    if changed:
        table(changed, name="load_preview", alt="Every changed cell, current and new", session=session)
    return preview


def _changed_cells(file: File, before: Row, after: Row) -> Iterator[Row]:
    """A changed row's cells that differ, written as the file writes them."""
    columns = [column for column in file.columns if column.field in after]
    key = " · ".join(column.written(after[column.field]) for column in columns if column.name in file.key)
    for column in columns:
        now, new = (column.written(row[column.field]) for row in (before, after))
        if now != new:
            yield {"File": file.name, "Row": key, "Column": label_of(column), "Current": now, "In the file": new}


def _load(session: Session, files: dict[str, bytes]) -> None:
    st.session_state.pop(LOADED, None)
    try:
        with st.spinner(f"Loading {count(len(files), 'file')}", show_time=True):
            loaded = load(session.store, session.person, files, session.clinic or None, clear=True)
    except BadInput as error:
        show_bad_cells(error.errors)
        return
    st.session_state[LOADED] = loaded
    st.session_state[ROUND] += 1
    st.rerun()


def _tell(session: Session, loaded: Loaded) -> None:
    st.success(f"Loaded into {loaded.clinic}: {count(sum(loaded.counts.values()), 'row')}.", icon=":material/check:")
    _changes(session, loaded)


def _changes(session: Session, loaded: Loaded) -> None:
    """Rows added, changed and the same, cells cleared, by file, and what was not read."""
    rows: list[Row] = [
        {
            "File": file,
            "Rows": loaded.counts[file],
            "Added": len(each.added),
            "Changed": len(each.changed),
            "Same": each.same,
            "Cleared": sum(each.cleared.values()),
        }
        for file, each in loaded.changes.items()
    ]
    if session.clinic:
        table(rows, name="loaded", alt="Rows added, changed and the same, and cells cleared, by file", session=session)
    for warning in loaded.warnings:
        st.caption(f":material/warning: {plain(warning)}")


def _downloads(session: Session) -> None:
    st.subheader("Export files", anchor=False)
    with st.container(horizontal=True):
        st.download_button(
            "Everything as a ZIP",
            lambda: session.call(export),
            f"{session.clinic}.zip",
            "application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="Every file of this clinic, patients included. The download is audited.",
        )
        template_files()


def template_files() -> None:
    """Every file to fill in: as one workbook, and as CSV files with their headers alone."""
    st.download_button(
        "Workbook to fill in",
        template_workbook,
        "refill_day.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        on_click="ignore",
        icon=":material/table:",
        help="A sheet for each file: what a column means stands in the note of its heading, and an example row shows "
        "how it is filled in. The example row is never loaded.",
    )
    st.download_button(
        "Empty templates as a ZIP",
        lambda: zipped(templates()),
        "templates.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/draft:",
        help=f"{len(FILES)} files with their headers, and cart.csv.",
    )
