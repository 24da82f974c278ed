"""The demo's pharmacies: a script in partner.py accepts, refuses, holds, ships and delivers. Nothing leaves."""

from __future__ import annotations

from typing import Final

from core.adapters.pharmacies.json_order.statuses import read_push
from core.adapters.pharmacies.simulated.partner import SimulatedPartner
from core.domain.partners.adapter import PharmacyAdapter, Transmission
from core.domain.partners.link import SIMULATED

PARTNER: Final = SimulatedPartner()
"""Every simulated pharmacy of every clinic."""

ADAPTER: Final = PharmacyAdapter(
    name=SIMULATED,
    label="Simulated",
    summary="Nothing leaves this machine: a script accepts, rejects, holds, ships and delivers.",
    transmission=Transmission.SIMULATED,
    partner=lambda *_: PARTNER,
    read_push=read_push,
)
