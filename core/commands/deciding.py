"""Commands that read and decide, and write nothing: due, validate, quote, split, compare, plans, sig."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from core.commands.run import Answer, Run, bad_argument
from core.model import Finding, Objective, QuoteLine, RoutedLine, Severity, Sku
from core.money import dollars
from core.people import Action, require
from core.plan import Plan, plan
from core.prescribing import due_list
from core.pricing import SkuComparison, compare, plans
from core.sig import Reading, days_supply, read


def due(run: Run) -> Answer:
    """Who is due on the refill day."""
    require(run.person, Action.SEE_CART)
    lines = due_list(run.context, run.days.refill_day)
    return Answer({"lines": [line._asdict() | {"kind": line.kind.value} for line in lines]})


def decided(run: Run) -> Plan:
    """The cart file split, validated and priced."""
    require(run.person, Action.SEE_CART)
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
    assert routed.promise is not None  # a filled line has its dates
    return {
        "line": routed.line.number,
        "pharmacy": routed.pharmacy,
        "ships_on": routed.promise.ships_on,
        "delivers_on": routed.promise.delivers_on,
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
    rows = compare(run.context, run.days.placing_day, units=run.arguments.units, spend_cents=run.arguments.spend)
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
                "unit_cost": _dollars(cost.unit_cost_cents),
                "unit_landed": _dollars(cost.unit_landed_cents),
                "per_dose": _money4(cost.per_dose),
                "per_day": _money4(cost.per_day),
                "per_week": _money4(cost.per_week),
                "per_mg": _money4(cost.per_mg),
                "margin": _dollars(cost.margin_cents),
            }
            for cost in row.programs
        ],
        "cheapest": row.cheapest,
        "break_even": [
            {
                "pass_through": pair.pass_through,
                "aggregate": pair.aggregate,
                "price": _dollars(pair.price_cents),
                "flips_at_spend": _dollars(pair.flips_at_spend_cents),
            }
            for pair in row.break_even
        ],
    }


def _dollars(cents: int | None) -> str | None:
    return None if cents is None else dollars(cents)


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
    sku = _sku(run) if run.arguments.sku else None
    if run.arguments.text != "-":
        return Answer(reading_json(read(run.arguments.text, sku), sku, run))
    return (reading_json(read(line.rstrip("\r\n"), sku), sku, run) for line in sys.stdin)


def _sku(run: Run) -> Sku:
    try:
        return run.context.skus[run.arguments.sku]
    except KeyError:
        raise bad_argument("--sku", run.arguments.sku, "is not in the catalog") from None
