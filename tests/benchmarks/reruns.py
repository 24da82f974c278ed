"""How long the server's part of a rerun takes, by screen: run by ``python -m tests.benchmarks``.

Over the demo clinic, or over the store and the screens that the arguments name (its URL, then paths). Prints a line a
screen: its name, a tab, seconds (the best of five reruns after the first).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMES = 5


def main() -> None:
    """Fill a store of its own with the demo clinic unless one is given, then rerun the screens."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = sys.argv[1] if sys.argv[1:] else f"sqlite:///{folder}/reruns.db"
        os.environ["REFILL_DEMO_SIGNIN"] = "on"
        from streamlit.testing.v1 import AppTest

        from pages.shared.screens import SCREENS

        screen = AppTest.from_file(str(ROOT / "pages" / "shared" / "frame.py"), default_timeout=120).run()
        paths = sys.argv[2:]
        for each in (each for each in SCREENS if not paths or each.path in paths):
            screen.switch_page(str(each.script)).run()
            taken = []
            for _ in range(TIMES):
                began = time.perf_counter()
                screen.run()
                taken.append(time.perf_counter() - began)
            sys.stdout.write(f"{each.title}\t{min(taken)}\n")


if __name__ == "__main__":
    main()
