"""Commands that place orders and follow them, and that pause patients: place, pause, resume, stop, track, event,
cancel, resubmit, refund, resolve."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from core.adapters.files.tables import too_large
from core.cli import json_views
from core.cli.errors import bad_argument
from core.cli.run import CommandResult, Run
from core.domain.errors import BadCell, BadInput, Blocked, Differs
from core.domain.model import Override
from core.domain.text_limits import why_no_key
from core.services import checkout, pauses
from core.services.checkout import Confirmation
from core.services.orders import recovery, views
from core.services.orders.events import read_event, record_event


def place(run: Run) -> CommandResult:
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
        receipt = checkout.place(run.store, run.person, run.clinic, confirmation)
    except (Blocked, Differs) as refusal:
        return CommandResult(json_views.refusal_json(refusal), status=1)
    return CommandResult(json_views.receipt_json(receipt))


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
    parts = re.fullmatch(r"([0-9]{1,6}):(.+)", text.strip(), re.DOTALL)
    if parts is None:
        raise bad_argument(option, text, "is not LINE:CODE, such as 3:LICENCE_EXPIRING")
    return int(parts[1]), parts[2]


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


def _override_of_one(text: str) -> Override:
    """``CODE=REASON`` of a command about one line; a line's number before the code is taken too."""
    return _override(text if re.match(r"\s*\d+\s*:", text) else f"1:{text}")


_CONFIRMED = re.compile(r"(?P<reason>.*?)[,;]?\s*confirmed by (?P<by>.+?) on (?P<on>\d{4}-\d{2}-\d{2})", re.IGNORECASE)


def track(run: Run) -> CommandResult:
    """Every line's state and history."""
    return _tracking(run, run.arguments.reference)


def _tracking(run: Run, reference: str | None) -> CommandResult:
    return CommandResult(json_views.tracking_json(views.track(run.store, run.person, run.clinic, reference)))


def event(run: Run) -> CommandResult:
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
    recorded = read_event(file.name, data, ZoneInfo(run.context.clinic.time_zone))
    record_event(run.store, run.person, run.clinic, recorded)
    return _tracking(run, recorded.reference)


def pause(run: Run) -> CommandResult:
    """Pause a patient, or one prescription, until a day."""
    given = run.arguments
    pauses.pause(run.store, run.person, run.clinic, given.patient, given.rx, until=given.until, reason=given.reason)
    return CommandResult({"patient": given.patient, "rx": given.rx, "paused_until": given.until})


def resume(run: Run) -> CommandResult:
    """End a pause now."""
    pauses.resume(run.store, run.person, run.clinic, run.arguments.patient, run.arguments.rx)
    return CommandResult({"patient": run.arguments.patient, "rx": run.arguments.rx, "paused_until": None})


def stop(run: Run) -> CommandResult:
    """Stop a prescription from today on, or make a patient inactive."""
    given = run.arguments
    pauses.stop(run.store, run.person, run.clinic, given.patient, given.rx, reason=given.reason)
    return CommandResult({"patient": given.patient, "rx": given.rx, "stopped": True})


def cancel(run: Run) -> CommandResult:
    """Cancel a line at once, or ask the pharmacy for it."""
    recovery.cancel(run.store, run.person, run.clinic, run.arguments.reference, run.arguments.reason)
    return _tracking(run, run.arguments.reference)


def resubmit(run: Run) -> CommandResult:
    """Send a rejected or returned line again."""
    given = run.arguments
    days = run.days if given.on or given.at else None
    try:
        recovery.resubmit(
            run.store, run.person, run.clinic, given.reference,
            pharmacy=given.pharmacy, rx=given.rx, expected_cents=given.expect, days=days,
            overrides=tuple(_override_of_one(text) for text in given.override),
        )  # fmt: skip
    except (Blocked, Differs) as refusal:
        return CommandResult(json_views.refusal_json(refusal), status=1)
    return _tracking(run, given.reference)


def refund(run: Run) -> CommandResult:
    """Give back what was captured for a line."""
    given = run.arguments
    recovery.refund(run.store, run.person, run.clinic, given.reference, given.amount, given.reason)
    return _tracking(run, given.reference)


def resolve(run: Run) -> CommandResult:
    """Settle an unknown submission or a cancel request."""
    given = run.arguments
    outcome = recovery.Resolution(given.outcome)
    recovery.resolve(run.store, run.person, run.clinic, given.reference, outcome, given.reason)
    return _tracking(run, given.reference)
