"""What a person confirms, as 64 hexadecimal digits: checkout refuses a cart that is no longer this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from core.domain.model import Cart, CartLine, Days, Finding, Objective


def cart_hash(
    cart: Cart, findings: Iterable[Finding], program: str, objective: Objective, day_price_cents: int, days: Days
) -> str:
    """SHA-256 of the canonical JSON of lines, program, objective, day price, days, each finding's line and code, and
    its routing preferences, where there are any.

    The store's ids and versions, the instant of placing, acknowledgements and overrides are left out, so that the same
    cart from a file and from the store, now and in an hour, is the same.
    """
    content = {
        "lines": [_canonical(line) for line in sorted(cart.lines, key=lambda line: line.number)],
        "program": program,
        "objective": objective.value,
        "day_price_cents": day_price_cents,
        "refill_day": days.refill_day.isoformat(),
        "placing_day": days.placing_day.isoformat(),
        "findings": sorted([finding.line, finding.code] for finding in findings),
    }
    if cart.preferences:  # only then: the hash of a cart of which nothing is asked is that of rules.md
        content["constraints"] = sorted([*preference] for preference in cart.preferences)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(line: CartLine) -> list[Any]:
    return [
        line.number,
        line.patient,
        line.sku,
        line.quantity,
        line.rx,
        line.sig,
        line.npi,
        line.pharmacy,
        line.ship_to.value,
        line.hold,
        *([line.note] if line.note else []),  # only then: the hash of lines without one is that of rules.md
    ]
