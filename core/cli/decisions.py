"""Commands that read and decide, and write nothing: due, validate, quote, split, compare, plans, sig."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.cli.output import known_dollars
from core.cli.run import Answer, Run, bad_argument
from core.domain.context import Context
from core.domain.model import Clinic, Days, Finding, Objective, QuoteLine, RoutedLine, Severity, Sku
from core.domain.money import dollars
from core.rules.due_list import due_list
from core.rules.plan import Plan, plan
from core.rules.pricing import SkuComparison, compare, plans
from core.rules.sig import ParsedSig, Segment, days_supply, decimal, read
from core.rules.validation import validate_directions
from core.services.people import Action, require

NO_CLINIC = Context(clinic=Clinic(clinic="", name="", state="", time_zone="UTC", program=()))
_CACHED = 65_536
"""How many different directions of one stream are remembered."""


def due(run: Run) -> Answer:
    """Who is due on the refill day."""
    require(run.person, Action.WORK_CART)
    lines = due_list(run.context, run.days.refill_day)
    return Answer({"lines": [line._asdict() | {"kind": line.kind.value} for line in lines]})


def decided(run: Run) -> Plan:
    """The cart file split, validated and priced."""
    require(run.person, Action.WORK_CART)
    return plan(run.cart, run.context, run.program, run.objective, run.days, day_price_cents=run.day_price_cents)


def validate(run: Run) -> Answer:
    """Every finding of a cart file."""
    decision = decided(run)
    blocking = len(decision.open_findings(Severity.BLOCKING))
    warning = len(decision.open_findings(Severity.WARNING))
    return Answer(
        {
            "lines": len(run.cart.lines),
            "blocking": blocking,
            "warning": warning,
            "held": sum(line.hold for line in run.cart.lines),
            "hash": decision.hash,
            "findings": [finding_json(finding) for finding in decision.findings],
        },
        status=1 if blocking or warning else 0,
    )


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as formats.md writes it."""
    return {
        "line": finding.line,
        "held": finding.held,
        "code": finding.code,
        "severity": finding.severity.value,
        "field": finding.field,
        "message": finding.message,
        "owner": finding.owner.value,
        "fixes": [{"label": fix.label, "change": dict(fix.change)} for fix in finding.fixes],
    }


def quote(run: Run) -> Answer:
    """What a cart file costs under one program."""
    priced = decided(run).quote
    return Answer(
        {
            "program": priced.program,
            "kind": priced.kind.value,
            "medication": dollars(priced.medication_cents),
            "program_fee": dollars(priced.program_fee_cents),
            "encounters": dollars(priced.encounters_cents),
            "shipping": dollars(priced.shipping_cents),
            "processing": dollars(priced.processing_cents),
            "total": dollars(priced.total_cents),
            "lines": [_quote_line(line) for line in priced.lines],
        }
    )


def _quote_line(line: QuoteLine) -> dict[str, Any]:
    return {
        "line": line.line,
        "pharmacy": line.pharmacy,
        "quantity": line.quantity,
        "medication": dollars(line.medication_cents),
        "program_fee": dollars(line.program_fee_cents),
        "encounter": dollars(line.encounter_cents),
        "shipping": dollars(line.shipping_cents),
        "processing": dollars(line.processing_cents),
        "landed": dollars(line.landed_cents),
        "unit_landed": dollars(line.unit_landed_cents),
    }


def split(run: Run) -> Answer:
    """Which pharmacy fills each line, and why."""
    decision = decided(run)
    routed = decision.split
    landed = {line.line: line.landed_cents for line in decision.quote.lines}
    bound: Any = routed.bound if routed.objective is Objective.FASTEST else dollars(routed.bound)
    return Answer(
        {
            "objective": routed.objective.value,
            "total": dollars(routed.total_cents),
            "bound": bound,
            "proven": routed.proven,
            "seconds": routed.seconds,
            "lines": [_routed_line(line, landed[line.line.number]) for line in routed.filled],
            "unfilled": [{"line": line.line.number, "codes": list(line.codes)} for line in routed.unfilled],
        }
    )


def _routed_line(routed: RoutedLine, landed_cents: int) -> dict[str, Any]:
    dates = routed.promise
    return {
        "line": routed.line.number,
        "pharmacy": routed.pharmacy,
        "ships_on": dates and dates.ships_on,
        "delivers_on": dates and dates.delivers_on,
        "landed": dollars(landed_cents),
        "alternatives": [
            {
                "pharmacy": other.pharmacy,
                "extra_cost": dollars(other.extra_cost_cents),
                "extra_days": other.extra_days,
            }
            for other in routed.alternatives
        ],
        "refused": [{"pharmacy": other.pharmacy, "codes": list(other.codes)} for other in routed.refused],
    }


def compared(run: Run) -> Answer:
    """Every SKU under every program."""
    require(run.person, Action.SEE_COSTS)
    units = run.arguments.units
    if units < 1:
        raise bad_argument("--units", units, "is not a whole number from 1")
    rows = compare(run.context, run.days.placing_day, units=units, spend_cents=run.arguments.spend)
    return Answer({"skus": [_comparison(row) for row in rows]})


def _comparison(row: SkuComparison) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "name": row.name,
        "programs": [
            {
                "program": cost.program,
                "kind": cost.kind.value,
                "pharmacy": cost.pharmacy,
                "unit_cost": known_dollars(cost.unit_cost_cents),
                "unit_landed": known_dollars(cost.unit_landed_cents),
                "per_dose": _money4(cost.per_dose),
                "per_day": _money4(cost.per_day),
                "per_week": _money4(cost.per_week),
                "per_mg": _money4(cost.per_mg),
                "margin": known_dollars(cost.margin_cents),
            }
            for cost in row.programs
        ],
        "cheapest": row.cheapest,
        "break_even": [
            {
                "pass_through": pair.pass_through,
                "aggregate": pair.aggregate,
                "price": known_dollars(pair.price_cents),
                "flips_at_spend": known_dollars(pair.flips_at_spend_cents),
            }
            for pair in row.break_even
        ],
    }


def _money4(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.4f}"


def planned(run: Run) -> Answer:
    """What every program costs at a monthly spend, and where the cheapest changes."""
    require(run.person, Action.SEE_COSTS)
    answer = plans(run.context.programs_on(run.days.placing_day), run.arguments.spend)
    return Answer(
        {
            "spend": dollars(answer.spend_cents),
            "costs": [{"program": cost.program, "cost": dollars(cost.cost_cents)} for cost in answer.costs],
            "cheapest": list(answer.cheapest),
            "crossings": [
                {"spend": dollars(crossing.spend_cents), "from": crossing.before, "to": crossing.after}
                for crossing in answer.crossings
            ],
        }
    )


def sig(run: Run) -> Answer | Iterable[Mapping[str, Any]]:
    """Directions read; ``-`` reads one a line from standard input and answers one object a line."""
    if run.arguments.quantity < 1:
        raise bad_argument("--quantity", run.arguments.quantity, "is not a whole number from 1")
    sku = _sku(run) if run.arguments.sku else None
    if run.arguments.text != "-":
        return Answer(reading_json(read(run.arguments.text, sku), sku, run))
    if isinstance(sys.stdin, io.TextIOWrapper):  # one broken byte spoils its line, not the others
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    answers = lru_cache(_CACHED)(lambda text: reading_json(read(text, sku), sku, run))  # a clinic's lines repeat
    return (answers(line.rstrip("\r\n")) for line in sys.stdin)


def _sku(run: Run) -> Sku:
    try:
        return run.context.skus[run.arguments.sku]
    except KeyError:
        raise bad_argument("--sku", run.arguments.sku, "is not in the catalog") from None


def reading_json(reading: ParsedSig, sku: Sku | None, run: Run) -> dict[str, Any]:
    """A reading as formats.md writes it, with what the SIG gate would say of it."""
    return {
        "text": reading.text,
        "certainty": reading.certainty.value,
        "action": reading.action,
        "route": reading.route,
        "as_needed": reading.as_needed,
        "segments": [_segment(segment) for segment in reading.segments],
        "mg_per_dose": reading.mg_per_dose,
        "ml_per_dose": reading.ml_per_dose,
        "days_supply": days_supply(reading, sku, run.arguments.quantity) if sku else None,
        "unread": list(reading.unread),
        "findings": [finding_json(finding) for finding in _directions_findings(reading.text, sku, run)],
    }


def _directions_findings(text: str, sku: Sku | None, run: Run) -> tuple[Finding, ...]:
    """Findings need the clinic's thresholds; without a SKU there is no clinic to ask, and the defaults hold."""
    if sku is not None:
        return validate_directions(text, sku, run.arguments.quantity, run.context, run.days)
    today = run.now.date()
    return validate_directions(text, None, 1, NO_CLINIC, Days(today, today))


def _segment(segment: Segment) -> dict[str, Any]:
    dose, rate = segment.dose, segment.per_week
    return {
        "step": segment.step,
        "dose": dose and {"low": decimal(dose.low), "high": decimal(dose.high), "unit": dose.unit},
        "per_week": rate and {"low": decimal(rate.low), "high": decimal(rate.high)},
        "days": segment.days,
    }
