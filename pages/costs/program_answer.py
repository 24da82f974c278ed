"""The answer that the page opens with: which program is cheapest for us, by how much, and what would change it."""

from __future__ import annotations

from fractions import Fraction

import streamlit as st

from core.domain.context import Context
from core.rules.pricing.program_choice import DrugChoice, ProgramChoice, RankedProgram
from pages.shared.formats import amount, count, day, listed, money, percent, plain
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, table


def program_answer(session: Session, context: Context, answer: ProgramChoice) -> None:
    """The sentence, every program beside what the clinic has, and one drug by itself."""
    if not answer.lines or not answer.ranked:
        st.caption("Once orders are placed, this page says which program is cheapest for you.")
        return
    st.markdown(f"#### {plain(answer_sentence(answer))}")
    st.caption(plain(basis_sentence(answer)))
    table(
        [_row(answer, row) for row in answer.ranked],
        name="program_answer",
        alt="Every program for the clinic's own orders, against what it has now",
        session=session,
        columns={
            "Saves a month": {**MONEY, "help": "Against what you paid. Below zero, it would have cost more."},
            "Worst month": MONEY,
            "Best month": MONEY,
            "Equal if prices change": {**PERCENT, "help": "Of all its drug prices, everything else unchanged."},
        },
    )
    _drug(session, context, answer)


def answer_sentence(answer: ProgramChoice) -> str:
    """``FIZY_FREE is cheapest for you: it saves $733.63 a month against what you have (REFILL_5)``."""
    now = f"what you have ({listed(answer.used)})"
    if best := answer.best:
        saves = money(answer.a_month(best[0].saving.total_cents))
        names = listed([row.program for row in best])
        each = "is cheapest for you: it saves" if len(best) == 1 else "are cheapest for you: each saves"
        return f"{names} {each} {saves} a month against {now}"
    others = [row for row in answer.ranked if not row.is_used and row.lines]
    if not others:
        return f"{now[:1].upper()}{now[1:]} has nothing to be compared with"
    more = money(-answer.a_month(others[0].saving.total_cents))
    return f"{now[:1].upper()}{now[1:]} is cheapest for you; {others[0].program} would cost {more} a month more"


def basis_sentence(answer: ProgramChoice) -> str:
    """What the answer is from, and what would change it."""
    basis = (
        f"From {count(answer.lines, 'line')} placed {day(answer.first)} to {day(answer.last)}, at the pharmacies and "
        "in the boxes that they had: drug prices, fees, encounters, shipping, processing and monthly fees."
    )
    changes = [_what_changes(row) for row in answer.ranked if row.even_at is not None and row.lines]
    return f"{basis} {' '.join(changes)}".strip()


def _what_changes(row: RankedProgram) -> str:
    even = row.even_at or Fraction(0)
    if even >= 0:
        return f"{row.program} saves until its prices rise by {percent(float(even))}."
    return f"{row.program} would save once its prices fall by {percent(float(-even))}."


def _row(answer: ProgramChoice, row: RankedProgram) -> Row:
    months = list(row.by_month.values())
    return {
        "Program": f"{row.program} (yours)" if row.is_used else row.program,
        "Kind": row.kind.value,
        "Saves a month": amount(answer.a_month(row.saving.total_cents)) if row.lines else None,
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
                "Program": row.program,
                "Saves a month": amount(row.saving_cents),
                "Lines": row.lines,
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


def drug_sentence(active: str, rows: tuple[DrugChoice, ...], answer: ProgramChoice) -> str:
    """``For tirzepatide POOL is cheapest at your volume: it saves $412.00 a month ...``, and what would change it."""
    best = next((row for row in rows if row.saving_cents > 0), None)
    if best is None:
        others = [row for row in rows if (row.program,) != answer.used]
        if not others:
            return f"For {active} there is nothing to compare with"
        nearest = others[0]
        sentence = (
            f"For {active} what you have ({listed(answer.used)}) is cheapest at your volume; {nearest.program} would "
            f"cost {money(-nearest.saving_cents)} a month more"
        )
        return sentence + _even_in_words(next((row for row in others if row.even_at is not None), nearest))
    saves = money(best.saving_cents)
    return f"For {active} {best.program} is cheapest at your volume: it saves {saves} a month" + _even_in_words(best)


def _even_in_words(row: DrugChoice) -> str:
    if row.even_at is None:
        return ""
    direction = "rise" if row.even_at >= 0 else "fall"
    return f"; {row.program} would be equal if its prices {direction} by {percent(float(abs(row.even_at)))}"
