"""What Fulfillment shows of a period."""
