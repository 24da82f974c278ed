"""Secrets by name: from the environment, else from .streamlit/secrets.toml. Never in the store, a log or an error."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parents[2] / ".streamlit" / "secrets.toml"


def secret(name: str) -> str | None:
    """The secret of that name: an environment variable, or an entry of the file's ``[pharmacies]``; else None."""
    return os.environ.get(name) or _from_file().get(name) or None


def _from_file() -> dict[str, str]:
    """Read anew each time, so that a changed password needs no restart."""
    try:
        entries = tomllib.loads(FILE.read_text("utf-8")).get("pharmacies", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    named = entries.items() if isinstance(entries, dict) else ()
    return {name: value for name, value in named if isinstance(value, str)}
