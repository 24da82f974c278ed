"""Store and worker: health, files in, files out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import streamlit as st
from streamlit.column_config import DatetimeColumn, TextColumn
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.adapters.files import FILES, File, Layout, Shape, shape_of, template_workbook, templates
from core.adapters.files.folder import CARTS
from core.adapters.files.headings import Headings, folded
from core.adapters.files.tables import SPREADSHEETS
from core.adapters.pharmacies.registry import ADAPTERS
from core.domain.errors import BadInput
from core.services.clinic_export import export, zipped
from core.services.clinic_import import Loaded, load, preview_load, remembered_headings, safeguards_cleared
from core.services.demo.removal import DEMO_CLINIC, throw_demo_away
from core.services.partners.worker import WorkerStatus, status
from pages.setup.row_editor import label_of
from pages.shared.column_map import choose_columns
from pages.shared.formats import count, listed, moment, plain
from pages.shared.layout import Metric, metrics
from pages.shared.notices import attempt, show_bad_cells
from pages.shared.session import Session, forget_clinics
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
    if session.clinic == DEMO_CLINIC and session.store.clinics() == (DEMO_CLINIC,):
        _throw_away(session)


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


def _without_demo(session: Session) -> None:
    with session.lasting("throw demo away"):
        throw_demo_away(session.store, session.person)


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
    layouts = _layouts(session, files) if files else {}
    preview = _previewed(session, files, layouts) if files and layouts is not None else None
    if preview is not None:
        clear = _clearing_confirmed(preview, key=f"setup_clear_{turn}")
        label = f"Load {count(len(files), 'file')}"
        if st.button(label, type="primary", icon=":material/upload:", disabled=not clear):
            _load(session, {file.name: file.getvalue() for file in files}, layouts or {})
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


def _layouts(session: Session, files: Sequence[UploadedFile]) -> dict[str, Layout] | None:
    """What a person says of each upload whose name or headings are foreign; None until it is enough."""
    remembered: dict[str, Headings] = {}
    if session.clinic:
        with session.read() as work:
            remembered = remembered_headings(work)
    layouts: dict[str, Layout] = {}
    enough = True
    for upload in files:
        data, key = upload.getvalue(), f"setup_columns_{upload.file_id}"
        shape = shape_of(upload.name, data, remembered)
        if shape is None or upload.name in CARTS or (shape.file and all(shape.columns)):
            continue
        behind = st.expander(
            f"What the columns of {plain(upload.name)} mean",
            expanded=shape.file is None or bool(shape.missing),
            icon=":material/view_column:",
            key=key,
        )
        with behind:
            layout = _layout(upload.name, data, shape, remembered, key)
        if layout is None:
            enough = False
        else:
            layouts |= layout
    return layouts if enough else None


def _layout(
    called: str, data: bytes, shape: Shape, remembered: Mapping[str, Headings], key: str
) -> dict[str, Layout] | None:
    """The layout that was chosen for one upload, none where it is as guessed; None while something is lacking."""
    file = st.selectbox(
        "This file holds",
        list(FILES),
        list(FILES).index(shape.file) if shape.file else None,
        format_func=lambda name: f"{FILES[name].meaning} ({name})",
        placeholder="Choose what its rows are",
        key=f"{key}_file",
    )
    guess = shape if file == shape.file else shape_of(called, data, remembered, file) if file else None
    if file is None or guess is None:
        return None
    labels = {column.name: f"{label_of(column)}{' *' if column.required else ''}" for column in FILES[file].columns}
    at_first = {column: at for at, column in enumerate(guess.columns) if column}
    chosen = choose_columns(
        labels,
        len(guess.headings),
        at_first,
        heading=lambda at: guess.headings[at] or f"column {at + 1}",
        key=f"{key}_{file}",
    )
    lacking = [label_of(column) for column in FILES[file].columns if column.required and column.name not in chosen]
    if lacking:
        st.info(plain(f"Choose the columns with {listed(lacking)}."), icon=":material/view_column:")
        return None
    if chosen == at_first and file == shape.file:
        return {}
    taken = {folded(guess.headings[at]): column for column, at in chosen.items()}
    left_out = {folded(guess.headings[at]): "" for column, at in at_first.items() if at not in chosen.values()}
    return {called: Layout(file, left_out | taken)}


def _previewed(session: Session, files: Sequence[UploadedFile], layouts: Mapping[str, Layout]) -> Loaded | None:
    """What loading would change, worked out once for these files; None where they cannot be read."""
    said = [(name, layout.file, *sorted(layout.headings.items())) for name, layout in sorted(layouts.items())]
    key = (session.clinic, session.data_version(), tuple(file.file_id for file in files), said)
    kept = st.session_state.get(PREVIEW)
    if kept is None or kept[0] != key:
        named = {file.name: file.getvalue() for file in files}
        try:
            with st.spinner("Reading", show_time=True):
                kept = key, preview_load(session.store, session.person, named, session.clinic or None, layouts=layouts)
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


def _load(session: Session, files: dict[str, bytes], layouts: Mapping[str, Layout]) -> None:
    st.session_state.pop(LOADED, None)
    try:
        with st.spinner(f"Loading {count(len(files), 'file')}", show_time=True):
            loaded = load(session.store, session.person, files, session.clinic or None, clear=True, layouts=layouts)
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


def _throw_away(session: Session) -> None:
    st.subheader("Begin your own clinic", anchor=False)
    st.caption(
        "This is the demo clinic. Throwing it away empties the store, its orders and audit trail included; Setup then "
        "begins your own clinic step by step. Nothing brings the demo back while this server runs."
    )
    sure = st.text_input(f"Type {DEMO_CLINIC} to confirm", key="setup_throw_away", max_chars=40)
    st.button(
        "Throw the demo away",
        icon=":material/delete_forever:",
        disabled=sure.strip() != DEMO_CLINIC,
        on_click=_thrown_away,
        args=(session,),
    )


def _thrown_away(session: Session) -> None:
    os.environ["REFILL_DEMO"] = "off"  # an empty store would bring the demo in again
    if attempt(lambda: _without_demo(session), "The demo is gone."):
        forget_clinics()


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
