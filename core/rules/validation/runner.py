"""Run the rule book over a routed cart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

# importing a gate's module enters its rules
import core.rules.validation.patient_gate
import core.rules.validation.pharmacy_gate
import core.rules.validation.prescriber_gate
import core.rules.validation.prescription_gate
import core.rules.validation.shipping_gate
import core.rules.validation.sig_gate
import core.rules.validation.timing_gate
import core.rules.validation.titration_gate  # noqa: F401
from core.domain.context import Context
from core.domain.model import (
    CartLine,
    Days,
    Finding,
    Fix,
    Gate,
    Objective,
    Program,
    ProgramKind,
    RoutedLine,
    Severity,
    Sku,
    Split,
)
from core.rules.validation.checked import HOLD, CheckedCart, Violation, checked
from core.rules.validation.registry import Rule, rule_book

RULES: Final = rule_book()
"""Every rule by its code, in the order of rules.md, section 3."""

_SEVERITIES: Final = tuple(Severity)
_PLACES: Final = {code: place for place, code in enumerate(RULES)}


def validate(split: Split, context: Context, program: Program, days: Days) -> tuple[Finding, ...]:
    """Every finding of a routed cart: by line, then blocking first, then in the rule book's order.

    Held lines are checked too. Rules on the ship date use the line's promise, or the refill day without a pharmacy.
    """
    cart = checked(split, context, program, days)
    hits = _unsilenced([*_hits(RULES.values(), cart, context, days)])
    return tuple(sorted((_finding(entry, problem) for entry, problem in hits), key=_order))


def validate_directions(text: str, sku: Sku | None, quantity: int, context: Context, days: Days) -> tuple[Finding, ...]:
    """What the SIG gate, and the steps of a titration, say of directions as line 1 of a cart; without a SKU, of the
    words alone."""
    code = sku.sku if sku else ""
    line = CartLine(number=1, patient="", sku=code, quantity=quantity, sig=text)
    program = Program(
        program="", kind=ProgramKind.PASS_THROUGH, monthly_fee_cents=0, rate=Decimal(0), valid_from=date.min
    )
    split = Split(Objective.CHEAPEST, "", (RoutedLine(line),), 0, 0, True, 0.0)
    cart = checked(split, context, program, days)
    rules = [entry for entry in RULES.values() if entry.gate is Gate.SIG or entry.code == "TITRATION_SKIP"]
    hits = _unsilenced(list(_hits(rules, cart, context, days)))
    return tuple(sorted((_finding(entry, problem) for entry, problem in hits), key=_order))


def _hits(rules: Iterable[Rule], cart: CheckedCart, context: Context, days: Days) -> Iterator[tuple[Rule, Violation]]:
    for entry in rules:
        for problem in entry.check(cart, context, days):
            yield entry, problem


def _unsilenced(hits: list[tuple[Rule, Violation]]) -> list[tuple[Rule, Violation]]:
    """Without what a missing prescription, empty directions or a wrong NPI make pointless to say."""
    silenced: set[tuple[int, Gate]] = {
        (problem.line.line.number, entry.gate) for entry, problem in hits if entry.silences_gate
    }
    return [
        (entry, problem)
        for entry, problem in hits
        if entry.silences_gate or (problem.line.line.number, entry.gate) not in silenced
    ]


def _finding(entry: Rule, problem: Violation) -> Finding:
    line = problem.line.line
    severity = problem.severity or entry.severity
    return Finding(
        line=line.number,
        held=line.hold,
        code=entry.code,
        severity=severity,
        field=problem.field or entry.field,
        message=problem.message,
        owner=entry.owner,
        fixes=_with_hold(problem.fixes) if severity is Severity.BLOCKING and not line.hold else problem.fixes,
    )


def _with_hold(fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """Holding always stops a blocking finding, so it is always offered, last."""
    return fixes if any(fix.change == HOLD.change for fix in fixes) else (*fixes, HOLD)


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.line, _SEVERITIES.index(finding.severity), _PLACES[finding.code]
