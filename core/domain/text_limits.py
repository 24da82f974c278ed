"""What is wrong with a text from outside that no store could keep, or no index find again; each function completes a
sentence, and gives None for a text that is fine."""

from __future__ import annotations

from typing import Final

LONGEST_KEY: Final = 255
"""Characters of a code, a key or a reference."""


def why_not_kept(text: str) -> str | None:
    """PostgreSQL keeps no NUL, and nothing writes half of a surrogate pair as UTF-8."""
    if "\0" in text:
        return "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not text in UTF-8"
    return None


def why_no_key(text: str) -> str | None:
    """A key is text that can be kept, and short enough for an index."""
    return f"is longer than {LONGEST_KEY} characters" if len(text) > LONGEST_KEY else why_not_kept(text)
