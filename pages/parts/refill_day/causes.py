"""Findings that wait for somebody, grouped by what causes them, so that one action can serve many lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.context import Context
from core.model import Finding, Fix, Gate, Owner, Severity
from core.validation import RULES
from pages.parts.refill_day.views import View

HOLD: Mapping[str, str] = {"hold": "yes"}
_CAPITALS = frozenset({"SIG", "NPI", "DEA", "PO", "ZIP", "MG"})


class Accused(NamedTuple):
    """A finding and the line that it stops."""

    view: View
    finding: Finding


class Cause(NamedTuple):
    """Findings of one code with one cause behind them; ``about`` names it where several lines can share it."""

    code: str
    severity: Severity
    owner: Owner
    about: str
    accused: tuple[Accused, ...]

    @property
    def key(self) -> str:
        """The same from run to run, without anything about a patient."""
        return f"{self.code}_{self.severity}_{self.accused[0].view.line.id}"

    @property
    def title(self) -> str:
        """``Prescriber not licensed: Ada Okafor, MD, OK``."""
        return f"{in_words(self.code)}: {self.about}" if self.about else in_words(self.code)

    @property
    def message(self) -> str | None:
        """What is said of every line alike; None where it differs."""
        messages = {accused.finding.message for accused in self.accused}
        return messages.pop() if len(messages) == 1 else None

    @property
    def common_fixes(self) -> tuple[Fix, ...]:
        """Changes that are offered for every line alike, holding left out."""
        first, *others = (accused.finding.fixes for accused in self.accused)
        return tuple(fix for fix in first if fix.change != HOLD and all(fix in fixes for fixes in others))


def about_patient(finding: Finding) -> bool:
    """Whether the patient's own data may be what is wrong; a known allergy is right, and a ship day is not theirs."""
    gates = {Gate.PATIENT, Gate.SHIPPING}
    return RULES[finding.code].gate in gates and finding.code not in {"ALLERGY", "COLD_CHAIN_WINDOW"}


def in_words(code: str) -> str:
    """``Prescriber not licensed`` of PRESCRIBER_NOT_LICENSED; the registers' own abbreviations stay."""
    words = [word if word in _CAPITALS else word.lower() for word in code.split("_")]
    text = " ".join(words).replace("rx", "prescription")
    return text[0].upper() + text[1:]


def causes_of(views: Iterable[View], context: Context) -> list[Cause]:
    """The open findings by cause: blocking first, then those that stop the most lines."""
    grouped: dict[tuple[Severity, str, str], list[Accused]] = {}
    for view in views:
        for finding in view.open:
            key = (finding.severity, finding.code, _about(view, finding, context))
            grouped.setdefault(key, []).append(Accused(view, finding))
    found = [
        Cause(code, severity, accused[0].finding.owner, about, tuple(accused))
        for (severity, code, about), accused in grouped.items()
    ]
    return sorted(found, key=_order)


def _order(cause: Cause) -> tuple[int, int, int]:
    return list(Severity).index(cause.severity), -len(cause.accused), cause.accused[0].view.line.number


def _about(view: View, finding: Finding, context: Context) -> str:
    """The prescriber and state, or the SKU, that is at fault beside the line itself."""
    gate = RULES[finding.code].gate
    if gate is Gate.PRESCRIBER:
        prescriber = context.prescribers.get(view.line.npi)
        patient = context.patients.get(view.line.patient)
        parts = (prescriber.name if prescriber else view.line.npi, patient.state if patient else "")
        return ", ".join(part for part in parts if part)
    return view.sku if gate is Gate.PHARMACY else ""
