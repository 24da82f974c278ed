"""Fulfillment: how fast, how well and at what cost orders are filled. No patient data."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action, may
from core.rules.pricing.program_words import answer_sentence
from core.services.clinic_costs import best_program
from core.services.measures import delivery_calibration
from core.services.scorecard import targets
from pages.fulfillment import charts
from pages.fulfillment.key_figures import fulfillment_figures
from pages.fulfillment.overview import opening_sentence, overview
from pages.fulfillment.period import period_choice
from pages.shared.formats import full_day, plain
from pages.shared.guard import opened_by
from pages.shared.layout import badge, draw_tabs, empty_state, header, is_demo, metric_row
from pages.shared.screens import REFILL_DAY

session = opened_by(Action.SEE_FULFILLMENT)
context, today = session.reference()
with header("Fulfillment", "How fast, how well and at what cost orders are filled."):
    badge(any(is_demo(offer.source) for offer in context.offers))

compared = period_choice(session, today)
now = compared.now
if not compared.weeks and not now.stalled:
    first_step = "Orders placed on Refill day appear here."
    link = REFILL_DAY if may(session.person, Action.WORK_CART) else None
    empty_state("No orders in this period.", first_step, link)
    st.stop()

names = {code: pharmacy.name for code, pharmacy in context.pharmacies.items()}
days = f"{full_day(now.period.first)} to {full_day(now.period.last)}, changes against as long before."
st.markdown(f"**{plain(opening_sentence(compared, names))}** :gray[{plain(days)}]")
metric_row(fulfillment_figures(compared, targets(context, today)))


def _rejections() -> None:
    charts.acceptance(session, compared)
    charts.rejections(session, now, names)


def _speed() -> None:
    charts.stages(session, now, names)
    charts.punctuality(session, now, names)
    charts.calibrated(session.remembered(delivery_calibration, now.period.first, now.period.last))


def _spend() -> None:
    if may(session.person, Action.SEE_COSTS) and (answer := session.remembered(best_program)).lines:
        st.markdown(f"**{plain(answer_sentence(answer))}.** SKU costs has the arithmetic.")
    charts.spend(session, compared)


draw_tabs(
    {
        "Overview": lambda: overview(session, compared, names),
        "Rejections": _rejections,
        "Speed": _speed,
        "Spend": _spend,
    },
    key="fulfilment_tab",
)
