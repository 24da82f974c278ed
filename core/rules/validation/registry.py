"""What a rule is, and the rule book: every code of rules.md, section 3, once, in the book's order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Days, Gate, Owner, Severity
from core.domain.settings import SETTINGS
from core.rules.validation.checked import CheckedCart, Violation

Check = Callable[[CheckedCart, Context, Days], Iterable[Violation]]

GATES = tuple(Gate)
OWNERS = {
    Gate.SIG: Owner.PRESCRIBER,
    Gate.PRESCRIBER: Owner.PRESCRIBER,
    Gate.PRESCRIPTION: Owner.PRESCRIBER,
    Gate.TIMING: Owner.CLINIC,
    Gate.TITRATION: Owner.PRESCRIBER,
    Gate.PHARMACY: Owner.PHARMACY,
    Gate.SHIPPING: Owner.CLINIC,
    Gate.PATIENT: Owner.CLINIC,
}


class Rule(NamedTuple):
    """One code of the rule book.

    ``severity`` is what the book names first; a problem may say another. ``field`` is the column that a finding points
    at unless its problem names another. ``silences_gate`` keeps the gate's other codes off the same line.
    """

    code: str
    gate: Gate
    severity: Severity
    field: str
    overridable: bool
    owner: Owner
    summary: str
    example: str
    source: str
    silences_gate: bool
    check: Check

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The settings that its source names, by name or as ``dose_tolerance_*``."""
        named = re.findall(r"\w+\*?", self.source)
        families = tuple(word[:-1] for word in named if word.endswith("*"))
        return tuple(name for name in SETTINGS if name in named or (families and name.startswith(families)))


def rule(
    code: str,
    *,
    gate: Gate,
    severity: Severity,
    field: str,
    example: str,
    source: str,
    overridable: bool = False,
    owner: Owner | None = None,
    silences_gate: bool = False,
) -> Callable[[Check], Check]:
    """Enter a check in the rule book; its docstring's first line is the summary, its gate gives the owner."""

    def enter(check: Check) -> Check:
        if code in _ENTERED:
            raise ValueError(f"{code} has a rule already")
        _ENTERED[code] = Rule(
            code=code,
            gate=gate,
            severity=severity,
            field=field,
            overridable=overridable,
            owner=owner or OWNERS[gate],
            summary=(check.__doc__ or "").partition("\n")[0],
            example=example,
            source=source,
            silences_gate=silences_gate,
            check=check,
        )
        return check

    return enter


_ENTERED: dict[str, Rule] = {}


def rule_book() -> dict[str, Rule]:
    """Every rule entered so far by its code: gates in the book's order, within a gate as written there."""
    return {entry.code: entry for entry in sorted(_ENTERED.values(), key=lambda entry: GATES.index(entry.gate))}
