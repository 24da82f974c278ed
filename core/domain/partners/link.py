"""How a clinic and a pharmacy are connected: by which adapter, where, how fast, and how each proves who it is.

Pure values. A link holds no password: it names the environment variable, or the entry of .streamlit/secrets.toml, that
does (core/adapters/secrets.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from core.domain.model import Sku

SIMULATED: Final = "simulated"
"""The adapter of a pharmacy that nobody has connected. core/adapters/pharmacies/registry.py has them all."""


class Authentication(StrEnum):
    """How requests to the pharmacy, or pushes from it, prove where they come from."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    HMAC = "hmac"


class QuantityUnit(StrEnum):
    """What the pharmacy counts: millilitres of a liquid and pieces of everything else, or vials and pieces."""

    MEASURE = "measure"
    PIECES = "pieces"


class Link(NamedTuple):
    """One pharmacy's connection. A pharmacy without a row is simulated.

    ``adapter`` names one of the registry. ``credentials`` and ``push_secret`` are names, never the secrets.
    ``cold_service`` and ``ambient_service`` are the pharmacy's own numbers of its shipping services. ``per_minute``
    None is not limited; ``poll_minutes`` None never asks. ``push`` none takes no pushes. ``version`` rises with every
    edit.
    """

    pharmacy: str
    adapter: str = SIMULATED
    base_url: str = ""
    authentication: Authentication = Authentication.BASIC
    credentials: str = ""
    practice_id: int | None = None
    vendor_id: str = ""
    location_id: str = ""
    network_id: str = ""
    cold_service: int | None = None
    ambient_service: int | None = None
    quantity_unit: QuantityUnit = QuantityUnit.MEASURE
    per_minute: int | None = None
    at_once: int = 4
    looks_up: bool = False
    poll_minutes: int | None = 30
    push: Authentication = Authentication.NONE
    push_secret: str = ""
    version: int = 0


class Health(NamedTuple):
    """What is known of a pharmacy: failures in a row, until when it is left alone, and its last answer and failure."""

    pharmacy: str
    failures: int = 0
    rests_until: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    last_ok_at: datetime | None = None
    polled_at: datetime | None = None


SECRET_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
"""What a secret may be called, so that no secret itself is kept in its place."""
SERVERS_OWN: Final = re.compile(r"DATABASE_URL|(POSTGRES|PG|REFILL|STRIPE|AWS|STREAMLIT)(_.*|[A-Z].*)?")
"""Names of secrets that are no pharmacy's: whoever sets up a connection must not have them sent to an address."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "practice_id": (1, 2_000_000_000),
    "cold_service": (1, 2_000_000_000),
    "ambient_service": (1, 2_000_000_000),
    "per_minute": (1, 6_000),
    "at_once": (1, 32),
    "poll_minutes": (1, 1_440),
}
"""The least and the most of each number."""
LONGEST_HEADER: Final = 100


def faults(link: Link) -> Iterator[tuple[str, str]]:
    """(field, its problem) of a link that cannot work, whatever its adapter; an adapter has its own checks besides."""
    for field, (least, most) in NUMBERS.items():
        value = getattr(link, field)
        if value is not None and not least <= value <= most:
            yield field, f"is not a whole number from {least:,} to {most:,}"
    for field in ("vendor_id", "location_id", "network_id"):
        value = getattr(link, field)
        if len(value) > LONGEST_HEADER or not value.isascii() or not value.isprintable():
            yield field, f"is not plain text of at most {LONGEST_HEADER} characters"
    for field in ("credentials", "push_secret"):
        value = getattr(link, field)
        if value and not SECRET_NAME.fullmatch(value):
            yield field, "is the name of a secret, in capitals such as CEDAR_API: put the secret itself under that name"
        if SERVERS_OWN.fullmatch(value):
            yield field, "is the name of a secret of the server's own; name the pharmacy's, such as CEDAR_API"
    if link.push is not Authentication.NONE and not link.push_secret:
        yield "push_secret", "is empty, so nobody could tell the pharmacy's pushes from somebody else's"


def network_faults(link: Link) -> Iterator[tuple[str, str]]:
    """(field, its problem) of a link over the network: its address, and how requests prove where they come from."""
    if problem := why_no_address(link.base_url):
        yield "base_url", problem
    if link.authentication is Authentication.HMAC:
        yield "authentication", "is for pushes; requests to a pharmacy use basic, bearer or none"
    elif link.authentication is not Authentication.NONE and not link.credentials:
        yield "credentials", "is empty; name the secret that holds user:password or the token"


def why_no_address(url: str) -> str | None:
    """Why orders must not be sent to this address; None for one that is fine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address such as https://orders.example.com/api"
    if parts.scheme not in {"https", "http"} or not host or not url.isascii() or not url.isprintable():
        return "is not an address such as https://orders.example.com/api"
    if parts.scheme == "http" and host not in LOOPBACK:
        return "is not encrypted; patients' data travels by https only"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "holds more than an address; name the credentials apart"
    return None


class DispenseQuantity(NamedTuple):
    """A quantity as a pharmacy counts it, written without an exponent or a trailing zero."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


def dispense_quantity(sku: Sku, packs: int, unit: QuantityUnit = QuantityUnit.MEASURE) -> DispenseQuantity:
    """Packs as a pharmacy counts them: millilitres of a liquid and pieces of the rest, or vials and pieces."""
    pieces = sku.pieces * packs
    if sku.volume_ml is not None and unit is QuantityUnit.MEASURE:
        text = format(sku.volume_ml * pieces, "f")
        return DispenseQuantity(text.rstrip("0").rstrip(".") if "." in text else text, "mL")
    return DispenseQuantity(str(pieces), "pieces")
