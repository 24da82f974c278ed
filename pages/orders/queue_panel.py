"""The queue, the demo's simulated pharmacies, and updates that appear by themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.domain.partners.adapter import Transmission
from core.services.partners.worker import WorkerStatus, status, step_day, step_stage
from pages.shared.formats import count, moment, plain
from pages.shared.notices import attempt
from pages.shared.session import Session

SEEN = "orders_seen_version"
EVERY_SECONDS = 3


def queue_panel(session: Session, zone: str) -> None:
    """The panel; it looks every few seconds whether something was written, and only then draws the page again."""
    st.session_state[SEEN] = session.data_version()
    pharmacies = session.call(status).pharmacies
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="orders_live"):
        if not any(pharmacy.transmission is Transmission.SIMULATED for pharmacy in pharmacies):
            _watched(session, zone)
            return
        st.badge("Demo: simulated pharmacies", icon=":material/science:", color="orange")
        _watched(session, zone)
        _step(session, "Advance every open line", ":material/skip_next:", step_stage)
        _step(session, "Advance one day", ":material/event:", step_day)


@st.fragment(run_every=EVERY_SECONDS)
def _watched(session: Session, zone: str) -> None:
    if session.data_version() != st.session_state.get(SEEN):
        st.rerun()
    st.caption(_queue_words(session.call(status), zone))


def _queue_words(now: WorkerStatus, zone: str) -> str:
    queue = now.queue
    by_hand = sum(pharmacy.queued for pharmacy in now.pharmacies if pharmacy.transmission is Transmission.PERSON)
    sizes = {
        "to send": queue.queued - by_hand,
        "order sheets to send": by_hand,
        "being sent": queue.sending,
        "held for an unmatched event or a payment": queue.stopped,
        "unconfirmed": queue.unknown,
    }
    waiting = ", ".join(f"{size:,} {name}" for name, size in sizes.items() if size) or "empty"
    busy = f" Worker last active {moment(now.workers[0].last_run_at, zone)}." if now.workers else ""
    paused = [pharmacy for pharmacy in now.pharmacies if pharmacy.breaker != "closed"]
    pauses = f" Paused: {', '.join(plain(pharmacy.name) for pharmacy in paused)}." if paused else ""
    return f"Queue: {waiting}.{busy}{pauses}"


def _step(session: Session, label: str, icon: str, does: Callable[..., int]) -> None:
    st.button(label, icon=icon, key=f"orders_{does.__name__}", on_click=partial(_stepped, session, does))


def _stepped(session: Session, does: Callable[..., int]) -> None:
    attempt(
        lambda: session.call(does),
        lambda events: (
            f"The pharmacies sent {count(events, 'update')}." if events else "The pharmacies sent no updates."
        ),
    )
