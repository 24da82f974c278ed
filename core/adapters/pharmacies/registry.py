"""Every adapter by its name: the one place that knows them all, in the order in which Setup offers them."""

from __future__ import annotations

from typing import Final

from core.adapters.pharmacies import json_order, order_sheet, simulated
from core.domain.errors import Refused
from core.domain.partners.adapter import PharmacyAdapter, Transmission
from core.domain.partners.link import Link, faults

ADAPTERS: Final[dict[str, PharmacyAdapter]] = {
    adapter.name: adapter for adapter in (simulated.ADAPTER, json_order.ADAPTER, order_sheet.ADAPTER)
}


def adapter_of(link: Link) -> PharmacyAdapter:
    """The adapter that a link names. Raises Refused for one that this version does not have."""
    if link.adapter not in ADAPTERS:
        raise Refused(f"{link.pharmacy} is connected by {link.adapter}, an adapter that this version does not have.")
    return ADAPTERS[link.adapter]


def transmission_of(link: Link) -> Transmission:
    """How a link's orders leave."""
    return adapter_of(link).transmission


def faults_of(link: Link) -> list[tuple[str, str]]:
    """(field, its problem) of a link that cannot work: what is wrong with any link, and by its adapter's own checks."""
    return [*faults(link), *adapter_of(link).faults(link)]


def named_by(transmission: Transmission) -> list[str]:
    """The adapters whose orders leave in one way."""
    return [adapter.name for adapter in ADAPTERS.values() if adapter.transmission is transmission]
