"""Checkouts in memory: what was placed, what became of each line and its money. Pure; core/store/orders.py keeps it."""
