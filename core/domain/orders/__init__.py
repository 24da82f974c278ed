"""Checkouts in memory: what was placed, what became of each line and its money. Pure."""
