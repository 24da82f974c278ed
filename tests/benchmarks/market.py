"""Many SKUs, pharmacies and programs, and orders placed among them: for measuring comparisons, never for showing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from core.adapters.files import Folder
from core.domain.context import Context
from core.domain.model import AggregatePrice, Encounter, Offer, Program, ProgramKind
from core.rules.pricing.past_orders import PlacedLine
from tests.benchmarks.clinic import bench_clinic

SKUS, PHARMACIES, PROGRAMS, LINES, PERIOD_DAYS = 500, 10, 8, 20_000, 90
SINCE = date(2020, 1, 1)


def bench_market(today: date, seed: int = 1) -> Folder:
    """500 SKUs that each of ten pharmacies offers, under four pass-through and four aggregate programs."""
    dice = random.Random(seed)
    clinic = bench_clinic(1, today, pharmacies=PHARMACIES).folder
    first = clinic.skus[0]
    skus = tuple(first.model_copy(update={"sku": f"M{at:03}", "name": f"Pack {at}"}) for at in range(SKUS))
    programs = tuple(_program(at) for at in range(PROGRAMS))
    return replace(
        clinic,
        clinic=clinic.clinic and clinic.clinic.model_copy(update={"program": tuple(row.program for row in programs)}),
        skus=skus,
        offers=tuple(
            Offer(
                pharmacy=house.pharmacy, sku=sku.sku, unit_cost_cents=dice.randrange(5_000, 20_000), valid_from=SINCE
            )
            for sku in skus
            for house in clinic.pharmacies
        ),
        programs=programs,
        aggregate_prices=tuple(
            AggregatePrice(
                program=row.program, sku=sku.sku, unit_price_cents=dice.randrange(5_000, 20_000), valid_from=SINCE
            )
            for row in programs
            if row.kind is ProgramKind.AGGREGATE
            for sku in skus
        ),
        patients=(),
        prescriptions=(),
    )  # fmt: skip


def _program(number: int) -> Program:
    return Program(
        program=f"PROGRAM{number}", kind=list(ProgramKind)[number % 2], monthly_fee_cents=10_000 * number,
        rate=Decimal(15 - number) / 100, processing_rate=Decimal("0.029"), processing_fixed_cents=30, valid_from=SINCE,
    )  # fmt: skip


def market_context(folder: Folder) -> Context:
    """What prices need of it."""
    if folder.clinic is None:
        raise ValueError("a market belongs to a clinic")
    return Context(
        clinic=folder.clinic,
        skus={row.sku: row for row in folder.skus},
        pharmacies={row.pharmacy: row for row in folder.pharmacies},
        offers=folder.offers,
        programs=folder.programs,
        aggregate_prices=folder.aggregate_prices,
    )


def bench_orders(folder: Folder, today: date, seed: int = 1) -> list[PlacedLine]:
    """20,000 lines over the last 90 days, one checkout a day, three lines a box."""
    dice = random.Random(seed)
    return [
        PlacedLine(
            checkout=f"RD-{at % PERIOD_DAYS:02}", placed_on=today - timedelta(days=at % PERIOD_DAYS),
            sku=dice.choice(folder.skus).sku, quantity=1 + at % 2, pharmacy=dice.choice(folder.pharmacies).pharmacy,
            program="PROGRAM0", shipment=at // (3 * PERIOD_DAYS), encounter=Encounter.NONE, medication_cents=10_000,
            program_fee_cents=1_500, encounter_cents=0, shipping_cents=700, processing_cents=354,
            processing_fixed_cents=0,
        )
        for at in range(LINES)
    ]  # fmt: skip
