"""What Fulfilment shows of a period."""
