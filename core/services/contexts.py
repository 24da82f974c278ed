"""What decisions need, from the store, with the check of orders that each pharmacy's adapter makes."""

from __future__ import annotations

from functools import partial
from typing import Final

from core.adapters.pharmacies.registry import ADAPTERS
from core.adapters.store.contexts import stored_context

load_context: Final = partial(stored_context, {name: adapter.order_faults for name, adapter in ADAPTERS.items()})
