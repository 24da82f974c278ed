"""What commands answer, as docs/formats.md writes it: money as text in dollars, nothing as null."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.adapters.store.order_views import HistoryRow
from core.cli.output import known_dollars
from core.domain.errors import Blocked, Differs
from core.domain.model import DifferenceValue, Finding, Objective, Quote, RoutedLine
from core.domain.money import dollars
from core.rules.plan import Plan
from core.rules.pricing.comparison import SkuComparison
from core.rules.pricing.monthly import Plans
from core.rules.pricing.program_choice import DrugChoice, ProgramChoice
from core.rules.sig import ParsedSig, Segment, decimal
from core.services.checkout import Receipt
from core.services.orders.views import TrackedLine, Tracking

Json = dict[str, Any]


def fields_of(row: object, *names: str) -> Json:
    """The fields as they are."""
    return {name: getattr(row, name) for name in names}


def texts_of(row: object, *names: str) -> Json:
    """Fields of text; empty is null."""
    return {name: getattr(row, name) or None for name in names}


def dollars_of(row: object, *names: str) -> Json:
    """``medication`` of ``row.medication_cents``, and so on; null where there is no amount."""
    return {name: known_dollars(getattr(row, f"{name}_cents")) for name in names}


def finding_json(finding: Finding) -> Json:
    """A finding and what would fix it."""
    return {
        **fields_of(finding, "line", "held", "code", "severity", "field", "message", "owner"),
        "fixes": [{"label": fix.label, "change": dict(fix.change)} for fix in finding.fixes],
    }


def quote_json(quote: Quote) -> Json:
    """What a cart costs, and each line's part of it."""
    parts = ("medication", "program_fee", "encounter", "shipping", "processing", "landed", "unit_landed")
    return {
        **fields_of(quote, "program", "kind"),
        **dollars_of(quote, "medication", "program_fee", "encounters", "shipping", "processing", "total"),
        "lines": [
            {**fields_of(line, "line", "pharmacy", "quantity"), **dollars_of(line, *parts)} for line in quote.lines
        ],
    }


def split_json(plan: Plan) -> Json:
    """Which pharmacy fills each line, and who else could."""
    split = plan.split
    landed = {line.line: line.landed_cents for line in plan.quote.lines}
    bound: Any = split.bound if split.objective is Objective.FASTEST else dollars(split.bound)
    return {
        "objective": split.objective,
        "total": dollars(split.total_cents),
        "bound": bound,
        **fields_of(split, "proven", "seconds"),
        "lines": [_routed_line(line, landed[line.line.number]) for line in split.filled],
        "unfilled": [{"line": line.line.number, "codes": line.codes} for line in split.unfilled],
    }


def _routed_line(routed: RoutedLine, landed_cents: int) -> Json:
    dates = routed.promise
    return {
        "line": routed.line.number,
        "pharmacy": routed.pharmacy,
        "ships_on": dates and dates.ships_on,
        "delivers_on": dates and dates.delivers_on,
        "landed": dollars(landed_cents),
        "alternatives": [
            {"pharmacy": other.pharmacy, **dollars_of(other, "extra_cost"), "extra_days": other.extra_days}
            for other in routed.alternatives
        ],
        "refused": [{"pharmacy": other.pharmacy, "codes": other.codes} for other in routed.refused],
    }


def comparison_json(row: SkuComparison) -> Json:
    """A SKU under every program."""
    return {
        **fields_of(row, "sku", "name"),
        "programs": [
            {
                **fields_of(cost, "program", "kind", "pharmacy"),
                **dollars_of(cost, "unit_cost", "unit_landed"),
                **{name: _four_decimals(getattr(cost, name)) for name in ("per_dose", "per_day", "per_week", "per_mg")},
                **dollars_of(cost, "margin"),
            }
            for cost in row.programs
        ],
        "cheapest": row.cheapest,
        "break_even": [
            {**fields_of(pair, "pass_through", "aggregate"), **dollars_of(pair, "price", "flips_at_spend")}
            for pair in row.break_even
        ],
    }


def _four_decimals(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.4f}"


def program_choice_json(answer: ProgramChoice, drug: Sequence[DrugChoice] | None) -> Json:
    """Every program for the clinic's own orders, the best first; of one drug where it is asked for."""
    return {
        "first": answer.first.isoformat(),
        "last": answer.last.isoformat(),
        "lines": answer.lines,
        "now": answer.used,
        "cheapest": [row.program for row in answer.best] or answer.used,
        "programs": [
            {
                "program": row.program,
                "kind": row.kind.value,
                "saving_a_month": dollars(row.month_cents),
                "best_routed_saving_a_month": dollars(row.routed_cents),
                "months": {f"{month:%Y-%m}": dollars(cents) for month, cents in row.by_month.items()},
                "lines": row.lines,
                "without_price": row.left_out,
                "even_if_prices_change_by": _change(row.even_at),
            }
            for row in answer.ranked
        ],
    } | ({} if drug is None else {"drug": [_drug_json(row) for row in drug]})


def _change(share: Fraction | None) -> float | None:
    return None if share is None else float(round(share, 4))


def _drug_json(row: DrugChoice) -> Json:
    return {
        "program": row.program,
        "saving_a_month": dollars(row.month_cents),
        "lines": row.lines,
        "without_price": row.left_out,
        "even_if_prices_change_by": _change(row.even_at),
        "even_at": {sku: dollars(cents) for sku, cents in row.even_cents.items()},
    }


def plans_json(plans: Plans, own: ProgramChoice) -> Json:
    """Every program's own fee in a month, beside what its drug prices save at the clinic's orders; where the lowest fee
    changes."""
    drugs = {row.program: dollars(own.a_month(row.saving.drug_cents)) for row in own.ranked if row.lines}
    return {
        **dollars_of(plans, "spend"),
        "costs": [
            {"program": cost.program, **dollars_of(cost, "cost"), "drug_saving_a_month": drugs.get(cost.program)}
            for cost in plans.costs
        ],
        "cheapest": plans.cheapest,
        "crossings": [
            {**dollars_of(crossing, "spend"), "from": crossing.before, "to": crossing.after}
            for crossing in plans.crossings
        ],
    }


def reading_json(reading: ParsedSig, days_supply: int | None, findings: tuple[Finding, ...]) -> Json:
    """Directions as they were read, and what the SIG gate says of them."""
    return {
        **fields_of(reading, "text", "certainty", "action", "route", "route_from_sku", "as_needed"),
        "segments": [_segment(segment) for segment in reading.segments],
        "mg_per_dose": reading.mg_per_dose,
        "ml_per_dose": reading.ml_per_dose,
        "days_supply": days_supply,
        "unread": reading.unread,
        "findings": [finding_json(finding) for finding in findings],
    }


def _segment(segment: Segment) -> Json:
    dose, rate = segment.dose, segment.per_week
    return {
        "step": segment.step,
        "dose": dose and {"low": decimal(dose.low), "high": decimal(dose.high), "unit": dose.unit},
        "per_week": rate and {"low": decimal(rate.low), "high": decimal(rate.high)},
        "days": segment.days,
    }


def receipt_json(receipt: Receipt) -> Json:
    """A placed checkout."""
    orders = [
        {**fields_of(order, "reference", "pharmacy"), **dollars_of(order, "total"), "lines": order.lines}
        for order in receipt.pharmacy_orders
    ]
    return {
        "checkout": receipt.checkout,
        **dollars_of(receipt, "total"),
        "pharmacy_orders": orders,
        "held": receipt.held,
    }


def refusal_json(refusal: Blocked | Differs) -> Json:
    """Why nothing was placed: findings in the way, or what is not as it was confirmed."""
    differs = refusal if isinstance(refusal, Differs) else None
    return {
        "refused": type(refusal).__name__,
        "message": str(refusal),
        "findings": [finding_json(finding) for finding in refusal.findings],
        "expected": differs and known_dollars(differs.expected_cents),
        "actual": differs and known_dollars(differs.actual_cents),
        "differences": [
            {"line": row.line, "what": row.aspect, "expected": _side(row.expected), "actual": _side(row.actual)}
            for row in (differs.differences if differs else ())
        ],
    }


def _side(value: DifferenceValue) -> DifferenceValue:
    return dollars(value) if isinstance(value, int) else value


def tracking_json(tracking: Tracking) -> Json:
    """Every line's state and history, and the events that match none."""
    return {
        "lines": [_tracked_line(line) for line in tracking.lines],
        "misfits": [{"id": row.event, "reference": row.reference} | _history(row) for row in tracking.unmatched],
    }


def _tracked_line(line: TrackedLine) -> Json:
    return {
        **fields_of(line, "reference", "attempt", "state", "submission_state", "pharmacy"),
        **texts_of(line, "tracking", "reason"),
        **dollars_of(line, "authorised", "captured", "released", "refunded"),
        "history": [_history(row) for row in line.history],
    }


def _history(row: HistoryRow) -> Json:
    names = ("attempt", "status", "at", "recorded_at", "recorded_by", "outcome", "implied")
    return fields_of(row, *names) | texts_of(row, "note", "tracking", "reason")
