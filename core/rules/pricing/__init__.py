"""What a cart costs under a program, a SKU under each, and a month of them (rules.md, section 1)."""
