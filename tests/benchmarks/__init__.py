"""Measurements on the machine at hand: ``python -m tests.benchmarks`` prints the table of docs/performance.md."""
