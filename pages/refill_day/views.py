"""The cart's lines as the page shows them: each with its costs, findings and state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from core.adapters.store.values import StoredQuestion
from core.domain.context import Context
from core.domain.model import CartLine, Finding, QuoteLine, RoutedLine, Severity
from core.rules.due_list import supply_ends
from core.rules.plan import Plan
from core.services.cart.contents import OpenCart
from pages.shared.formats import amount, day, pharmacy_name, sku_name


class CartLineState(StrEnum):
    """What a line waits for."""

    TO_FIX = "To fix"
    WARNING = "Warning"
    HELD = "Held"
    READY = "Ready"


class LineFilter(StrEnum):
    """Which lines are shown."""

    ALL = "All"
    TO_FIX = "To fix"
    WARNINGS = "Warnings"
    HELD = "Held"
    ACKNOWLEDGED = "Acknowledged"


class LineView(NamedTuple):
    """One line of the cart. ``open`` are the findings that stop it, ``answered`` those that somebody acknowledged or
    overrode; a held line has its findings in ``findings`` alone. ``questions`` were asked about it, oldest first;
    ``supply_ends`` is None where nobody knows."""

    routed: RoutedLine
    cost: QuoteLine | None
    findings: tuple[Finding, ...]
    open: tuple[Finding, ...]
    state: CartLineState
    patient: str
    sku: str
    questions: tuple[StoredQuestion, ...] = ()
    supply_ends: date | None = None

    @property
    def waiting_for(self) -> tuple[StoredQuestion, ...]:
        """What was asked about it and nobody has answered."""
        return tuple(question for question in self.questions if question.answer is None)

    @property
    def gap_days(self) -> int:
        """Days without medication between the end of the supply and the delivery that the split promises."""
        promise = self.routed.promise
        if promise is None or self.supply_ends is None:
            return 0
        return max((promise.delivers_on - self.supply_ends).days, 0)

    @property
    def line(self) -> CartLine:
        """The cart's line itself."""
        return self.routed.line

    @property
    def answered(self) -> tuple[Finding, ...]:
        """Findings that somebody acknowledged or overrode."""
        return () if self.line.hold else tuple(finding for finding in self.findings if finding not in self.open)

    @property
    def title(self) -> str:
        """``Line 7 · Rivera, Ana · Tirzepatide 10 mg/mL, 2 mL``."""
        return f"Line {self.line.number} · {self.patient} · {self.sku}"


def views_of(opened: OpenCart, plan: Plan) -> list[LineView]:
    """Every line, in the cart's order."""
    unanswered = by_line(plan.unanswered(opened.acknowledged, opened.overridden))
    findings = by_line(plan.findings)
    costs = {cost.line: cost for cost in plan.quote.lines}
    routed = sorted(plan.split.lines, key=lambda line: line.line.number)
    return [
        _view(
            line,
            costs.get(line.line.number),
            findings.get(line.line.number, ()),
            unanswered.get(line.line.number, ()),
            opened,
        )
        for line in routed
    ]


def by_line(findings: Iterable[Finding]) -> dict[int, tuple[Finding, ...]]:
    """Findings by line number, in their order."""
    grouped: dict[int, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.line, []).append(finding)
    return {number: tuple(rows) for number, rows in grouped.items()}


def _view(
    routed: RoutedLine,
    cost: QuoteLine | None,
    findings: tuple[Finding, ...],
    unanswered: tuple[Finding, ...],
    opened: OpenCart,
) -> LineView:
    line, context = routed.line, opened.context
    patient = context.patients.get(line.patient)
    return LineView(
        routed=routed,
        cost=cost,
        findings=findings,
        open=unanswered,
        state=_state(routed, unanswered),
        patient=patient.name if patient else line.patient,
        sku=sku_name(line.sku, context),
        questions=tuple(question for question in opened.questions if question.line == line.id),
        supply_ends=supply_ends(line, context, opened.cart.refill_day),
    )


def _state(routed: RoutedLine, unanswered: Sequence[Finding]) -> CartLineState:
    if routed.line.hold:
        return CartLineState.HELD
    if not routed.filled or any(finding.severity is Severity.BLOCKING for finding in unanswered):
        return CartLineState.TO_FIX
    return CartLineState.WARNING if unanswered else CartLineState.READY


def filtered(views: Iterable[LineView], show: str, search: str) -> list[LineView]:
    """The lines of a filter, each of which has every searched word somewhere in its names and codes."""
    words = search.casefold().split()
    return [view for view in views if _in(view, show) and all(word in _searched(view) for word in words)]


def _in(view: LineView, show: str) -> bool:
    states = {
        LineFilter.TO_FIX: CartLineState.TO_FIX,
        LineFilter.WARNINGS: CartLineState.WARNING,
        LineFilter.HELD: CartLineState.HELD,
    }
    if show == LineFilter.ACKNOWLEDGED:
        return bool(view.answered)
    return show == LineFilter.ALL or view.state is states.get(LineFilter(show))


def _searched(view: LineView) -> str:
    line = view.line
    parts = (view.patient, line.patient, view.sku, line.sku, line.rx or "", view.routed.pharmacy or "")
    return " ".join(parts).casefold()


SIGNS = {
    CartLineState.TO_FIX: ":material/error: To fix",
    CartLineState.WARNING: ":material/warning: Warning",
    CartLineState.HELD: ":material/pause_circle: Held",
    CartLineState.READY: ":material/check_circle: Ready",
}


def grid_row(view: LineView, context: Context, placing_day: date, refill_day: date) -> dict[str, object]:
    """The line's cells in the grid."""
    line, promise = view.line, view.routed.promise
    patient = context.patients.get(line.patient)
    born = patient.born_on if patient else None
    return {
        "Status": SIGNS[view.state],
        "Line": line.number,
        "Patient": view.patient if born is None else f"{view.patient} · {born:%Y-%m-%d}",
        "SKU": view.sku,
        "Quantity": line.quantity,
        "Hold": line.hold,
        "Finding": first_finding(view, context, placing_day, refill_day),
        "Pharmacy": pharmacy_name(view.routed.pharmacy, context) if view.routed.pharmacy else None,
        "Pin": line.pharmacy,
        "Delivers": promise.delivers_on if promise else None,
        "Supply ends": view.supply_ends,
        "Gap": view.gap_days or None,
        "Landed": amount(view.cost.landed_cents) if view.cost else None,
        "Directions": line.sig,
    }


def first_finding(view: LineView, context: Context, placing_day: date, refill_day: date) -> str | None:
    """Why a line is held; the first finding that waits for somebody, else the answered one, else the price's end."""
    if view.line.hold:
        return held_reason(view)
    if first := next(iter(view.open), None):
        more = len(view.open) - 1
        return first.message + (f" (and {more} more)" if more else "")
    if view.answered:
        return f"Answered: {view.answered[0].message}"
    return price_end(view, context, placing_day, refill_day)


def held_reason(view: LineView) -> str:
    """Why a held line is held: what it waits for, what was answered, what is wrong, or that a person held it."""
    if waiting := view.waiting_for:
        return f"Waiting for the {waiting[0].asked_of.value}: {waiting[0].question}"
    if view.questions:
        return f"Answered: {view.questions[-1].answer}"
    if view.findings:
        more = f" (and {len(view.findings) - 1} more)" if len(view.findings) > 1 else ""
        return f"{view.findings[0].message}{more}"
    return "Held by hand; nobody was asked."


def price_end(view: LineView, context: Context, placing_day: date, refill_day: date) -> str | None:
    """That the offer behind the line ends before the refill day; None where it does not."""
    if view.routed.pharmacy is None:
        return None
    ends = context.offer_ends(view.routed.pharmacy, view.line.sku, placing_day)
    return f"Price ends on {day(ends)}." if ends and ends < refill_day else None
