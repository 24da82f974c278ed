"""What an adapter declares of itself, so that Setup, worker, receiver and documentation know no adapter by name.

An adapter is a folder of core/adapters/pharmacies with one ``PharmacyAdapter``, and a line of registry.py there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain.model import LineState
from core.domain.partners.link import Link, QuantityUnit
from core.domain.partners.protocol import Message, OrderFault, Partner, PushContent


class Transmission(StrEnum):
    """How an order leaves: not at all, sent by a worker over the network, or handed over by a person."""

    SIMULATED = "simulated"
    WORKER = "worker"
    PERSON = "person"


class ConnectionField(NamedTuple):
    """A field of Setup's connection form: ``name`` is the field of Link that it fills, ``options`` are what it offers.

    Its widget follows from these and from its type: a choice, a number within ``link.NUMBERS``, a checkbox, or text.
    Fields fill two columns row by row, but for those in ``full_width``.
    """

    name: str
    label: str
    help: str | None = None
    placeholder: str | None = None
    options: Mapping[Any, str] = {}
    full_width: bool = False


QUANTITY_UNIT: Final = ConnectionField(
    "quantity_unit",
    "Quantity unit",
    options={
        QuantityUnit.MEASURE: "Milliliters for liquids, pieces for everything else",
        QuantityUnit.PIECES: "Vials and pieces",
    },
)
"""For every adapter whose orders carry quantities."""


STREET_MOST_CHARS: Final = 35
"""A street line on a carrier's label. UPS's and FedEx's shipping interfaces are known for this limit; neither contract
was at hand to check it. What is longer is cut off, and an apartment's number stands at the end."""


def street_faults(message: Message, link: Link) -> Iterator[OrderFault]:
    """Lines of the shipping address that do not fit a label: for every adapter, since every box has one."""
    for field in ("address1", "address2"):
        text = str(getattr(message.address, field)).strip()
        if len(text) > STREET_MOST_CHARS:
            which = "first" if field == "address1" else "second"
            yield OrderFault(
                field,
                f"the {which} address line has {len(text)} characters, and a carrier's label takes {STREET_MOST_CHARS}",
            )


class Connection(NamedTuple):
    """What an order to one pharmacy is checked against before payment, by the check that its sender repeats.

    ``products`` are the pharmacy's own numbers of SKUs; None where it has none at all.
    """

    link: Link
    faults: Callable[[Message, Link], Iterable[OrderFault]] = street_faults
    products: Mapping[str, str] | None = None

    def product(self, sku: str) -> str | None:
        """``MessageLine.product`` of a SKU."""
        return None if self.products is None else self.products.get(sku, "")


class PharmacyAdapter(NamedTuple):
    """One way of reaching pharmacies. ``name`` is stored with the link; ``label`` and ``summary`` are what people read.

    ``partner`` makes the pharmacy of a link, given its time zone and the secret that its credentials name.
    ``read_push`` reads the body of a push, with the zone of instants without one and the pharmacy's code.
    ``faults`` are (field, problem) of a link besides those of ``link.faults``. ``order_faults`` is what its system does
    not take of an order: asked for every line and pharmacy before payment, and again by the sender. ``limits`` are the
    most characters of each field that leaves, ``required`` the fields that must not be empty, ``statuses`` the words
    understood by state.
    """

    name: str
    label: str
    summary: str
    transmission: Transmission
    partner: Callable[[Link, str, str | None], Partner]
    read_push: Callable[[bytes, ZoneInfo, str], PushContent]
    fields: tuple[ConnectionField, ...] = ()
    faults: Callable[[Link], Iterable[tuple[str, str]]] = lambda _: ()
    order_faults: Callable[[Message, Link], Iterable[OrderFault]] = street_faults
    limits: Mapping[str, int] = {}
    required: tuple[str, ...] = ()
    statuses: Mapping[LineState, tuple[str, ...]] = {}
