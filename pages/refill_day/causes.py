"""Findings that wait for somebody, grouped by what causes them, so that one action can serve many lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Finding, Fix, Gate, Owner, Patient, Severity
from core.rules.validation import RULES
from pages.refill_day.views import LineView
from pages.shared.formats import code_words, full_day, prescriber_name

HOLD: Mapping[str, str] = {"hold": "yes"}
_OF_A_LICENCE = frozenset({"PRESCRIBER_NOT_LICENSED", "LICENCE_EXPIRING"})


class LineFinding(NamedTuple):
    """A finding and the line that it stops."""

    view: LineView
    finding: Finding


class Cause(NamedTuple):
    """Findings of one code with one cause behind them; ``about`` names it where several lines can share it."""

    code: str
    severity: Severity
    owner: Owner
    about: str
    line_findings: tuple[LineFinding, ...]

    @property
    def key(self) -> str:
        """The same from run to run, without anything about a patient."""
        return f"{self.code}_{self.severity}_{self.line_findings[0].view.line.id}"

    @property
    def title(self) -> str:
        """``Prescriber not licensed: Ada Okafor, MD, OK``."""
        return f"{code_words(self.code)}: {self.about}" if self.about else code_words(self.code)

    @property
    def message(self) -> str | None:
        """What is said of every line alike; None where it differs."""
        messages = {line_finding.finding.message for line_finding in self.line_findings}
        return messages.pop() if len(messages) == 1 else None

    @property
    def common_fixes(self) -> tuple[Fix, ...]:
        """Changes that are offered for every line alike, holding and asking left out."""
        first, *others = (line_finding.finding.fixes for line_finding in self.line_findings)
        return tuple(fix for fix in first if fix.change != HOLD and all(fix in fixes for fixes in others))


def about_patient(finding: Finding) -> bool:
    """Whether the patient's own data may be what is wrong; a known allergy is right, and a ship day is not theirs."""
    if finding.code == "ORDER_NOT_TAKEN":
        return finding.field in Patient.model_fields
    gates = {Gate.PATIENT, Gate.SHIPPING}
    return RULES[finding.code].gate in gates and finding.code not in {"ALLERGY", "COLD_CHAIN_WINDOW", "ARRIVES_LATE"}


def causes_of(views: Iterable[LineView], context: Context) -> list[Cause]:
    """The open findings by cause: blocking first, then those that stop the most lines."""
    grouped: dict[tuple[Severity, str, str], list[LineFinding]] = {}
    for view in views:
        for finding in view.open:
            key = (finding.severity, finding.code, _about(view, finding, context))
            grouped.setdefault(key, []).append(LineFinding(view, finding))
    causes = [
        Cause(code, severity, line_finding[0].finding.owner, about, tuple(line_finding))
        for (severity, code, about), line_finding in grouped.items()
    ]
    return sorted(causes, key=_order)


def _order(cause: Cause) -> tuple[int, int, int]:
    return list(Severity).index(cause.severity), -len(cause.line_findings), cause.line_findings[0].view.line.number


def _about(view: LineView, finding: Finding, context: Context) -> str:
    """The prescriber with state and licence, or the SKU, that is at fault beside the line itself."""
    gate = RULES[finding.code].gate
    if gate is Gate.PRESCRIBER:
        return ", ".join(part for part in _prescriber(view, finding, context) if part)
    return view.sku if gate is Gate.PHARMACY else ""


def _prescriber(view: LineView, finding: Finding, context: Context) -> Iterator[str]:
    prescriber, patient = context.prescribers.get(view.line.npi), context.patients.get(view.line.patient)
    state = patient.state if patient else ""
    yield prescriber_name(view.line.npi, context)
    if prescriber is None or finding.code not in _OF_A_LICENCE:
        yield state
        return
    licence = prescriber.licences.get(state)
    if licence is None:
        yield f"no {state} license"
    else:
        yield f"{state} license ends {full_day(licence.expires_on)}" if licence.expires_on else f"{state} license"


class OwnerCounts(NamedTuple):
    """What one owner has to resolve: findings, on so many lines."""

    findings: int
    lines: int


def owed_by(causes: Iterable[Cause]) -> dict[Owner, OwnerCounts]:
    """What each owner has to resolve; every owner is there."""
    lines: dict[Owner, list[str]] = {owner: [] for owner in Owner}
    for cause in causes:
        lines[cause.owner] += [line_finding.view.line.id for line_finding in cause.line_findings]
    return {owner: OwnerCounts(len(ids), len(set(ids))) for owner, ids in lines.items()}
