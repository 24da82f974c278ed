"""The store: schema, transactions, and the only SQL there is.

``open_store()`` gives a Store; ``store.write(clinic, use_case)`` and ``with store.read(clinic) as work`` give a Work.
The tables are in ``tables``; every other module is the queries of one subject.
"""

from core.adapters.store.base import METADATA
from core.adapters.store.contexts import clinic_of
from core.adapters.store.engine import Store, Work, open_store
from core.adapters.store.folders import differences, known_keys, save_folder

__all__ = [
    "METADATA",
    "Store",
    "Work",
    "clinic_of",
    "differences",
    "known_keys",
    "open_store",
    "save_folder",
]
