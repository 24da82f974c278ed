"""``python -m tests.benchmarks``: the figures of this machine, as the rows of docs/performance.md."""

from __future__ import annotations

import argparse

from core.cli.output import write
from tests.benchmarks.measure import measured

parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure on this machine.")
parser.add_argument("--lines", type=int, default=1000, metavar="N")
parser.add_argument("--seconds", type=float, default=30, metavar="S", help="how long many clinics place at once")
parser.add_argument("--postgres", metavar="URL", help="a PostgreSQL to make a database on, for the while")
parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
given = parser.parse_args()
write(measured(given.lines, given.seconds, given.postgres), given.json)
