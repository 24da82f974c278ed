"""Everything that can go wrong on purpose.

RefillDayError
├── BadInput            what somebody gave cannot be read: file, row, column, value, reason (exit status 2)
├── Refused             a rule or a state says no; nothing was written (exit status 1)
│   ├── NotAllowed      the person's role does not include it
│   │   └── AccessEnded the person may do nothing any more: access, role or sign-in is not what it was
│   ├── Stale           somebody else changed it first; carries what it is now
│   ├── Blocked         findings stop the checkout; carries them
│   └── Differs         what would be placed is not what the person confirmed; carries both
└── Unavailable         the store or a partner cannot be reached now; worth trying again

What a cart's line gets wrong is a Finding, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from core.domain.model import Finding, PlanDifference


class BadCell(NamedTuple):
    """One thing that cannot be read; ``row`` counts the header as row 1, None where there is no row."""

    file: str
    row: int | None
    column: str | None
    value: str | None
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row}" if self.row else self.file
        cell = f", {self.column}" + (f" “{self.value}”" if self.value else "") if self.column else ""
        return f"{place}{cell}: {self.reason}"


class RefillDayError(Exception):
    """The root: its text is a sentence for people, without a patient's name in it."""


class BadInput(RefillDayError):
    """Nothing was loaded; every bad cell says where it is and what to do."""

    def __init__(self, errors: Iterable[BadCell]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(str(error) for error in self.errors[:5]) or "cannot be read")


class Refused(RefillDayError):
    """No, because of what the text says; nothing was written."""


class NotAllowed(Refused):
    """The person's role does not include this."""


class AccessEnded(NotAllowed):
    """The person's access, role or sign-in is no longer what it was when the page was drawn."""


class Stale(Refused):
    """Somebody else changed it first. ``now`` holds the changed fields as they are in the store."""

    def __init__(self, message: str, now: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.now = dict(now or {})


class Blocked(Refused):
    """Findings stop the checkout: blocking ones without an override, or warnings that nobody has acknowledged."""

    def __init__(self, message: str, findings: Iterable[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class Differs(Refused):
    """What would be placed is not what was confirmed. Totals are in cents, None where nothing was expected;
    ``findings`` are those of the cart as it is now, ``differences`` whatever is known to differ, both sides."""

    def __init__(
        self,
        message: str,
        expected_cents: int | None,
        actual_cents: int | None,
        findings: Iterable[Finding] = (),
        differences: Iterable[PlanDifference] = (),
    ) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.differences = tuple(differences)
        self.expected_cents = expected_cents
        self.actual_cents = actual_cents


class Unavailable(RefillDayError):
    """Cannot be reached now; trying again may help."""
