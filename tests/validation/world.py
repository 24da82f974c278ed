"""The clean line of tests/builders.py with something changed, routed by hand and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.domain.context import Context
from core.domain.model import (
    Box,
    CartLine,
    Days,
    Finding,
    Objective,
    OurLine,
    Program,
    Refusal,
    RoutedLine,
    Severity,
    Split,
)
from core.rules.eligibility import FILTERS
from core.rules.ship_dates import promise
from core.rules.validation import validate
from tests.builders import (
    DAYS,
    FRIDAY,
    a_clinic,
    a_context,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescriber,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
)
from tests.eligible import codes_against

Change = Mapping[str, Any]


def world(**change: Any) -> Context:
    """The clean clinic; ``patient``, ``sku``, ``rx``, ``prescriber``, ``licence``, ``pharmacy``, ``offer`` and
    ``clinic`` change the one there is, anything else is a part of the context."""
    prescriber = a_prescriber(**change.pop("prescriber", {}))
    licence = change.pop("licence", None)
    if licence is not None:
        known = {state: row.model_copy(update=licence) for state, row in prescriber.licences.items()}
        prescriber = prescriber.model_copy(update={"licences": known})
    sku, pharmacy = a_sku(**change.pop("sku", {})), a_pharmacy(**change.pop("pharmacy", {}))
    parts = {
        "clinic": a_clinic(**change.pop("clinic", {})),
        "patients": {"P1": a_patient(**change.pop("patient", {}))},
        "skus": {"SEMA": sku},
        "prescribers": {prescriber.npi: prescriber},
        "prescriptions": {"RX1": a_prescription(**change.pop("rx", {}))},
        "pharmacies": {"cedar": pharmacy},
        "offers": (an_offer(**change.pop("offer", {})),),
    }
    for name in ("skus", "patients", "prescriptions", "pharmacies"):
        parts[name] = parts[name] | change.pop(f"more_{name}", {})
    return a_context(**parts | change)


def our_line(**over: Any) -> OurLine:
    """A line placed before, shipped unless ``state`` says otherwise."""
    return OurLine(
        **{"reference": "RD-20261106-01/01", "patient": "P1", "rx": "RX1", "sku": "SEMA", "quantity": 1,
           "pharmacy": "cedar", "state": "delivered", "placed_on": FRIDAY} | over
    )  # fmt: skip


def routed(lines: Iterable[CartLine], context: Context, program: Program, days: Days) -> Split:
    """Each line with the first pharmacy that may fill it; what the split does where nothing is scarce."""
    return Split(
        objective=Objective.CHEAPEST,
        program=program.program,
        lines=tuple(_route(line, context, program, days) for line in lines),
        total_cents=0,
        bound=0,
        proven=True,
        seconds=0.0,
    )


def _route(line: CartLine, context: Context, program: Program, days: Days) -> RoutedLine:
    sku, rx = context.skus.get(line.sku), context.prescriptions.get(line.rx or "")
    pin = line.pharmacy or (rx.rx_pharmacy if rx else None)
    names = sorted({*context.pharmacies, *([pin] if pin else [])})
    codes = {name: codes_against(line, name, context, program, days) for name in names}
    refused = tuple(Refusal(name, failing) for name, failing in codes.items() if failing)
    eligible = [name for name in ([pin] if pin else codes) if not codes[name]]
    if pin and rx and rx.rx_pharmacy not in (None, pin):
        eligible = []
    if sku is None or not eligible or line.hold:
        emptied = codes[pin] if pin else () if eligible else (_emptied(codes),)
        return RoutedLine(line, refused=refused, codes=emptied)
    dates = promise(context.pharmacies[eligible[0]], sku.cold_chain, context, days)
    box = Box(eligible[0], f"patient {line.patient}", sku.cold_chain)
    return RoutedLine(line, pharmacy=eligible[0], box=box, promise=dates, refused=refused)


def _emptied(codes: Mapping[str, tuple[str, ...]]) -> str:
    """The filter that leaves nobody: the last of the first ones that each pharmacy fails."""
    return max((failing[0] for failing in codes.values()), key=FILTERS.index, default="NO_OFFER")


def findings(
    context: Context, *lines: CartLine, days: Days = DAYS, program: Program | None = None
) -> tuple[Finding, ...]:
    """Every finding of a cart of these lines (the clean one without any)."""
    chosen = program or a_program()
    return validate(routed(lines or (a_line(),), context, chosen, days), context, chosen, days)


def short(found: Iterable[Finding]) -> list[str]:
    """``1 B SIG_MISSING``: line, severity, code."""
    letters = {Severity.BLOCKING: "B", Severity.WARNING: "W", Severity.INFO: "I"}
    return [f"{finding.line} {letters[finding.severity]} {finding.code}" for finding in found]


def codes(context: Context, **line: Any) -> list[str]:
    """The findings of the clean line with these fields changed: ``B SIG_MISSING``."""
    return [entry.partition(" ")[2] for entry in short(findings(context, a_line(**line)))]
