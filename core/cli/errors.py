"""What is wrong with a command line, in the form of every other bad input."""

from __future__ import annotations

from core.domain.errors import BadCell, BadInput


def bad_argument(option: str, value: object, reason: str) -> BadInput:
    """An option that cannot be read."""
    return BadInput([BadCell("command line", None, option, None if value is None else str(value), reason)])
