"""Refill Day's core: everything that decides, prices, validates, splits, places and tracks. No Streamlit in here."""
