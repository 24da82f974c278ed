"""The steps of Refill day: Cart, Split, Confirm."""
