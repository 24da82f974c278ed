"""Store and worker: health, files in, files out."""

from __future__ import annotations

import streamlit as st

from core.errors import BadInput
from core.exporting import export, zipped
from core.files import FILES, templates
from core.loading import Loaded, load
from core.partners.worker import status
from pages.parts.page import Metric, metrics
from pages.parts.session import Session
from pages.parts.tables import Row, bad_cells, table
from pages.parts.words import count, moment, plain

LOADED = "setup_loaded"
ROUND = "setup_load_round"


def store_tab(session: Session) -> None:
    """How store and worker are, and files both ways."""
    zone = session.reference().context.clinic.time_zone
    _health(session, zone)
    load_files(session)
    _downloads(session)


def _health(session: Session, zone: str) -> None:
    now = status(session.store, session.person, session.clinic)
    newest = now.workers[0] if now.workers else None
    metrics(
        [
            Metric(
                "Store",
                session.store.engine.dialect.name.replace("postgresql", "PostgreSQL").replace("sqlite", "SQLite"),
                "SQLite is one file for one machine; DATABASE_URL names a PostgreSQL for several.",
                delta_description=f"version {session.data_version():,} of this clinic's data",
            ),
            Metric(
                "Waiting to be sent",
                f"{now.queue.queued:,}",
                "Submissions that the worker has not handed to a pharmacy yet.",
                delta_description=f"oldest {moment(now.queue.oldest_queued_at, zone)}" if now.queue.queued else None,
            ),
            Metric(
                "Answer lost",
                f"{now.queue.unknown:,}",
                "Sent, but the answer never came. Never sent again by itself: somebody settles it on Orders.",
            ),
            Metric(
                "Worker last busy",
                moment(newest.last_run_at if newest else None, zone),
                "When a worker last sent something or took in news. It looks every few seconds.",
            ),
        ]
    )
    if now.workers:
        rows: list[Row] = [
            {
                "Worker": run.worker,
                "Last busy": moment(run.last_run_at, zone),
                "Sent": run.sent,
                "Failed": run.failed,
                "Said": run.message or None,
            }
            for run in now.workers
        ]
        table(rows, name="workers", alt="Every worker and what it last did", session=session)


def load_files(session: Session) -> None:
    """Upload a clinic's folder: several files at once, or a ZIP of it. It loads whole or not at all."""
    st.subheader("Load files", anchor=False)
    st.caption(
        "Files of the clinic's folder, or a ZIP of it. Rows are added or changed by their key and never deleted; "
        "one bad row and nothing is loaded."
    )
    turn = st.session_state.setdefault(ROUND, 0)
    files = st.file_uploader(
        "Files",
        ["csv", "xlsx", "zip"],
        accept_multiple_files=True,
        key=f"setup_files_{turn}",
        label_visibility="collapsed",
    )
    if files and st.button(f"Load {count(len(files), 'file')}", type="primary", icon=":material/upload:"):
        _load(session, {file.name: file.getvalue() for file in files})
    if loaded := st.session_state.get(LOADED):
        _tell(session, loaded)


def _load(session: Session, files: dict[str, bytes]) -> None:
    st.session_state.pop(LOADED, None)
    try:
        with st.spinner(f"Loading {count(len(files), 'file')}", show_time=True):
            loaded = load(session.store, session.person, files, session.clinic or None)
    except BadInput as error:
        bad_cells(error.errors)
        return
    st.session_state[LOADED] = loaded
    st.session_state[ROUND] += 1
    st.rerun()


def _tell(session: Session, loaded: Loaded) -> None:
    st.success(f"Loaded into {loaded.clinic}: {count(sum(loaded.counts.values()), 'row')}.", icon=":material/check:")
    rows: list[Row] = [
        {
            "File": file,
            "Rows": loaded.counts[file],
            "Added": len(each.added),
            "Changed": len(each.changed),
            "Same": each.same,
        }
        for file, each in loaded.changes.items()
    ]
    if session.clinic:
        table(rows, name="loaded", alt="What the load changed, by file", session=session)
    for warning in loaded.warnings:
        st.caption(f":material/warning: {plain(warning)}")


def _downloads(session: Session) -> None:
    st.subheader("Take files out", anchor=False)
    with st.container(horizontal=True):
        st.download_button(
            "Everything as a ZIP",
            lambda: export(session.store, session.person, session.clinic),
            f"{session.clinic}.zip",
            "application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="Every file of this clinic, patients included. The download is audited.",
        )
        template_files()


def template_files() -> None:
    """Every file with its header alone."""
    st.download_button(
        "Empty templates as a ZIP",
        lambda: zipped(templates()),
        "templates.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/draft:",
        help=f"{len(FILES)} files with their headers, and cart.csv.",
    )
