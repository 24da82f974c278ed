"""What goes on meanwhile: the queue, the demo's simulated pharmacies, and news that show by themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.domain.partners.adapter import Transmission
from core.services.partners.worker import WorkerStatus, status, step_day, step_stage
from pages.parts.notices import attempt
from pages.parts.session import Session
from pages.parts.words import count, moment, plain

SEEN = "orders_seen_version"
EVERY_SECONDS = 3


def live(session: Session, zone: str) -> None:
    """The panel; it looks every few seconds whether something was written, and only then draws the page again."""
    st.session_state[SEEN] = session.data_version()
    pharmacies = status(session.store, session.person, session.clinic).pharmacies
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="orders_live"):
        if not any(pharmacy.transmission is Transmission.SIMULATED for pharmacy in pharmacies):
            _watched(session, zone)
            return
        st.badge("Demo: simulated pharmacies", icon=":material/science:", color="orange")
        _watched(session, zone)
        _step(session, "Next step for every open line", ":material/skip_next:", step_stage)
        _step(session, "One day on", ":material/event:", step_day)


@st.fragment(run_every=EVERY_SECONDS)
def _watched(session: Session, zone: str) -> None:
    if session.data_version() != st.session_state.get(SEEN):
        st.rerun()
    st.caption(_told(status(session.store, session.person, session.clinic), zone))


def _told(now: WorkerStatus, zone: str) -> str:
    queue = now.queue
    by_hand = sum(pharmacy.queued for pharmacy in now.pharmacies if pharmacy.transmission is Transmission.PERSON)
    sizes = {
        "to send": queue.queued - by_hand,
        "to hand over": by_hand,
        "being sent": queue.sending,
        "kept back by what did not fit or is not paid": queue.stopped,
        "without an answer": queue.unknown,
    }
    waiting = ", ".join(f"{size:,} {what}" for what, size in sizes.items() if size) or "nothing waits"
    busy = f" Worker last busy {moment(now.workers[0].last_run_at, zone)}." if now.workers else ""
    resting = [pharmacy for pharmacy in now.pharmacies if pharmacy.breaker != "closed"]
    alone = f" Left alone for now: {', '.join(plain(pharmacy.name) for pharmacy in resting)}." if resting else ""
    return f"Queue: {waiting}.{busy}{alone}"


def _step(session: Session, label: str, icon: str, does: Callable[..., int]) -> None:
    st.button(label, icon=icon, key=f"orders_{does.__name__}", on_click=partial(_stepped, session, does))


def _stepped(session: Session, does: Callable[..., int]) -> None:
    attempt(
        lambda: does(session.store, session.person, session.clinic),
        lambda events: f"The pharmacies said {count(events, 'thing')}." if events else "The pharmacies have no news.",
    )
