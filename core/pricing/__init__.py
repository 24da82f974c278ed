"""What a cart costs under a program, a SKU under each, and a month of them (rules.md, section 1)."""

from core.pricing.quotes import box_for, quote

__all__ = ["box_for", "quote"]
