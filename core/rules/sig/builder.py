"""Directions written from their parts, so that they read back as just that; and what they mean at the syringe.

What is built is a proposal: the prescriber signs directions, nobody else changes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.agreement import disagreements
from core.rules.sig.compatibility import goes_by
from core.rules.sig.reader import read
from core.rules.sig.strength import SYRINGE_UNITS_PER_ML, Strength, strength
from core.rules.sig.supply import DaysSupply, supply
from core.rules.sig.syringes import FINEST, LARGEST, SyringeMark, marks, nearest_volumes
from core.rules.sig.values import Certainty, Dose, ParsedSig, number
from core.rules.sig.vocabulary import MASSES, Unit

INJECTED: Final = frozenset({"subcutaneous", "intramuscular", "intravenous"})

WAYS: Final = {
    "subcutaneous": ("Inject", "subcutaneously"),
    "intramuscular": ("Inject", "intramuscularly"),
    "intravenous": ("Inject", "intravenously"),
    "oral": ("Take", "by mouth"),
    "sublingual": ("Dissolve", "under the tongue"),
    "buccal": ("Dissolve", "between cheek and gum"),
    "topical": ("Apply", "topically"),
    "transdermal": ("Apply", "transdermally"),
    "nasal": ("Use", "nasally"),
    "inhaled": ("Inhale", "by inhalation"),
    "vaginal": ("Insert", "vaginally"),
    "rectal": ("Insert", "rectally"),
    "ophthalmic": ("Instill", "in the affected eye"),
    "otic": ("Instill", "in the affected ear"),
}
"""How a route is said, and the action that goes with it."""

FREQUENCIES: Final = {
    "once daily": Fraction(7),
    "twice daily": Fraction(14),
    "three times daily": Fraction(21),
    "four times daily": Fraction(28),
    "every 12 hours": Fraction(14),
    "every 8 hours": Fraction(21),
    "every 6 hours": Fraction(28),
    "once daily Monday to Friday": Fraction(5),
    "once daily, 5 days on and 2 days off": Fraction(5),
    "every other day": Fraction(7, 2),
    "every 3 days": Fraction(7, 3),
    "on Monday, Wednesday and Friday": Fraction(3),
    "three times weekly": Fraction(3),
    "twice weekly": Fraction(2),
    "on Monday and Thursday": Fraction(2),
    "once weekly": Fraction(1),
    "every 10 days": Fraction(7, 10),
    "every 2 weeks": Fraction(1, 2),
    "every 4 weeks": Fraction(1, 4),
    "once monthly": Fraction(7, 30),
}
"""How a frequency is said, and its doses a week."""

MOST_DAYS: Final = 365
_PARTS: Final = {Unit.TABLET: 4, Unit.TROCHE: 4, Unit.SUPPOSITORY: 2}
"""In how many parts a piece may be divided; any other is whole."""


def parts_of(form: str) -> int:
    """In how many parts a piece of this form may be divided."""
    return next((parts for unit, parts in _PARTS.items() if unit in form.casefold()), 1)


class TimeOfDay(StrEnum):
    """When a dose is taken, said after the frequency."""

    MORNING = "in the morning"
    EVENING = "in the evening"
    BEDTIME = "at bedtime"


@dataclass(frozen=True, slots=True)
class DraftStep:
    """A dose, and for how many days it goes on; None for the last, open one."""

    dose: Decimal
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Directions by their parts. ``steps`` follow one another, each in ``unit``; ``notes`` are said at the end."""

    steps: tuple[DraftStep, ...]
    unit: Unit
    route: str
    frequency: str
    time_of_day: TimeOfDay | None = None
    as_needed: bool = False
    notes: str = ""


class Measured(NamedTuple):
    """One step's dose: mg, mL and pieces where they are known, and the syringes that measure it, best first."""

    mg: Fraction | None
    ml: Fraction | None
    marks: tuple[SyringeMark, ...]

    @property
    def syringe_units(self) -> Fraction | None:
        """The same volume on a U-100 syringe."""
        return None if self.ml is None else self.ml * SYRINGE_UNITS_PER_ML


@dataclass(frozen=True, slots=True)
class Built:
    """Directions that say what was ordered: their text, what it reads as, each step measured, how long packs last."""

    text: str
    reading: ParsedSig
    steps: tuple[Measured, ...]
    supply: DaysSupply | None


class Unbuildable(NamedTuple):
    """Why directions cannot be written from these parts: one sentence, with what could be done instead."""

    reason: str


def build(
    draft: Draft,
    sku: Sku,
    quantity: int = 1,
    *,
    share: Decimal = Decimal("0.05"),
    waste_ml: Decimal = Decimal(0),
    default_in_use_days: int = 28,
) -> Built | Unbuildable:
    """The directions that an draft makes for a SKU; refused where no syringe measures a dose within ``share`` of it.

    Never raises. What it answers reads back as the draft, with no word unread and no amount that disagrees.
    """
    refused = _unsaid(draft)
    if refused:
        return Unbuildable(refused)
    of = strength(sku, WAYS[draft.route][0].casefold())
    measured = [_measured(step, draft, sku, of, Fraction(share)) for step in draft.steps]
    doses = [item for item in measured if not isinstance(item, Unbuildable)]
    if len(doses) < len(measured):
        return next(item for item in measured if isinstance(item, Unbuildable))
    text = _text(draft, doses, of)
    reading = read(text, sku)
    wrong = _reads_otherwise(reading, draft, sku, Decimal(share))
    if wrong:
        return Unbuildable(wrong)
    lasts = supply(reading, sku, quantity, waste_ml=waste_ml, default_in_use_days=default_in_use_days)
    return Built(text, reading, tuple(doses), lasts)


def _unsaid(draft: Draft) -> str | None:
    """What is wrong with the parts themselves, whatever the SKU."""
    if draft.route not in WAYS:
        return "Choose a route."
    if draft.frequency not in FREQUENCIES:
        return "Choose a frequency."
    if not draft.steps or any(not step.dose.is_finite() or step.dose <= 0 for step in draft.steps):
        return "The dose must be more than 0."
    if not goes_by(draft.unit, WAYS[draft.route][0].casefold(), draft.route):
        return f"A dose in {_plural(draft.unit)} cannot be given by the {draft.route} route."
    lengths = [step.days for step in draft.steps]
    if any(days is not None and not 1 <= days <= MOST_DAYS for days in lengths):
        return f"A step lasts from 1 to {MOST_DAYS} days."
    if None in lengths[:-1]:
        return "Say how many days each dose goes on before the next begins."
    return _not_whole(draft)


def _not_whole(draft: Draft) -> str | None:
    if not draft.unit.is_piece:
        return None
    parts = _PARTS.get(draft.unit, 1)
    for step in draft.steps:
        if Fraction(step.dose) * parts % 1:
            divided = {1: "is whole", 2: "can be halved", 4: "can be quartered"}[parts]
            return f"A {draft.unit} {divided}: {number(Fraction(step.dose))} cannot be given."
    return None


def _measured(step: DraftStep, draft: Draft, sku: Sku, of: Strength, share: Fraction) -> Measured | Unbuildable:
    dose = Dose(Fraction(step.dose), Fraction(step.dose), draft.unit)
    mg, ml = of.mg(dose), of.ml(dose)
    if draft.unit.is_piece:
        return Measured(mg, None, ())
    if ml is None and draft.route in INJECTED:
        return Unbuildable(f"The catalog does not tell the concentration of {sku.name}: {dose} is no known volume.")
    if ml is None:
        return Measured(mg, None, ())
    if sku.volume_ml and ml > sku.volume_ml:
        held = number(Fraction(sku.volume_ml))
        return Unbuildable(f"{dose} is {number(ml)} mL, more than the {held} mL that one container holds.")
    if draft.route not in INJECTED:
        return Measured(mg, ml, marks(ml, share, in_units=False))
    best_marks = marks(ml, share, in_units=draft.route == "subcutaneous")
    return Measured(mg, ml, best_marks) if best_marks else Unbuildable(_between_marks(dose, ml, of))


def _between_marks(dose: Dose, ml: Fraction, of: Strength) -> str:
    volume = f"{dose} is {number(ml)} mL ({number(ml * SYRINGE_UNITS_PER_ML)} syringe units)"
    if ml > LARGEST.holds_ml:
        return f"{volume}, more than the largest syringe holds ({number(LARGEST.holds_ml)} mL)."
    instead = " or ".join(_volume_in_words(nearest, dose, of) for nearest in nearest_volumes(ml))
    smallest = number(FINEST.step_ml * SYRINGE_UNITS_PER_ML)
    where = "less than the smallest mark" if ml < FINEST.step_ml else "on no mark"
    return f"{volume}, {where} of any syringe (the finest has one every {smallest} unit). Measurable: {instead}."


def _volume_in_words(ml: Fraction, dose: Dose, of: Strength) -> str:
    units = f"{number(ml * SYRINGE_UNITS_PER_ML)} syringe units"
    mg = of.mg(Dose(ml, ml, Unit.ML)) if dose.unit in MASSES else None
    return units if mg is None else f"{number(mg)} mg ({units})"


def _text(draft: Draft, doses: list[Measured], of: Strength) -> str:
    """``Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly for 28 days, then 0.5 mg (...) once weekly.``"""
    action, route_words = WAYS[draft.route]
    when = " ".join(part for part in (draft.frequency, draft.time_of_day, "as needed" * draft.as_needed) if part)
    sentences = []
    for number_of, (step, dose) in enumerate(zip(draft.steps, doses, strict=True)):
        amount = _amount(step, draft, dose, of)
        lasting = f" for {step.days} day{'s' * (step.days != 1)}" if step.days else ""
        begins = f"{action} {amount} {route_words}" if not number_of else amount
        sentences.append(f"{begins} {when}{lasting}")
    notes = draft.notes.strip()
    return f"{', then '.join(sentences)}.{f' {notes}' if notes else ''}"


def _amount(step: DraftStep, draft: Draft, dose: Measured, of: Strength) -> str:
    """The dose with its equivalents; an injection's mg come first, what is drawn is that of the best mark."""
    stated = Dose(Fraction(step.dose), Fraction(step.dose), draft.unit)
    if draft.route not in INJECTED or not dose.marks:
        mg = dose.mg is not None and draft.unit not in MASSES and f"{_grouped(dose.mg)} mg"
        return f"{_said(stated)} ({mg})" if mg else _said(stated)
    best = dose.marks[0]
    drawn = [f"{_grouped(best.ml)} mL"]
    if best.syringe.in_units and not of.takes_iu:
        drawn.insert(0, _said(Dose(*(best.ml * SYRINGE_UNITS_PER_ML,) * 2, Unit.UNITS)))
    if draft.unit in MASSES or of.takes_iu:
        first = _said(stated)
    else:
        first = f"{_grouped(best.ml * of.mg_per_ml)} mg" if of.mg_per_ml else drawn.pop(0)
    return f"{first} ({' = '.join(drawn)})" if drawn else first


def _said(dose: Dose) -> str:
    _, _, unit = str(dose).partition(" ")
    return f"{_in_parts(dose.high) if dose.unit and dose.unit.is_piece else _grouped(dose.high)} {unit}"


def _in_parts(value: Fraction) -> str:
    """``1/2``, ``1 1/2``: pieces are counted in parts, so that no decimal point can be lost."""
    integer, part = divmod(value, 1)
    return " ".join(str(item) for item in (integer, part) if item) or "0"


def _grouped(value: Fraction) -> str:
    """A number with a comma at thousands, a zero before its point and none at its end (ISMP)."""
    integer, point, rest = number(value).partition(".")
    return f"{int(integer):,}{point}{rest}"


def _plural(unit: Unit) -> str:
    return f"{unit}s" if unit.is_piece and unit is not Unit.SUPPOSITORY else str(unit)


def _reads_otherwise(reading: ParsedSig, draft: Draft, sku: Sku, share: Decimal) -> str | None:
    """Why the text does not say what was ordered, in words; None where it does."""
    if reading.certainty is Certainty.AMBIGUOUS:
        return f"These do not go together; they could be read as: {'; or '.join(reading.readings)}."
    if reading.certainty is not Certainty.READ:
        words = ", ".join(f"“{word}”" for word in reading.unread)
        return f"Not understood, and it could change the dose: {words or ', '.join(reading.missing)}."
    if disagreements(reading, sku, tolerance_units=Decimal("0.5"), tolerance_share=share):
        return "The amounts would not agree with the concentration."
    rates = {segment.per_week.high for segment in reading.segments if segment.per_week}
    lengths = [segment.days for segment in reading.segments]
    if rates != {FREQUENCIES[draft.frequency]} or lengths != [step.days for step in draft.steps]:
        return "These do not go together: the notes change how often or how long."
    return None
