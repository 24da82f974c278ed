"""What a payment provider can be told to do, and what the ledger says it should."""
