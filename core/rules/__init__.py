"""Decisions: pure functions from a clinic's data to directions read, findings, splits, prices and dates."""
