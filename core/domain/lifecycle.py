"""The states of a line and of a submission: one table each (rules.md, section 7). Buttons and docs are made from them."""

from __future__ import annotations

from typing import Final

from core.domain.model import LineState as S
from core.domain.model import SubmissionState as T

_AT_PHARMACY: Final = (S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING)
ORDER: Final = (S.PLACED, S.SUBMITTED, S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED)
"""The way of a line that nothing goes wrong with. ``on_hold`` stands beside it."""

NEXT: Final[dict[S, frozenset[S]]] = {
    S.PLACED: frozenset({S.SUBMITTED, S.REJECTED, S.CANCELLED}),
    S.SUBMITTED: frozenset({S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING, S.SHIPPED, S.DELIVERED, S.REJECTED, S.CANCELLED}),
    S.ACCEPTED: frozenset({S.ON_HOLD, S.COMPOUNDING, S.SHIPPED, S.DELIVERED, S.REJECTED, S.CANCELLED}),
    S.ON_HOLD: frozenset({*_AT_PHARMACY, S.SHIPPED, S.DELIVERED, S.REJECTED, S.CANCELLED} - {S.ON_HOLD}),
    S.COMPOUNDING: frozenset({S.ON_HOLD, S.SHIPPED, S.DELIVERED, S.REJECTED, S.CANCELLED}),
    S.SHIPPED: frozenset({S.DELIVERED, S.RETURNED}),
    S.DELIVERED: frozenset({S.RETURNED}),
    S.REJECTED: frozenset({S.PLACED}),
    S.RETURNED: frozenset({S.PLACED}),
    S.CANCELLED: frozenset(),
}

NEXT_SUBMISSION: Final[dict[T, frozenset[T]]] = {
    T.QUEUED: frozenset({T.SENDING, T.WITHDRAWN}),
    T.SENDING: frozenset({T.ACKNOWLEDGED, T.REJECTED, T.UNKNOWN, T.QUEUED}),
    T.UNKNOWN: frozenset({T.ACKNOWLEDGED, T.REJECTED}),
    T.ACKNOWLEDGED: frozenset(),
    T.REJECTED: frozenset(),
    T.WITHDRAWN: frozenset(),
}
"""``sending`` goes back to ``queued`` only when the request certainly never left."""
