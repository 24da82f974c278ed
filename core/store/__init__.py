"""The store: schema, transactions, and the only SQL there is.

``open_store()`` gives a Store; ``store.write(clinic, use_case)`` and ``with store.read(clinic) as work`` give a Work.
"""

from core.store import audits, persons, tables
from core.store.base import Base
from core.store.engine import Store, Work, open_store

__all__ = ["Base", "Store", "Work", "audits", "open_store", "persons", "tables"]
