"""Rule book: every check before payment, what it means, and whether it earns its keep. No patient data."""

from __future__ import annotations

import streamlit as st

from core.domain.model import Gate
from core.services.people import Action
from core.services.rule_book import DAYS, rule_book
from pages.rule_book.rules import by_rule, figures, refusals, rules
from pages.shared.formats import full_day
from pages.shared.guard import opened_by
from pages.shared.layout import badge, header, is_demo, metrics

session = opened_by(Action.SEE_RULES)
reference = session.reference()
with header("Rule book", "Every check before payment: what it means, where it comes from, whether it earns its keep."):
    badge(any(is_demo(offer.source) for offer in reference.context.offers))

with st.container(horizontal=True, vertical_alignment="bottom"):
    days = st.segmented_control(
        "Period",
        (30, DAYS, 365),
        default=DAYS,
        required=True,
        format_func="{} days".format,
        key="rule_book_days",
        bind="query-params",
    )
    gate = st.segmented_control(
        "Gate", list(Gate), format_func=lambda gate: Gate(gate).value, key="rule_book_gate", bind="query-params"
    )
book = rule_book(session.store, session.person, session.clinic, days or DAYS)
st.caption(f"Refill days since {full_day(book.since)}.")
metrics(figures(book))
rules(session, book, gate, reference)
by_rule(session, book)
refusals(session, book)
