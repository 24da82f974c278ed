"""The JSON order API that most 503A pharmacies use: one patient, one prescriber, one box, many prescriptions an order.

body.py writes an order and checks it before it leaves; answers.py reads what came back; statuses.py reads what is said
of lines later, polled or pushed; client.py speaks HTTP. docs/partners.md describes the API.
"""

from __future__ import annotations

from typing import Final

from core.adapters.pharmacies.json_order.body import LIMITS, REQUIRED, order_faults
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
_SECRET_NAME: Final = (
    "The name of an environment variable, or of an entry of [pharmacies] in .streamlit/secrets.toml, with "
)

FIELDS: Final = (
    ConnectionField("base_url", "Base URL", placeholder="https://orders.example.com/api", full_width=True),
    ConnectionField(
        "authentication", "Authentication", options={proof: _PROOFS[proof] for proof in _OUR_PROOFS}
    ),
    ConnectionField(
        "credentials", "Credentials name", f"{_SECRET_NAME}user:password, or the token.", "CEDAR_API"
    ),
    ConnectionField("practice_id", "Practice ID"),
    ConnectionField("vendor_id", "Vendor ID", "Header X-Vendor-ID, if the pharmacy requires one."),
    ConnectionField("cold_service", "Cold shipping service ID"),
    ConnectionField("ambient_service", "Ambient shipping service ID"),
    QUANTITY_UNIT,
    ConnectionField("location_id", "Location ID", "Header X-Location-ID."),
    ConnectionField("per_minute", "Submissions per minute, at most"),
    ConnectionField("at_once", "Submissions at the same time, at most"),
    ConnectionField("push", "Push authentication", options=_PROOFS),
    ConnectionField(
        "push_secret", "Push secret name",
        f"{_SECRET_NAME}the push secret. Use a separate one for each clinic and pharmacy.", "CEDAR_PUSH",
    ),
    ConnectionField("poll_minutes", "Poll for updates every, in minutes"),
    ConnectionField("network_id", "Network ID", "Header X-API-Network-ID."),
    ConnectionField("looks_up", "Orders can be looked up by our reference", full_width=True),
)  # fmt: skip


def _partner(link: Link, time_zone: str, secret: str | None) -> Partner:
    from core.adapters.pharmacies.json_order.client import JsonOrders

    return JsonOrders(link, time_zone, secret)


ADAPTER: Final = PharmacyAdapter(
    name="http",
    label="JSON order API",
    summary="The worker sends orders; updates are polled or pushed.",
    transmission=Transmission.WORKER,
    partner=_partner,
    read_push=read_push,
    fields=FIELDS,
    faults=network_faults,
    order_faults=order_faults,
    limits=LIMITS,
    required=REQUIRED,
    statuses=STATUSES,
)
