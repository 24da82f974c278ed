"""Commands that place orders and follow them: place, track, event, cancel, resubmit, refund, resolve."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from core.checkout import Confirmation, Override
from core.checkout import place as place_cart
from core.commands.deciding import finding_json
from core.commands.output import known_dollars
from core.commands.run import Answer, Run, bad_argument
from core.errors import Blocked, Differs
from core.money import dollars


def place(run: Run) -> Answer:
    """Check a cart file out, once."""
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
    line, _, code = text.strip().partition(":")
    if not line.isdigit() or not code:
        raise bad_argument(option, text, "is not LINE:CODE, such as 3:LICENCE_EXPIRING")
    return int(line), code


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
    }
