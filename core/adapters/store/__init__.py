"""The store: schema, transactions, and the only SQL there is.

``open_store()`` gives a Store; ``store.write(clinic, use_case)`` and ``with store.read(clinic) as work`` give a Work.
"""

from core.adapters.store import audits, carts, firings, orders, partners, payments, persons, tables, thresholds
from core.adapters.store.base import Base
from core.adapters.store.contexts import clinic_of, load_context
from core.adapters.store.engine import Store, Work, open_store
from core.adapters.store.folders import differences, known_keys, save_folder

__all__ = [
    "Base",
    "Store",
    "Work",
    "audits",
    "carts",
    "clinic_of",
    "differences",
    "firings",
    "known_keys",
    "load_context",
    "open_store",
    "orders",
    "partners",
    "payments",
    "persons",
    "save_folder",
    "tables",
    "thresholds",
]
