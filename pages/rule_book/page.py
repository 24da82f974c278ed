"""Rule book: every check before payment, what it means, and whether it earns its keep. No patient data."""

from __future__ import annotations

import streamlit as st

from core.domain.model import Gate
from core.domain.roles import Action
from core.services.rule_book import DAYS, rule_book
from pages.rule_book.rules import by_rule, rejections, rule_book_figures, rules
from pages.shared.filters import choose
from pages.shared.formats import full_day
from pages.shared.guard import opened_by
from pages.shared.layout import badge, header, is_demo, metrics

session = opened_by(Action.SEE_RULES)
reference = session.reference()
with header("Rule book", "Every check before payment: what it requires, its source, and how often it finds something."):
    badge(any(is_demo(offer.source) for offer in reference.context.offers))

with st.container(horizontal=True, vertical_alignment="bottom"):
    days = choose("Period", (30, DAYS, 365), DAYS, key="rule_book_days", words="{} days".format)
    gate = st.segmented_control(
        "Gate", list(Gate), format_func=lambda gate: Gate(gate).value, key="rule_book_gate", bind="query-params"
    )
book = session.call(rule_book, days)
st.caption(f"Refill days since {full_day(book.since)}.")
metrics(rule_book_figures(book))
rules(session, book, gate, reference)
by_rule(session, book)
rejections(session, book)
