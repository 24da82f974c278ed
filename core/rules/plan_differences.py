"""What a person saw of a cart beside what it is now: everything that differs, both sides (rules.md, section 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from core.domain.model import DifferenceValue, PlanDifference, Quote, RoutedLine
from core.rules.plan import Plan


class ShownLine(NamedTuple):
    """A line as it was shown: who fills it, what it costs and when it comes; None where nobody fills it."""

    number: int
    sku: str
    quantity: int
    hold: bool
    pharmacy: str | None
    landed_cents: int | None
    ships_on: date | None
    delivers_on: date | None
    findings: frozenset[str]


class ShownPlan(NamedTuple):
    """What a person confirms: the checkout's amounts, and its lines by the store's id, else by number."""

    amounts: Mapping[str, int]
    lines: Mapping[str, ShownLine]


def shown_plan(plan: Plan) -> ShownPlan:
    """What is shown of a plan."""
    costs = {line.line: line.landed_cents for line in plan.quote.lines}
    codes: dict[int, set[str]] = {}
    for finding in plan.findings:
        codes.setdefault(finding.line, set()).add(finding.code)
    lines = {
        routed.line.id or str(routed.line.number): _line(routed, costs, codes.get(routed.line.number, ()))
        for routed in plan.split.lines
    }
    return ShownPlan(amounts(plan.quote), lines)


def _line(routed: RoutedLine, costs: Mapping[int, int], codes: Iterable[str]) -> ShownLine:
    line, promise = routed.line, routed.promise
    return ShownLine(
        number=line.number,
        sku=line.sku,
        quantity=line.quantity,
        hold=line.hold,
        pharmacy=routed.pharmacy,
        landed_cents=costs.get(line.number),
        ships_on=promise.ships_on if promise else None,
        delivers_on=promise.delivers_on if promise else None,
        findings=frozenset(codes),
    )


def amounts(quote: Quote) -> dict[str, int]:
    """The checkout's amounts as a bill names them, in cents."""
    return {name: getattr(quote, field) for name, field in _AMOUNTS.items()}


_AMOUNTS: Final = {
    "medication": "medication_cents",
    "program fee": "program_fee_cents",
    "shipping": "shipping_cents",
    "encounters": "encounters_cents",
    "processing": "processing_cents",
    "total": "total_cents",
}


def differences(before: ShownPlan, now: ShownPlan) -> tuple[PlanDifference, ...]:
    """Everything that is not as it was seen: amounts first, then lines in their order."""
    changed = [
        PlanDifference(None, name, before.amounts[name], now.amounts[name])
        for name in _AMOUNTS
        if before.amounts[name] != now.amounts[name]
    ]
    rows = [*now.lines.items(), *((key, line) for key, line in before.lines.items() if key not in now.lines)]
    for key, _ in sorted(rows, key=lambda row: row[1].number):
        changed += _of_line(before.lines.get(key), now.lines.get(key))
    return tuple(changed)


def _of_line(before: ShownLine | None, now: ShownLine | None) -> Iterator[PlanDifference]:
    if before is None or now is None:
        number = before.number if before else now.number if now else 0
        yield PlanDifference(number, "line", before and _line_words(before), now and _line_words(now))
        return
    for aspect, value in _VALUES.items():
        if value(before) != value(now):
            yield PlanDifference(now.number, aspect, value(before), value(now))
    for code in sorted(before.findings ^ now.findings):
        disappeared = code in before.findings
        yield PlanDifference(now.number, "finding", code if disappeared else None, None if disappeared else code)


def _line_words(line: ShownLine) -> str:
    return f"{line.quantity} × {line.sku}"


_VALUES: Final[Mapping[str, Callable[[ShownLine], DifferenceValue]]] = {
    "line": _line_words,
    "hold": lambda line: "held" if line.hold else "not held",
    "pharmacy": lambda line: line.pharmacy,
    "cost": lambda line: line.landed_cents,
    "ships on": lambda line: line.ships_on,
    "delivers on": lambda line: line.delivers_on,
}
