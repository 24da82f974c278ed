"""Measurements on the machine at hand: ``python -m core bench`` prints the table of docs/performance.md."""
