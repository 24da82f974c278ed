"""The answer that the page opens with: which program is cheapest for us, by how much, and what would change it."""

from __future__ import annotations

import streamlit as st

from core.domain.context import Context
from core.rules.pricing.program_choice import ProgramChoice, RankedProgram
from core.rules.pricing.program_words import answer_sentence, basis_sentence, drug_sentence, turning_sentence
from pages.shared.formats import amount, money, plain
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, table


def program_answer(session: Session, context: Context, answer: ProgramChoice) -> None:
    """The sentence, every program beside what the clinic has, and one drug by itself."""
    if not answer.lines or not answer.ranked:
        st.caption("Once orders are placed, this page says which program is cheapest for you.")
        return
    st.markdown(f"#### {plain(answer_sentence(answer))}")
    st.caption(plain(f"{basis_sentence(answer)} {turning_sentence(answer.turning(context))}".strip()))
    table(
        [_row(row) for row in answer.ranked],
        name="program_answer",
        alt="Every program for the clinic's own orders, against what it has now",
        session=session,
        columns={
            "Saves a month": {
                **MONEY,
                "help": "As it really went, against what you paid. Below zero, it would have cost more.",
            },
            "Best routed, saves": {
                **MONEY,
                "help": "A month, with every box at the cheapest pharmacy that could ship it on its day. Past stock "
                "is not known.",
            },
            "Worst month": MONEY,
            "Best month": MONEY,
            "Equal if prices change": {**PERCENT, "help": "Of all its drug prices, everything else unchanged."},
        },
    )
    _drug(session, context, answer)


def _row(row: RankedProgram) -> Row:
    months = list(row.by_month.values())
    return {
        "Program": f"{row.program} (yours)" if row.is_used else row.program,
        "Kind": row.kind.value,
        "Saves a month": amount(row.month_cents) if row.lines else None,
        "Best routed, saves": amount(row.routed_cents) if row.lines else None,
        "Worst month": amount(min(months)) if months else None,
        "Best month": amount(max(months)) if months else None,
        "Lines": row.lines,
        "No price": row.left_out,
        "Equal if prices change": None if row.even_at is None else round(float(row.even_at) * 100, 2),
    }


def _drug(session: Session, context: Context, answer: ProgramChoice) -> None:
    """One drug at the clinic's own volume: type its name."""
    ordered = {code for repricing in answer.repricings.values() for code in repricing.skus}
    actives = sorted({context.skus[code].active for code in ordered if code in context.skus} - {""})
    chosen = st.selectbox(
        "One drug at our volume", actives, index=None, placeholder="Type a drug, such as tirzepatide", key="costs_drug",
        bind="query-params",
    )  # fmt: skip
    if chosen is None:
        return
    rows = answer.drug(chosen, context)
    st.markdown(f"**{plain(drug_sentence(chosen, rows, answer))}**")
    table(
        [
            {
                "Program": f"{row.program} (yours)" if row.is_used else row.program,
                "Saves a month": amount(row.month_cents) if row.lines else None,
                "Lines": row.lines,
                "No price": row.left_out,
                "Equal if prices change": None if row.even_at is None else round(float(row.even_at) * 100, 2),
                "Equal at, a pack": "; ".join(
                    f"{context.skus[sku].name}: {money(cents)}" for sku, cents in row.even_cents.items()
                ),
            }
            for row in rows
        ],
        name="drug_answer",
        alt=f"Every program for {chosen} at the clinic's own volume",
        session=session,
        columns={"Saves a month": MONEY, "Equal if prices change": PERCENT},
    )
