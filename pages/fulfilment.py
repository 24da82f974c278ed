"""Fulfilment: how fast, how well and at what cost orders are filled. No patient data."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action, may
from pages.parts.fulfilment import charts
from pages.parts.fulfilment.figures import key_figures
from pages.parts.fulfilment.period import ask
from pages.parts.guard import opened_by
from pages.parts.page import badge, header, is_demo, metrics, nothing_yet
from pages.parts.words import full_day

session = opened_by(Action.SEE_FULFILLMENT)
context, today = session.reference()
with header("Fulfilment", "How fast, how well and at what cost orders are filled."):
    badge(any(is_demo(offer.source) for offer in context.offers))

compared = ask(session, today)
now = compared.now
st.caption(f"{full_day(now.first)} to {full_day(now.last)}.")
if not now.by_week and not now.stalled:
    first_step = "Orders that are placed on Refill day show here."
    link = "pages/refill_day.py" if may(session.person, Action.WORK_CART) else None
    nothing_yet("Nothing was ordered in this period.", first_step, link, "Open Refill day")
    st.stop()

names = {code: pharmacy.name for code, pharmacy in context.pharmacies.items()}
metrics(key_figures(compared))
left, right = st.columns(2)
with left:
    charts.acceptance(session, now)
with right:
    charts.refusals(session, now, names)
charts.stages(session, now, names)
left, right = st.columns(2)
with left:
    charts.spend(session, now)
with right:
    charts.saving(session, now)
charts.punctuality(session, now, names)
charts.by_pharmacy(session, now, names)
