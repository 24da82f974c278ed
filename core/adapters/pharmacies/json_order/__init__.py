"""The JSON order API that most 503A pharmacies use: one patient, one prescriber, one box, many prescriptions an order.

body.py writes an order and checks it before it leaves; answers.py reads what came back; statuses.py reads what is said
of lines later, polled or pushed; client.py speaks HTTP. docs/partners.md describes the API.
"""

from __future__ import annotations

from typing import Final

from core.adapters.pharmacies.json_order.body import LIMITS, REQUIRED
from core.adapters.pharmacies.json_order.statuses import STATUSES, read_push
from core.domain.partners.adapter import QUANTITY_UNIT, ConnectionField, PharmacyAdapter, Transmission
from core.domain.partners.link import Authentication, Link, network_faults
from core.domain.partners.protocol import Partner

_PROOFS: Final = {
    Authentication.NONE: "None",
    Authentication.BASIC: "User and password",
    Authentication.BEARER: "Bearer token",
    Authentication.HMAC: "Signature (HMAC)",
}
_OUR_PROOFS: Final = (Authentication.BASIC, Authentication.BEARER, Authentication.NONE)
_A_NAME: Final = (
    "The name of an environment variable, or of an entry of [pharmacies] in .streamlit/secrets.toml, where the "
)

FIELDS: Final = (
    ConnectionField("base_url", "Address", placeholder="https://orders.example.com/api", full_width=True),
    ConnectionField(
        "authentication", "How we prove who we are", options={proof: _PROOFS[proof] for proof in _OUR_PROOFS}
    ),
    ConnectionField(
        "credentials", "Name of the credentials", f"{_A_NAME}credentials are: user:password, or the token.", "CEDAR_API"
    ),
    ConnectionField("practice_id", "Their number of our practice"),
    ConnectionField("vendor_id", "Vendor", "Header X-Vendor-ID, where they want one."),
    ConnectionField("cold_service", "Their number for cold shipping"),
    ConnectionField("ambient_service", "Their number for ambient shipping"),
    QUANTITY_UNIT,
    ConnectionField("location_id", "Location", "Header X-Location-ID."),
    ConnectionField("per_minute", "Submissions a minute, at most"),
    ConnectionField("at_once", "At once, at most"),
    ConnectionField("push", "How their pushes prove who they are", options=_PROOFS),
    ConnectionField(
        "push_secret", "Name of the secret of pushes",
        f"{_A_NAME}secret is. One of its own for each clinic and pharmacy.", "CEDAR_PUSH",
    ),
    ConnectionField("poll_minutes", "Ask for news every so many minutes"),
    ConnectionField("network_id", "Network", "Header X-API-Network-ID."),
    ConnectionField("looks_up", "They can look an order up by our reference", full_width=True),
)  # fmt: skip


def _partner(link: Link, time_zone: str, secret: str | None) -> Partner:
    from core.adapters.pharmacies.json_order.client import JsonOrders

    return JsonOrders(link, time_zone, secret)


ADAPTER: Final = PharmacyAdapter(
    name="http",
    label="JSON order API",
    summary="Orders are sent by the worker, and news fetched or pushed.",
    transmission=Transmission.WORKER,
    partner=_partner,
    read_push=read_push,
    fields=FIELDS,
    faults=network_faults,
    limits=LIMITS,
    required=REQUIRED,
    statuses=STATUSES,
)
