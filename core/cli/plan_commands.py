"""Commands that decide and write nothing: due, validate, quote, split, compare, plans, sig."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from functools import lru_cache

from core.cli import json_views
from core.cli.errors import bad_argument
from core.cli.json_views import Json
from core.cli.run import CommandResult, Run
from core.domain.context import Context
from core.domain.model import Clinic, Days, Finding, Severity, Sku
from core.domain.roles import Action, require
from core.rules.due_list import due_list
from core.rules.pauses import pauses
from core.rules.plan import Plan, plan
from core.rules.pricing.comparison import compare
from core.rules.pricing.monthly import plans
from core.rules.sig.reader import read
from core.rules.sig.supply import days_supply
from core.rules.validation import validate_directions
from core.services.clinic_costs import best_program as choose_program

NO_CLINIC = Context(clinic=Clinic(clinic="", name="", state="", time_zone="UTC", program=()))
MOST_WEEKS = 52
_CACHED = 65_536
"""How many different directions of one stream are remembered."""


def due(run: Run) -> CommandResult:
    """Who is due on the refill day, or with ``--weeks`` in the next weeks; and who is paused."""
    require(run.person, Action.WORK_CART)
    weeks, day = run.arguments.weeks, run.days.refill_day
    if weeks is not None and not 1 <= weeks <= MOST_WEEKS:
        raise bad_argument("--weeks", weeks, f"is not a whole number from 1 to {MOST_WEEKS}")
    lines = due_list(run.context, day, weeks * 7 if weeks else None)
    return CommandResult(
        {
            "lines": [line._asdict() | {"kind": line.kind.value} for line in lines],
            "paused": [each._asdict() for each in pauses(run.context, day)],
        }
    )


def _plan(run: Run) -> Plan:
    """The cart file split, validated and priced."""
    require(run.person, Action.WORK_CART)
    return plan(run.cart, run.context, run.program, run.objective, run.days, day_price_cents=run.day_price_cents)


def validate_cart(run: Run) -> CommandResult:
    """Every finding of a cart file."""
    decision = _plan(run)
    blocking = len(decision.open_findings(Severity.BLOCKING))
    warning = len(decision.open_findings(Severity.WARNING))
    return CommandResult(
        {
            "lines": len(run.cart.lines),
            "blocking": blocking,
            "warning": warning,
            "held": sum(line.hold for line in run.cart.lines),
            "hash": decision.hash,
            "findings": [json_views.finding_json(finding) for finding in decision.findings],
        },
        status=1 if blocking or warning else 0,
    )


def quote_cart(run: Run) -> CommandResult:
    """What a cart file costs under one program."""
    return CommandResult(json_views.quote_json(_plan(run).quote))


def split_cart(run: Run) -> CommandResult:
    """Which pharmacy fills each line, and why."""
    return CommandResult(json_views.split_json(_plan(run)))


def compare_skus(run: Run) -> CommandResult:
    """Every SKU under every program."""
    require(run.person, Action.SEE_COSTS)
    units = run.arguments.units
    if units < 1:
        raise bad_argument("--units", units, "is not a whole number from 1")
    rows = compare(run.context, run.days.placing_day, units=units, spend_cents=run.arguments.spend)
    return CommandResult({"skus": [json_views.comparison_json(row) for row in rows]})


def compare_programs(run: Run) -> CommandResult:
    """Every program's own fee at a monthly spend, beside its drug prices at the clinic's orders."""
    require(run.person, Action.SEE_COSTS)
    fees = plans(run.context.programs_on(run.days.placing_day), run.arguments.spend)
    return CommandResult(json_views.plans_json(fees, choose_program(run.store, run.person, run.clinic)))


def best_program(run: Run) -> CommandResult:
    """Which program is cheapest for the clinic, from its own orders; of one drug with ``--drug``."""
    answer = choose_program(run.store, run.person, run.clinic)
    drug = run.arguments.drug
    rows = answer.drug(drug, run.context) if drug else None
    if rows == ():
        raise bad_argument("--drug", drug, "was not ordered in the period")
    return CommandResult(json_views.program_choice_json(answer, rows))


def read_sig(run: Run) -> CommandResult | Iterable[Json]:
    """Directions read; ``-`` reads one a line from standard input and answers one object a line."""
    if run.arguments.quantity < 1:
        raise bad_argument("--quantity", run.arguments.quantity, "is not a whole number from 1")
    sku = _sku(run) if run.arguments.sku else None
    if run.arguments.text != "-":
        return CommandResult(_reading(run.arguments.text, sku, run))
    if isinstance(sys.stdin, io.TextIOWrapper):  # one broken byte spoils its line, not the others
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    readings = lru_cache(_CACHED)(lambda text: _reading(text, sku, run))  # a clinic's lines repeat
    return (readings(line.rstrip("\r\n")) for line in sys.stdin)


def _sku(run: Run) -> Sku:
    try:
        return run.context.skus[run.arguments.sku]
    except KeyError:
        raise bad_argument("--sku", run.arguments.sku, "is not in the catalog") from None


def _reading(text: str, sku: Sku | None, run: Run) -> Json:
    reading = read(text, sku)
    days = days_supply(reading, sku, run.arguments.quantity) if sku else None
    return json_views.reading_json(reading, days, _directions_findings(reading.text, sku, run))


def _directions_findings(text: str, sku: Sku | None, run: Run) -> tuple[Finding, ...]:
    """Findings need the clinic's thresholds; without a SKU there is no clinic to ask, and the defaults hold."""
    if sku is not None:
        return validate_directions(text, sku, run.arguments.quantity, run.context, run.days)
    today = run.now.date()
    return validate_directions(text, None, 1, NO_CLINIC, Days(today, today))
