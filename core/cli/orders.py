"""Commands that place orders and follow them: place, track, event, cancel, resubmit, refund, resolve."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.adapters.files.tables import too_large
from core.adapters.store.order_views import HistoryRow
from core.cli.decisions import finding_json
from core.cli.output import known_dollars
from core.cli.run import Answer, Run, bad_argument
from core.domain.errors import BadCell, BadInput, Blocked, Differs
from core.domain.model import DifferenceValue, Override
from core.domain.money import dollars
from core.domain.text_limits import why_no_key
from core.services.checkout import Confirmation
from core.services.checkout import place as place_cart
from core.services.orders import recovery
from core.services.orders import views as tracking
from core.services.orders.events import read_event, record_event


def place(run: Run) -> Answer:
    """Check a cart file out, once."""
    if run.arguments.key is not None and (reason := why_no_key(run.arguments.key)):
        raise bad_argument("--key", None, reason)
    confirmation = Confirmation(
        cart=run.cart,
        program=run.program.program,
        objective=run.objective,
        days=run.days,
        day_price_cents=run.day_price_cents,
        expected_cents=run.arguments.expect,
        hash=run.arguments.hash,
        acknowledged=_acknowledged(run.arguments.acknowledge, run.arguments.hash),
        overrides=tuple(_override(text) for text in run.arguments.override),
        key=run.arguments.key,
    )
    try:
        receipt = place_cart(run.store, run.person, run.clinic, confirmation)
    except (Blocked, Differs) as no:
        return Answer(_refused(no), status=1)
    return Answer(
        {
            "checkout": receipt.checkout,
            "total": dollars(receipt.total_cents),
            "pharmacy_orders": [
                {
                    "reference": order.reference,
                    "pharmacy": order.pharmacy,
                    "total": dollars(order.total_cents),
                    "lines": list(order.lines),
                }
                for order in receipt.pharmacy_orders
            ],
            "held": list(receipt.held),
        }
    )


def _acknowledged(text: str | None, cart_hash: str | None) -> frozenset[tuple[int, str]] | None:
    """``L:CODE,...``, or None for ``all``, which needs the hash of what was read."""
    if text is None:
        return frozenset()
    if text == "all":
        if cart_hash is None:
            raise bad_argument("--acknowledge", text, "needs --hash: the hash of the warnings that were read")
        return None
    return frozenset(_line_and_code("--acknowledge", part) for part in text.split(",") if part)


def _line_and_code(option: str, text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]{1,6}):(.+)", text.strip(), re.DOTALL)
    if found is None:
        raise bad_argument(option, text, "is not LINE:CODE, such as 3:LICENCE_EXPIRING")
    return int(found[1]), found[2]


def _override(text: str) -> Override:
    """``L:CODE=REASON``; who confirmed it and when may follow the reason: ``... confirmed by NAME on DATE``."""
    target, _, reason = text.partition("=")
    line, code = _line_and_code("--override", target)
    words = _CONFIRMED.fullmatch(reason)
    if words is None:
        return Override(line, code, reason.strip())
    try:
        confirmed_on = date.fromisoformat(words["on"])
    except ValueError:
        raise bad_argument("--override", text, "its confirmation has no date such as 2026-12-04") from None
    return Override(line, code, words["reason"].strip(), words["by"].strip(), confirmed_on)


_CONFIRMED = re.compile(r"(?P<reason>.*?)[,;]?\s*confirmed by (?P<by>.+?) on (?P<on>\d{4}-\d{2}-\d{2})", re.IGNORECASE)


def _refused(no: Blocked | Differs) -> dict[str, Any]:
    differs = no if isinstance(no, Differs) else None
    return {
        "refused": type(no).__name__,
        "message": str(no),
        "findings": [finding_json(finding) for finding in no.findings],
        "expected": differs and known_dollars(differs.expected_cents),
        "actual": differs and known_dollars(differs.actual_cents),
        "differences": [
            {"line": one.line, "what": one.aspect, "expected": _side(one.expected), "actual": _side(one.actual)}
            for one in (differs.differences if differs else ())
        ],
    }


def _side(value: DifferenceValue) -> DifferenceValue:
    return dollars(value) if isinstance(value, int) else value


def track(run: Run) -> Answer:
    """Every line's state and history."""
    return _tracked(run, run.arguments.reference)


def _tracked(run: Run, reference: str | None) -> Answer:
    found = tracking.track(run.store, run.person, run.clinic, reference)
    return Answer(
        {
            "lines": [_line(line) for line in found.lines],
            "misfits": [{"id": row.event, "reference": row.reference} | _history(row) for row in found.unmatched],
        }
    )


def _line(line: tracking.TrackedLine) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "attempt": line.attempt,
        "state": line.state.value,
        "submission_state": line.submission_state.value,
        "pharmacy": line.pharmacy,
        "tracking": line.tracking or None,
        "reason": line.reason or None,
        "authorised": dollars(line.authorised_cents),
        "captured": dollars(line.captured_cents),
        "released": dollars(line.released_cents),
        "refunded": dollars(line.refunded_cents),
        "history": [_history(row) for row in line.history],
    }


def _history(row: HistoryRow) -> dict[str, Any]:
    return {
        "attempt": row.attempt,
        "status": row.status,
        "at": row.at,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
        "outcome": row.outcome.value,
        "implied": list(row.implied),
        "note": row.note or None,
        "tracking": row.tracking or None,
        "reason": row.reason or None,
    }


def event(run: Run) -> Answer:
    """Record what a pharmacy says, read from a JSON file."""
    file: Path = run.arguments.file
    try:
        if error := too_large(file.name, file.stat().st_size):
            raise BadInput([error])
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError:
        raise BadInput([BadCell(str(file), None, None, None, "cannot be opened")]) from None
    except (ValueError, RecursionError):
        raise BadInput([BadCell(file.name, None, None, None, "is not JSON")]) from None
    told = read_event(file.name, data, ZoneInfo(run.context.clinic.time_zone))
    record_event(run.store, run.person, run.clinic, told)
    return _tracked(run, told.reference)


def cancel(run: Run) -> Answer:
    """Cancel a line at once, or ask the pharmacy for it."""
    recovery.cancel(run.store, run.person, run.clinic, run.arguments.reference, run.arguments.reason)
    return _tracked(run, run.arguments.reference)


def resubmit(run: Run) -> Answer:
    """Send a rejected or returned line again."""
    given = run.arguments
    days = run.days if given.on or given.at else None
    try:
        recovery.resubmit(
            run.store, run.person, run.clinic, given.reference,
            pharmacy=given.pharmacy, expected_cents=given.expect, days=days,
        )  # fmt: skip
    except (Blocked, Differs) as no:
        return Answer(_refused(no), status=1)
    return _tracked(run, given.reference)


def refund(run: Run) -> Answer:
    """Give back what was captured for a line."""
    given = run.arguments
    recovery.refund(run.store, run.person, run.clinic, given.reference, given.amount, given.reason)
    return _tracked(run, given.reference)


def resolve(run: Run) -> Answer:
    """Settle an unknown submission or a cancel request."""
    given = run.arguments
    outcome = recovery.Resolution(given.outcome)
    recovery.resolve(run.store, run.person, run.clinic, given.reference, outcome, given.reason)
    return _tracked(run, given.reference)
