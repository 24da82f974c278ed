"""What an adapter declares of itself, so that Setup, worker, receiver and documentation know no adapter by name.

An adapter is a folder of core/adapters/pharmacies with one ``PharmacyAdapter``, and a line of registry.py there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain.model import LineState
from core.domain.partners.link import Link, QuantityUnit
from core.domain.partners.message import OrderCheck, street_faults
from core.domain.partners.protocol import Partner, PushContent


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
    order_faults: OrderCheck = street_faults
    limits: Mapping[str, int] = {}
    required: tuple[str, ...] = ()
    statuses: Mapping[LineState, tuple[str, ...]] = {}
