"""Carts that are hard to split: every patient's lines share a box, and stock of a share of the SKUs is scarce at every
pharmacy. For measuring, never for showing."""

from __future__ import annotations

import random
from datetime import date
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, Offer, Program
from core.rules.prescriptions import CartRow, completed
from tests.benchmarks.clinic import bench_clinic


class HardCart(NamedTuple):
    """What a split is asked."""

    cart: Cart
    context: Context
    program: Program


def hard_cart(lines: int, today: date, *, scarce: float, packs: float = 1.6, seed: int = 1) -> HardCart:
    """``lines`` of random SKUs over 2.5 lines a patient, ten pharmacies, boxes of 6 to 14 dollars, no cold ones.

    Of the share ``scarce`` of the SKUs all pharmacies together have ``packs`` times what is asked.
    """
    dice = random.Random(seed)
    folder = bench_clinic(lines, today, scarce=0, seed=seed).folder
    if folder.clinic is None:
        raise ValueError("a cart belongs to a clinic")
    skus = tuple(sku.model_copy(update={"cold_chain": False}) for sku in folder.skus)
    everybody = [patient.patient for patient in folder.patients]
    prescriptions = tuple(
        row.model_copy(
            update={
                "patient": everybody[at] if at < len(everybody) else dice.choice(everybody),
                "sku": dice.choice(skus).sku,
            }
        )
        for at, row in enumerate(folder.prescriptions)
    )
    wanted = {sku.sku: sum(row.sku == sku.sku for row in prescriptions) for sku in skus}
    offered = [(sku.sku, house.pharmacy) for sku in skus for house in folder.pharmacies if dice.random() < 0.8]
    houses = {sku.sku: sum(sku.sku == code for code, _ in offered) for sku in skus}
    few = {sku.sku for sku in skus[: round(scarce * len(skus))]}

    def stock(sku: str) -> int | None:
        return max(1, round(wanted[sku] * packs / houses[sku] * dice.uniform(0.5, 1.5))) if sku in few else None

    context = Context(
        clinic=folder.clinic,
        skus={sku.sku: sku for sku in skus},
        pharmacies={house.pharmacy: house for house in folder.pharmacies},
        licences=folder.pharmacy_licences,
        offers=tuple(
            Offer(
                pharmacy=house,
                sku=sku,
                unit_cost_cents=round(10_000 * dice.uniform(0.85, 1.2)),
                stock=stock(sku),
                valid_from=date(2020, 1, 1),
            )
            for sku, house in offered
        ),
        programs=folder.programs,
        prescribers={row.npi: row for row in folder.prescribers},
        patients={row.patient: row for row in folder.patients},
        prescriptions={row.rx: row for row in prescriptions},
    )
    rows = (CartRow(patient=row.patient, sku=row.sku, rx=row.rx) for row in prescriptions)
    cart = Cart(
        refill_day=today, lines=tuple(completed(row, number, context, today) for number, row in enumerate(rows, 1))
    )
    return HardCart(cart, context, folder.programs[0])
