"""What Orders is made of: the list with its filters, one line in full, and what can be done to lines."""
