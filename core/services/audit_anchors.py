"""The end of the audit trail, kept outside the store.

Nothing follows the newest entry, so only an anchor shows that the last entries, or all of them, were deleted, or that
everything was hashed anew after an edit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from core.adapters.anchors import keep, kept
from core.adapters.secrets import secret
from core.adapters.store import Store, audits
from core.domain.errors import Refused
from core.services.audit_trail import FIRST, AuditCheck, verify_audit

KEY_NAME: Final = "REFILL_ANCHOR_KEY"
"""The name of the secret that signs anchors."""
FILE_NAME: Final = "REFILL_ANCHORS"
"""The environment variable that says in which file the worker keeps them."""
SHORTEST_KEY: Final = 32


class Anchor(NamedTuple):
    """How many entries a clinic's trail had at an instant (ISO, UTC), and the newest one's hash."""

    clinic: str
    entries: int
    head: str
    at: str


def anchor(store: Store, file: Path) -> list[Anchor]:
    """Sign and keep where every clinic's trail ends now. Raises Refused without a key, BadInput for the file."""
    key, anchors = _key(), []
    for clinic in store.clinics():
        with store.read(clinic) as work:
            number, head = audits.last_entry(work) or (0, FIRST)
            anchors.append(Anchor(clinic, number, head, work.now().isoformat()))
    keep(file, [_line(each, key) for each in anchors])
    return anchors


def anchor_daily(store: Store, last: datetime | None) -> datetime | None:
    """What a worker does each day where it is told a file; when it was done last."""
    file, now = os.environ.get(FILE_NAME), store.clock()
    if not file or (last is not None and last.date() == now.date()):
        return last
    anchor(store, Path(file))
    return now


def verify_anchors(store: Store, clinic: str, file: Path) -> AuditCheck:
    """As ``verify_audit``, and held against every anchor of the clinic. Raises as ``anchor`` does."""
    key = _key()
    lines = [_read(line, key) for line in kept(file)]
    check = verify_audit(store, clinic)
    if None in lines:
        return check._replace(problem=f"Anchor {lines.index(None) + 1} of {file.name} was changed or not signed by us.")
    anchors = [each for each in lines if each is not None and each.clinic == clinic]
    if not anchors:
        return check._replace(problem=f"{file.name} has no anchor of this clinic.")
    with store.read(clinic) as work:
        hashes = audits.hashes(work, {each.entries for each in anchors})
    problem = check.problem or _against(anchors, {0: FIRST} | hashes, check.entries)
    return check._replace(problem=problem)


def _against(anchors: Sequence[Anchor], hashes: dict[int, str], entries: int) -> str | None:
    sound = 0
    for each in anchors:
        if each.entries > entries:
            which = "All entries" if entries == 0 else f"Entries {entries + 1} to {each.entries}"
            return f"{which} are missing: the anchor of {each.at} counted {each.entries}."
        if hashes[each.entries] != each.head:
            return f"Entries {sound + 1} to {each.entries} are not those of the anchor of {each.at}: hashed anew."
        sound = each.entries
    return None


def _key() -> bytes:
    key = secret(KEY_NAME) or ""
    if len(key) < SHORTEST_KEY:
        raise Refused(
            f"The secret {KEY_NAME}, which signs anchors, is missing or shorter than {SHORTEST_KEY} characters."
        )
    return key.encode()


def _signature(each: Anchor, key: bytes) -> str:
    return hmac.new(key, json.dumps(each).encode(), hashlib.sha256).hexdigest()


def _line(each: Anchor, key: bytes) -> str:
    return json.dumps({**each._asdict(), "signature": _signature(each, key)})


def _read(line: str, key: bytes) -> Anchor | None:
    """The anchor of a line; None where it is none, or another key has signed it."""
    try:
        cells = json.loads(line)
        signature, each = str(cells.pop("signature")), Anchor(**cells)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return each if hmac.compare_digest(signature.encode(), _signature(each, key).encode()) else None
