"""Fulfillment: how fast, how well and at what cost orders are filled. No patient data."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action, may
from core.rules.pricing.program_words import answer_sentence
from core.services.clinic_costs import best_program
from pages.fulfillment import charts
from pages.fulfillment.key_figures import fulfillment_figures
from pages.fulfillment.period import period_choice
from pages.shared.formats import full_day, plain
from pages.shared.guard import opened_by
from pages.shared.layout import badge, empty_state, header, is_demo, metrics
from pages.shared.screens import REFILL_DAY

session = opened_by(Action.SEE_FULFILLMENT)
context, today = session.reference()
with header("Fulfillment", "How fast, how well and at what cost orders are filled."):
    badge(any(is_demo(offer.source) for offer in context.offers))

compared = period_choice(session, today)
now = compared.now
st.caption(f"{full_day(now.period.first)} to {full_day(now.period.last)}.")
if may(session.person, Action.SEE_COSTS) and (answer := session.remembered(best_program)).lines:
    st.markdown(f"**{plain(answer_sentence(answer))}.** SKU costs has the arithmetic.")
if not now.by_week and not now.stalled:
    first_step = "Orders placed on Refill day appear here."
    link = REFILL_DAY if may(session.person, Action.WORK_CART) else None
    empty_state("No orders in this period.", first_step, link)
    st.stop()

names = {code: pharmacy.name for code, pharmacy in context.pharmacies.items()}
metrics(fulfillment_figures(compared))
left, right = st.columns(2)
with left:
    charts.acceptance(session, compared)
with right:
    charts.rejections(session, now, names)
charts.stages(session, now, names)
charts.spend(session, compared)
charts.punctuality(session, now, names)
charts.by_pharmacy(session, now, names)
