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
from core.services.orders.recovery import Resubmission, ResubmissionOptions, resubmission_options, resubmit
from core.services.orders.views import LineDetail
from pages.orders.money import COMPONENTS
from pages.shared.formats import amount, code_phrase, code_words, day, full_day, listed, money, plain
from pages.shared.notices import attempt, show_error
from pages.shared.patient_form import patient_form
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table

ABOUT_PATIENTS = frozenset({Gate.PATIENT, Gate.SHIPPING})
OF_PATIENTS = frozenset({"ADDRESS_INVALID", "DEMOGRAPHIC_MISMATCH", "ALLERGY"})
"""Refusals that are put right in the patient's data."""


def fix_and_resubmit(session: Session, detail: LineDetail, context: Context) -> None:
    """The whole way from the reason to a new attempt."""
    st.markdown("Creates a new attempt of the same line, checked and priced as of now. The history stays.")
    rx = _prescription(detail)
    overrides = _typed_overrides(detail)
    try:
        options_found = session.call(resubmission_options, detail.line.reference, rx=rx, overrides=overrides)
    except Refused as refusal:
        show_error(refusal)
        return
    offers = options_found.by_pharmacy
    pharmacy = _pharmacy(detail, options_found, context)
    resubmission = offers[pharmacy]
    about_patient = any(RULES[finding.code].gate in ABOUT_PATIENTS for finding in resubmission.findings)
    expanded = about_patient or (
        detail.line.state is LineState.REJECTED and detail.attempts[-1].reason_code in OF_PATIENTS
    )
    patient_form(
        session, detail.patient, key="orders_patient", expanded=expanded, saved="Patient saved. Checked again."
    )
    _findings(detail, resubmission)
    _cost(session, detail, resubmission)
    _button(session, detail, resubmission, pharmacy, rx, overrides)


def _prescription(detail: LineDetail) -> str:
    if len(detail.prescriptions) < 2:
        return detail.line.rx
    by_rx = {row.rx: row for row in detail.prescriptions}
    chosen = st.selectbox(
        "Prescription",
        list(by_rx),
        index=list(by_rx).index(detail.line.rx) if detail.line.rx in by_rx else 0,
        format_func=lambda rx: _about(by_rx[rx]),
        key=f"orders_rx_{detail.line.reference}",
    )
    return chosen or detail.line.rx


def _about(row: Prescription) -> str:
    stopped = f", stopped {full_day(row.stopped_on)}" if row.stopped_on else ""
    return f"{row.rx}, written {full_day(row.written_on)}{stopped}: {row.sig}"


def _pharmacy(detail: LineDetail, options_found: ResubmissionOptions, context: Context) -> str:
    """Those that can fill it, cheapest first, and the one it was at; under them why the others cannot.

    The line's own pharmacy stands first, but where it had not the stock: there the one that a split of this line alone
    chooses.
    """
    before, offers = detail.line.pharmacy, options_found.by_pharmacy
    able = sorted(
        (code for code, resubmission in offers.items() if resubmission.cost), key=lambda code: _landed(offers[code])
    )
    options = able if before in able else [before, *able]
    names = {code: pharmacy.name for code, pharmacy in context.pharmacies.items()}
    short = detail.attempts[-1].reason_code == "OUT_OF_STOCK"
    first = options_found.best if short and options_found.best is not None else before
    chosen = _chosen(f"orders_to_{detail.line.reference}", options, first, _offers(offers, options, names, before))
    if options_found.best is not None:
        st.caption(plain(_best_option(options_found, names)))
    unable: dict[str, list[str]] = {}
    for code in offers.keys() - set(options):
        unable.setdefault(_why(offers[code]), []).append(names[code])
    for why, pharmacies in sorted(unable.items()):
        st.caption(plain(f"{listed(sorted(pharmacies))} cannot fill it: {why}."))
    return chosen


def _chosen(name: str, options: list[str], first: str, labels: Mapping[str, str]) -> str:
    """The browser keeps the label of what is selected: another set of labels is another widget, on the same choice."""
    kept = st.session_state.get(name, first)
    chosen = st.selectbox(
        "Send to",
        options,
        index=options.index(kept if kept in options else first),
        format_func=lambda code: labels[code],
        key=f"{name}_{hash(tuple(labels.values()))}",
    )
    st.session_state[name] = chosen or first
    return chosen or first


def _best_option(options_found: ResubmissionOptions, names: Mapping[str, str]) -> str:
    """What a split of this line alone comes to, and how it compares with what was authorised."""
    resubmission = options_found.by_pharmacy[options_found.best or ""]
    difference = _landed(resubmission) - resubmission.before_cents
    than = f"{money(abs(difference))} {'more' if difference > 0 else 'less'} than before" if difference else "as before"
    where = names[options_found.best or ""]
    return f"Best option for this line alone: {where}, {money(_landed(resubmission))}, {than}."


def _offers(
    offers: Mapping[str, Resubmission], options: list[str], names: Mapping[str, str], before: str
) -> dict[str, str]:
    return {code: _offer(names[code], offers[code], before=code == before) for code in options}


def _landed(resubmission: Resubmission) -> int:
    return resubmission.cost.landed_cents if resubmission.cost else 0


def _offer(name: str, resubmission: Resubmission, *, before: bool) -> str:
    where = f"{name}, as before" if before else name
    if resubmission.cost is None or resubmission.routed.promise is None:
        return f"{where}: cannot fill it ({_why(resubmission)})"
    return f"{where}: {money(resubmission.cost.landed_cents)}, delivers {day(resubmission.routed.promise.delivers_on)}"


def _why(resubmission: Resubmission) -> str:
    return listed([code_phrase(code) for code in resubmission.routed.codes])


def _findings(detail: LineDetail, resubmission: Resubmission) -> None:
    for finding in resubmission.findings:
        stops = finding in resubmission.blocking
        show = st.error if stops else st.warning if finding.severity is not Severity.INFO else st.info
        rest = "" if stops or finding.severity is not Severity.BLOCKING else " Overridden."
        show(
            f"**{plain(code_words(finding.code))}.** {plain(finding.message)}{rest}",
            icon=":material/error:" if stops else ":material/warning:",
        )
        if finding.severity is Severity.BLOCKING and RULES[finding.code].overridable:
            _override(detail, finding)
    if not resubmission.findings:
        st.success("No findings.", icon=":material/check_circle:")


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


def _cost(session: Session, detail: LineDetail, resubmission: Resubmission) -> None:
    before = detail.attempts[-1]
    st.markdown(plain(_money_sentence(before, resubmission)))
    if resubmission.cost is None:
        return
    rows = _before_and_now(before, resubmission.cost)
    columns = {"Before": MONEY, "Now": MONEY}
    table(rows, name="resubmission", alt="The line's cost before and now", session=session, columns=columns)


def _money_sentence(before: Attempt, resubmission: Resubmission) -> str:
    back = money(before.charge.refunded_cents) if before.charge.captured else money(before.charge.released_cents)
    verb = "refunded" if before.charge.captured else "released"
    sentence = f"Attempt {before.number}: {back} of {money(resubmission.before_cents)} {verb}."
    if resubmission.cost is None:
        return sentence
    more = " That is more than before; the button confirms it." if resubmission.higher else ""
    return f"{sentence} Resubmitting authorizes {money(resubmission.cost.landed_cents)}.{more}"


def _before_and_now(before: Attempt, now: QuoteLine) -> list[Row]:
    rows: list[Row] = [
        {"Amount": name, "Before": amount(getattr(before.charge.amounts, field)), "Now": amount(getattr(now, field))}
        for name, field in COMPONENTS.items()
    ]
    total = {"Before": amount(before.charge.amounts.total_cents), "Now": amount(now.landed_cents)}
    return [*rows, {"Amount": "Landed", **total}]


def _button(
    session: Session,
    detail: LineDetail,
    resubmission: Resubmission,
    pharmacy: str,
    rx: str,
    overrides: tuple[Override, ...],
) -> None:
    stopped = bool(resubmission.blocking) or resubmission.cost is None
    cents = None if resubmission.cost is None else resubmission.cost.landed_cents
    st.button(
        "Resubmit" if cents is None else f"Resubmit for {plain(money(cents))}",
        key=f"orders_resubmit_{detail.line.reference}",
        type="primary",
        icon=":material/send:",
        disabled=stopped,
        help="Resolve the red findings above: correct the data, choose another pharmacy, or override."
        if stopped
        else None,
        on_click=_resubmit,
        args=(session, detail.line.reference, pharmacy, rx, cents, overrides),
    )


def _resubmit(
    session: Session, reference: str, pharmacy: str, rx: str, cents: int | None, overrides: tuple[Override, ...]
) -> None:
    attempt(
        lambda: session.call(resubmit, reference, pharmacy=pharmacy, rx=rx, expected_cents=cents, overrides=overrides),
        f"{reference}: resubmitted for {money(cents)}.",
    )
