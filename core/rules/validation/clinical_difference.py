"""Whether a statement of clinical difference speaks of a price, which is none (FDA guidance on 503A copies, 2018)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

_PRICE: Final = re.compile(
    r"[$€£]|\b(?:afford\w*|budget\w*|cash|cheap\w*|co-?pays?|cost\w*|coupons?|coverage|covered?|covers|deductibles?|"
    r"denied|denial|discounts?|dollars?|econom\w+|expens\w+|financ\w+|formulary|fund\w*|hardship|high(?:er)? priced|"
    r"income|insur\w+|medicaid|medicare|money|out.of.pocket|pa|pays?|paid|paying|prior auth\w*|pric\w+|rebates?|"
    r"sav(?:e|es|ing|ings)|self.?pay|unaffordable|uninsured)\b"
)
_CLINICAL: Final = re.compile(
    r"\b(?:absor\w*|added|additive\w*|adjust\w*|aller\w*|anaphyl\w*|arthrit\w*|aspirat\w*|b-?12|bleed\w*|"
    r"blind\w*|bruis\w*|combin\w*|concentrat\w*|constipat\w*|contraindic\w*|dexterity|diarrh\w*|discontinued|dizz\w*|"
    r"dose|doses|dosing|dye\w*|dysphag\w*|excipient\w*|fatigue\w*|fine.?tun\w*|flavo\w*|gluten|"
    r"headache\w*|hypersens\w*|hypoglyc\w*|increment\w*|ingredient\w*|intermediate|intoler\w*|irritat\w*|"
    r"lactose|lipo\w*|lower dose|lump\w*|mcg|mg|micro-?dos\w*|migraine\w*|nause\w*|needle\w*|neuropath\w*|not marketed|"
    r"pain\w*|palpitat\w*|preservative\w*|rash\w*|react\w*|reflux|route|sensitiv\w*|side.effect\w*|site\w*|skin|"
    r"small\w*|swallow\w*|sweat\w*|swelling|titrat\w*|toler\w*|tremor\w*|urticaria|"
    r"vision|visual\w*|vomit\w*)\b"
)
_FILLERS: Final = frozenset(
    """a about all also an and any are as asks at be because been brand branded brands but by can cannot cant clinic
    commercial commercially compounded compounding could currently difference does doesnt drug due even fda approved for
    from further generic get gets had has have he her high higher him his if in is isnt it its just keep less low lower
    lowest makes me medication medications month monthly more most mounjaro much my name need needs no not of off on
    only option or other our over ozempic patient patients per please plan prefer preference preferred prefers product
    products pt pts reason reasons request requested requests saxenda she since so switch than that the their them
    therapy there they this to too treatment under version very wants was way we wegovy which will with within without
    would year yearly your zepbound""".split()  # noqa: SIM905 reads as a list of words
)
"""Words that say nothing of a patient's body."""
_PRODUCTS: Final = frozenset(
    """autoinjector autoinjectors device devices form formulation injectable injection injections injector instead
    pen pens strength strengths syringe syringes tablet tablets vial vials volume""".split()  # noqa: SIM905
)
"""Words of the product: beside a price they say which one is dear."""
_POINTERS: Final = frozenset(
    """above attached backorder backordered because before below chart clinical clinician confirmed discussed doctor
    doctors ehr emr file follow given letter listed md medical medically n na necessary necessity needed none np note
    notes ok okay orders ordered out pending policy prescriber prescribed protocol provider applicable record records
    refer same see shortage statement stock tba tbd unavailable unknown unspecified usual various x y yes""".split()  # noqa: SIM905
)
"""Words that point elsewhere, or to the supply, and state nothing."""


class PriceTalk(StrEnum):
    """How far a statement is about a price: of nothing else, or of one and of nothing clinical that is known here."""

    ALONE = "alone"
    PERHAPS = "perhaps"


def price_talk(text: str) -> PriceTalk | None:
    """Whether the statement is about a price; None where it names none, or something clinical beside it."""
    plain = text.casefold().replace("’", "").replace("'", "")
    if not _PRICE.search(plain) or _CLINICAL.search(plain):
        return None
    left = set(re.findall(r"[a-z]+", _PRICE.sub(" ", plain))) - _FILLERS - _PRODUCTS
    return PriceTalk.PERHAPS if left else PriceTalk.ALONE


def states_nothing(text: str) -> bool:
    """Whether a statement only points elsewhere ("see chart"), names a wish, or is no words at all."""
    plain = text.casefold().replace("’", "").replace("'", "")
    return not set(re.findall(r"[^\W\d_]+", plain)) - _FILLERS - _POINTERS and not _PRICE.search(plain)
