"""How what the ledger says is carried out: on account by default, or by a payment provider (docs/decisions/0007).

The ledger is the truth. Operations for a provider are written in the transaction that writes the ledger's entries
(core/domain/payments/plan.py), and carried out afterwards, outside any transaction, by the worker (``execution``).
"""
