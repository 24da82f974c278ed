"""Where the end of every audit trail is kept outside the store: a file of lines, and the operator's log."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from core.domain.errors import BadCell, BadInput

_log = logging.getLogger(__name__)


def kept(file: Path) -> list[str]:
    """Every line that was kept, oldest first; none before the first. Raises BadInput for an unreadable file."""
    try:
        return file.read_text("utf-8").splitlines() if file.exists() else []
    except (OSError, UnicodeDecodeError):
        raise BadInput([BadCell(str(file), None, None, None, "cannot be read")]) from None


def keep(file: Path, lines: Sequence[str]) -> None:
    """Append lines, on the disk once this returns; the file is its owner's alone. Raises BadInput."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise BadInput([BadCell(str(file), None, None, None, f"cannot be written ({error.strerror})")]) from None
    for line in lines:
        _log.warning("audit anchor %s", line)
