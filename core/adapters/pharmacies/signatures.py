"""How a pharmacy's push proves who sent it: HMAC-SHA256 over its time and its bytes, a bearer token, or Basic. Pure but
for ``pusher``, the sending side that the practice pharmacy uses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.domain.partners.link import Authentication

TIMESTAMP: Final = "X-Timestamp"
SIGNATURE: Final = "X-Signature"
WINDOW_SECONDS: Final = 300
"""How far a signed push's time may be from ours: an older one may be somebody's copy."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the HMAC in hexadecimal of the timestamp (seconds since 1970), a dot, and the body's bytes."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def why_not_theirs(
    method: Authentication, secret: str, headers: Mapping[str, str], body: bytes, now_seconds: float
) -> str | None:
    """Why a push cannot be believed; None for one that can. Compared in constant time. ``headers`` ignore case."""
    if method is Authentication.HMAC:
        timestamp = headers.get(TIMESTAMP) or ""
        if not same(headers.get(SIGNATURE) or "", signature(secret, timestamp, body)):
            return "The signature is not that of this body and time."
        late = not timestamp.isdecimal() or abs(now_seconds - int(timestamp[:15])) > WINDOW_SECONDS
        return f"The timestamp is more than {WINDOW_SECONDS} seconds off." if late else None
    expected = f"Bearer {secret}" if method is Authentication.BEARER else f"Basic {b64encode(secret.encode()).decode()}"
    in_header = method in {Authentication.BEARER, Authentication.BASIC}
    proved = in_header and same(headers.get("Authorization") or "", expected)
    return None if proved else "The credentials are not this pharmacy's."


def same(text: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(text.encode("utf-8", "replace"), expected.encode())


def pusher(url: str, secret: str) -> Callable[[Sequence[Mapping[str, Any]]], None]:
    """What sends rows to a receiver, signed, once; it raises nothing for an answer that is a refusal."""
    import httpx

    client = httpx.Client(timeout=10, trust_env=False)

    def push(rows: Sequence[Mapping[str, Any]]) -> None:
        body = json.dumps(rows).encode()
        timestamp = str(int(time.time()))
        signed = {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, body)}
        client.post(url, content=body, headers={"Content-Type": "application/json", **signed})

    return push
