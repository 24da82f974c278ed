"""The command line: ``python -m core COMMAND`` (docs/formats.md). Exit status 0 done, 1 a finding or a refusal, 2 bad
input."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from core.cli.output import write
from core.cli.parser import read_arguments
from core.cli.run import CommandResult, Run
from core.domain.errors import BadInput, Refused, Unavailable


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if given is None else given)
    as_json = "--json" in words
    run: Run | None = None
    try:
        arguments = read_arguments(words)
        gc.freeze()  # what is imported stays: collecting among it would cost a checkout of 1,000 lines 50 ms
        run = Run(arguments, datetime.now(UTC))
        result = arguments.does(run)
        if isinstance(result, CommandResult):
            write(result.data, as_json)
            return result.status
        for row in result:
            write(row, True)
    except BadInput as bad:
        write({"errors": [error._asdict() for error in bad.errors]}, as_json, sys.stdout if as_json else sys.stderr)
        return 2
    except (Refused, Unavailable) as refusal:
        write({"refused": type(refusal).__name__, "message": str(refusal)}, as_json)
        return 1
    finally:
        if run is not None:
            run.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
