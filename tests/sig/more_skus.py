"""SKUs of forms, routes and strengths that the demo clinic does not have; invented, as their usual directions are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.domain.model import Sku


def sku(code: str, **over: Any) -> Sku:
    return Sku(**{"sku": code, "name": code, "sterile": False, "cold_chain": False, "units_per_pack": 1} | over)


MORE_SKUS = {
    row.sku: row
    for row in (
        sku(
            "HCG",
            name="hCG 10,000 units, 10 mL",
            form="lyophilised vial",
            strength="1000 units/mL",
            drug_units_per_ml=Decimal(1000),
            volume_ml=Decimal(10),
            route="subcutaneous",
            sterile=True,
            actives=("chorionic gonadotropin",),
            usual_sig="Inject 500 units subcutaneously twice weekly.",
        ),
        sku(
            "PEN",
            name="Semaglutide pen 2 mg/1.5 mL",
            form="pen",
            concentration_mg_per_ml=Decimal("1.34"),
            volume_ml=Decimal("1.5"),
            route="subcutaneous",
            sterile=True,
            actives=("semaglutide",),
            usual_sig="Inject 0.25 mg subcutaneously once weekly.",
        ),
        sku(
            "NASAL",
            name="Oxytocin nasal spray",
            form="nasal spray",
            strength="24 units/spray",
            volume_ml=Decimal(5),
            route="nasal",
            actives=("oxytocin",),
            usual_sig="Use 1 spray in each nostril once daily.",
        ),
        sku(
            "EYE",
            name="Latanoprost drops",
            form="eye drops",
            concentration_mg_per_ml=Decimal("0.05"),
            volume_ml=Decimal(5),
            route="ophthalmic",
            sterile=True,
            actives=("latanoprost",),
            usual_sig="Instill 1 drop in each eye at bedtime.",
        ),
        sku(
            "SUPP",
            name="Vaginal DHEA suppository 6.5 mg",
            form="suppository",
            mg_per_unit=Decimal("6.5"),
            units_per_pack=30,
            route="vaginal",
            actives=("prasterone",),
            usual_sig="Insert 1 suppository vaginally nightly.",
        ),
        sku(
            "PATCH",
            name="Estradiol patch 0.05",
            form="patch",
            mg_per_unit=Decimal("0.05"),
            units_per_pack=8,
            route="transdermal",
            actives=("estradiol",),
            usual_sig="Apply 1 patch twice weekly.",
        ),
        sku(
            "ODT",
            name="Sildenafil ODT 50",
            form="tablet",
            mg_per_unit=Decimal(50),
            units_per_pack=30,
            route="sublingual",
            actives=("sildenafil",),
            usual_sig="Dissolve 1 tablet under the tongue as needed, at most once daily.",
        ),
        sku(
            "KET",
            name="Ketamine troche 100 mg",
            form="troche",
            mg_per_unit=Decimal(100),
            units_per_pack=10,
            route="sublingual",
            dea_schedule="III",
            actives=("ketamine",),
            usual_sig="Dissolve 1 troche under the tongue once daily.",
        ),
        sku(
            "TRIMIX",
            name="Trimix 30/1/10 mcg",
            form="vial",
            strength="30/1/0.01 mg/mL",
            concentration_mg_per_ml=Decimal(30),
            volume_ml=Decimal(5),
            route="intracavernosal",
            sterile=True,
            actives=("papaverine", "phentolamine", "alprostadil"),
            usual_sig="Inject 0.1 mL into the penis as needed, at most three times weekly.",
        ),
        sku(
            "GONA",
            name="Gonadorelin 0.2 mg/mL",
            form="vial",
            concentration_mg_per_ml=Decimal("0.2"),
            volume_ml=Decimal(5),
            route="subcutaneous",
            sterile=True,
            actives=("gonadorelin",),
            usual_sig="Inject 0.1 mg (50 units) subcutaneously twice weekly.",
        ),
        sku(
            "MTX",
            name="Methotrexate 2.5 mg",
            form="tablet",
            mg_per_unit=Decimal("2.5"),
            units_per_pack=30,
            route="oral",
            actives=("methotrexate",),
            usual_sig="Take 4 tablets by mouth once weekly.",
        ),
        sku(
            "VITD",
            name="Vitamin D 50,000 IU",
            form="capsule",
            strength="50000 iu",
            units_per_pack=12,
            route="oral",
            actives=("cholecalciferol",),
            usual_sig="Take 1 capsule by mouth once weekly.",
        ),
        sku(
            "NOUSUAL",
            name="Something 10 mg",
            form="capsule",
            mg_per_unit=Decimal(10),
            units_per_pack=30,
            route="oral",
            actives=("something",),
            usual_sig="",
        ),
        sku(
            "NOCONC",
            name="Cream X",
            form="cream",
            volume_ml=Decimal(30),
            route="topical",
            actives=("estriol",),
            usual_sig="Apply 1 mL topically daily.",
        ),
    )
}
