"""Fix and resubmit: the patient at the source, who could fill the line and at what cost, what still stops it, and one
button that says the amount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import streamlit as st

from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import Finding, Gate, LineState, Override, Prescription, QuoteLine, Severity
from core.domain.orders.records import Attempt
from core.rules.overrides import needs_confirmation
from core.rules.validation import RULES
from core.services.orders.recovery import Resubmission, SplitAgain, resubmit, split_again
from core.services.orders.views import LineDetail
from pages.orders.money import COMPONENTS
from pages.shared.formats import amount, day, full_day, listed, money, plain
from pages.shared.notices import attempt, tell
from pages.shared.patient_form import patient_form
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table

ABOUT_PATIENTS = frozenset({Gate.PATIENT, Gate.SHIPPING})
OF_PATIENTS = frozenset({"ADDRESS_INVALID", "DEMOGRAPHIC_MISMATCH", "ALLERGY"})
"""Refusals that are put right in the patient's data."""


def fix_and_resubmit(session: Session, detail: LineDetail, context: Context) -> None:
    """The whole way from the reason to a new attempt."""
    st.markdown("A new attempt of the same line, validated and priced as everything is now. The history stays.")
    rx = _prescription(detail)
    overrides = _typed_overrides(detail)
    try:
        again = split_again(
            session.store, session.person, session.clinic, detail.line.reference, rx=rx, overrides=overrides
        )
    except Refused as refusal:
        tell(refusal)
        return
    found = again.found
    pharmacy = _pharmacy(detail, again, context)
    seen = found[pharmacy]
    about_patient = any(RULES[finding.code].gate in ABOUT_PATIENTS for finding in seen.findings)
    expanded = about_patient or (
        detail.line.state is LineState.REJECTED and detail.attempts[-1].reason_code in OF_PATIENTS
    )
    patient_form(
        session, detail.patient, key="orders_patient", expanded=expanded, saved="Patient saved. Checked again."
    )
    _findings(detail, seen)
    _cost(session, detail, seen)
    _button(session, detail, seen, pharmacy, rx, overrides)


def _prescription(detail: LineDetail) -> str:
    if len(detail.prescriptions) < 2:
        return detail.line.rx
    found = {row.rx: row for row in detail.prescriptions}
    chosen = st.selectbox(
        "Prescription",
        list(found),
        index=list(found).index(detail.line.rx) if detail.line.rx in found else 0,
        format_func=lambda rx: _about(found[rx]),
        key=f"orders_rx_{detail.line.reference}",
    )
    return chosen or detail.line.rx


def _about(row: Prescription) -> str:
    stopped = f", stopped {full_day(row.stopped_on)}" if row.stopped_on else ""
    return f"{row.rx}, written {full_day(row.written_on)}{stopped}: {row.sig}"


def _pharmacy(detail: LineDetail, again: SplitAgain, context: Context) -> str:
    """Those that can fill it, cheapest first, and the one it was at; under them why the others cannot.

    The line's own pharmacy stands first, but where it had not the stock: there the one that a split of this line alone
    chooses.
    """
    before, found = detail.line.pharmacy, again.found
    able = sorted((code for code, seen in found.items() if seen.cost), key=lambda code: _landed(found[code]))
    options = able if before in able else [before, *able]
    names = {code: pharmacy.name for code, pharmacy in context.pharmacies.items()}
    short = detail.attempts[-1].reason_code == "OUT_OF_STOCK"
    first = again.best if short and again.best is not None else before
    chosen = _chosen(f"orders_to_{detail.line.reference}", options, first, _offers(found, options, names, before))
    if again.best is not None:
        st.caption(plain(_split_in_words(again, names)))
    unable: dict[str, list[str]] = {}
    for code in found.keys() - set(options):
        unable.setdefault(_why(found[code]), []).append(names[code])
    for why, pharmacies in sorted(unable.items()):
        st.caption(plain(f"{listed(sorted(pharmacies))} cannot fill it: {why}."))
    return chosen


def _chosen(name: str, options: list[str], first: str, labels: Mapping[str, str]) -> str:
    """The browser keeps the label of what is selected: another set of labels is another widget, on the same choice."""
    kept = st.session_state.get(name, first)
    chosen = st.selectbox(
        "Send it to",
        options,
        index=options.index(kept if kept in options else first),
        format_func=lambda code: labels[code],
        key=f"{name}_{hash(tuple(labels.values()))}",
    )
    st.session_state[name] = chosen or first
    return chosen or first


def _split_in_words(again: SplitAgain, names: Mapping[str, str]) -> str:
    """What a split of this line alone comes to, and how it compares with what was authorised."""
    seen = again.found[again.best or ""]
    difference = _landed(seen) - seen.before_cents
    than = f"{money(abs(difference))} {'more' if difference > 0 else 'less'} than before" if difference else "as before"
    where = names[again.best or ""]
    return f"Split again alone, the rest of the checkout as it is: {where}, {money(_landed(seen))}, {than}."


def _offers(
    found: Mapping[str, Resubmission], options: list[str], names: Mapping[str, str], before: str
) -> dict[str, str]:
    return {code: _offer(names[code], found[code], before=code == before) for code in options}


def _landed(seen: Resubmission) -> int:
    return seen.cost.landed_cents if seen.cost else 0


def _offer(name: str, seen: Resubmission, *, before: bool) -> str:
    where = f"{name}, as before" if before else name
    if seen.cost is None or seen.routed.promise is None:
        return f"{where}: cannot fill it ({_why(seen)})"
    return f"{where}: {money(seen.cost.landed_cents)}, delivers {day(seen.routed.promise.delivers_on)}"


def _why(seen: Resubmission) -> str:
    return listed([in_words(code) for code in seen.routed.codes])


def in_words(code: str) -> str:
    """``refill too soon`` of REFILL_TOO_SOON."""
    return code.replace("_", " ").lower()


def _findings(detail: LineDetail, seen: Resubmission) -> None:
    for finding in seen.findings:
        stops = finding in seen.blocking
        show = st.error if stops else st.warning if finding.severity is not Severity.INFO else st.info
        rest = "" if stops or finding.severity is not Severity.BLOCKING else " Overridden."
        show(
            f"**{plain(in_words(finding.code).capitalize())}.** {plain(finding.message)}{rest}",
            icon=":material/error:" if stops else ":material/warning:",
        )
        if finding.severity is Severity.BLOCKING and RULES[finding.code].overridable:
            _override(detail, finding)
    if not seen.findings:
        st.success("Nothing stops it.", icon=":material/check_circle:")


def _override(detail: LineDetail, finding: Finding) -> None:
    key = _override_key(detail, finding.code)
    named = needs_confirmation(finding.code)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Override with a reason",
            key=f"{key}_reason",
            max_chars=500,
            placeholder="Why this is right for the patient; kept with your name",
        )
        if named:
            today = detail.asked_at.date()
            st.text_input("Confirmed by", key=f"{key}_by", max_chars=200, placeholder="Prescriber or pharmacist")
            st.date_input("Confirmed on", today, max_value=today, key=f"{key}_on", format="YYYY-MM-DD", width=150)


def _override_key(detail: LineDetail, code: str) -> str:
    return f"orders_override_{detail.line.reference}_{detail.line.attempt}_{code}"


def _typed_overrides(detail: LineDetail) -> tuple[Override, ...]:
    """The overrides that were typed completely; an incomplete one leaves its finding as it is."""
    codes = (code for code, rule in RULES.items() if rule.overridable)
    return tuple(_complete(_typed_override(detail, code) for code in codes))


def _typed_override(detail: LineDetail, code: str) -> Override:
    typed, key = st.session_state, _override_key(detail, code)
    confirmed_on = typed.get(f"{key}_on")
    return Override(
        line=detail.line.number,
        code=code,
        reason=str(typed.get(f"{key}_reason") or "").strip(),
        confirmed_by=str(typed.get(f"{key}_by") or "").strip(),
        confirmed_on=confirmed_on if isinstance(confirmed_on, date) else None,
    )


def _complete(overrides: Iterable[Override]) -> Iterable[Override]:
    for override in overrides:
        confirmed = override.confirmed_by and override.confirmed_on
        if override.reason and (confirmed or not needs_confirmation(override.code)):
            yield override


def _cost(session: Session, detail: LineDetail, seen: Resubmission) -> None:
    before = detail.attempts[-1]
    st.markdown(plain(_money_sentence(before, seen)))
    if seen.cost is None:
        return
    rows = _before_and_now(before, seen.cost)
    columns = {"Before": MONEY, "Now": MONEY}
    table(rows, name="resubmission", alt="The line's cost before and now", session=session, columns=columns)


def _money_sentence(before: Attempt, seen: Resubmission) -> str:
    back = money(before.charge.refunded_cents) if before.charge.captured else money(before.charge.released_cents)
    verb = "refunded" if before.charge.captured else "released"
    told = f"Of the {money(seen.before_cents)} of attempt {before.number}, {back} was {verb}."
    if seen.cost is None:
        return told
    more = " That is more than before: the button confirms it." if seen.higher else ""
    return f"{told} Resubmitting authorises {money(seen.cost.landed_cents)} afresh.{more}"


def _before_and_now(before: Attempt, now: QuoteLine) -> list[Row]:
    rows: list[Row] = [
        {
            "Amount": name,
            "Before": amount(getattr(before.charge.amounts, field)),
            "Now": amount(getattr(now, field)),
        }
        for name, field in COMPONENTS.items()
    ]
    total = {"Before": amount(before.charge.amounts.total_cents), "Now": amount(now.landed_cents)}
    return [*rows, {"Amount": "Landed", **total}]


def _button(
    session: Session, detail: LineDetail, seen: Resubmission, pharmacy: str, rx: str, overrides: tuple[Override, ...]
) -> None:
    stopped = bool(seen.blocking) or seen.cost is None
    cents = None if seen.cost is None else seen.cost.landed_cents
    st.button(
        "Resubmit" if cents is None else f"Resubmit for {plain(money(cents))}",
        key=f"orders_resubmit_{detail.line.reference}",
        type="primary",
        icon=":material/send:",
        disabled=stopped,
        help="What is red above stops it: fix it at its source, choose another pharmacy, or override it."
        if stopped
        else None,
        on_click=_resubmit,
        args=(session, detail.line.reference, pharmacy, rx, cents, overrides),
    )


def _resubmit(
    session: Session, reference: str, pharmacy: str, rx: str, cents: int | None, overrides: tuple[Override, ...]
) -> None:
    attempt(
        lambda: resubmit(
            session.store,
            session.person,
            session.clinic,
            reference,
            pharmacy=pharmacy,
            rx=rx,
            expected_cents=cents,
            overrides=overrides,
        ),
        f"{reference}: resubmitted for {money(cents)}.",
    )
