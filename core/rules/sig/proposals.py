"""What the prescriber could be asked to sign instead of directions that a pharmacy would send back.

Proposals only: directions are the prescriber's, and nothing here changes them (rules.md, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.agreement import disagreements
from core.rules.sig.builder import FREQUENCIES, INJECTED, Built, Draft, DraftStep, TimeOfDay, build
from core.rules.sig.reader import read
from core.rules.sig.strength import strength
from core.rules.sig.values import Dose, ParsedSig, Rate, Segment, decimal
from core.rules.sig.vocabulary import MASSES, Unit


class Proposal(NamedTuple):
    """Directions to ask for, and when they are the right ones."""

    when: str
    text: str


_Chosen = Callable[[Segment], Dose | None]

_TIMES: Final = {"morning": TimeOfDay.MORNING, "evening": TimeOfDay.EVENING, "bedtime": TimeOfDay.BEDTIME}


def proposals(
    reading: ParsedSig, sku: Sku, *, share: Decimal = Decimal("0.05"), tolerance_units: Decimal = Decimal("0.5")
) -> tuple[Proposal, ...]:
    """Directions to ask the prescriber for; none where nothing is wrong with these, or nothing better can be said.

    Amounts that disagree: the corrected equivalents, once for each amount that could be the one meant. An injection
    without mg: the same with its mg. Directions that cannot be read: the usual ones of the SKU, at this dose where it
    is known.
    """
    return _proposals(reading.text, sku, share, tolerance_units)


@lru_cache(maxsize=4096)
def _proposals(text: str, sku: Sku, share: Decimal, tolerance_units: Decimal) -> tuple[Proposal, ...]:
    reading = read(text, sku)
    candidates = [
        *_corrected(reading, sku, share, tolerance_units),
        *_with_mg(reading, sku, share),
        *_usual(reading, sku, share),
    ]
    texts = {proposal.text: proposal for proposal in reversed(candidates) if proposal.text != reading.text.strip()}
    return tuple(proposal for proposal in candidates if texts.get(proposal.text) is proposal)


def usual(dose_mg: Fraction, sku: Sku, *, share: Decimal = Decimal("0.05")) -> str | None:
    """The usual directions of the SKU at a dose; None where it has none, or no syringe measures the dose."""
    if not sku.usual_sig.strip():
        return None
    reading = read(sku.usual_sig.strip(), sku)
    if reading.mg_per_dose is not None and Fraction(reading.mg_per_dose) == dose_mg:
        return sku.usual_sig.strip()
    dose = Dose(dose_mg, dose_mg, Unit.MG)
    return _rewritten(reading, sku, lambda segment: dose, share)


def frequency_of(reading: ParsedSig) -> str | None:
    """How FREQUENCIES says the reading's rate; None where it has none, or several."""
    return _frequency(reading.segments)


def _corrected(reading: ParsedSig, sku: Sku, share: Decimal, tolerance_units: Decimal) -> Iterator[Proposal]:
    if not disagreements(reading, sku, tolerance_units=tolerance_units, tolerance_share=share):
        return
    for unit, chosen in (("mg", _mass), ("mL", _volume), ("units", _units)):
        text = _rewritten(reading, sku, chosen, share)
        if text:
            yield Proposal(f"if the {unit} are meant", text)


def _with_mg(reading: ParsedSig, sku: Sku, share: Decimal) -> Iterator[Proposal]:
    of = strength(sku, reading.action)
    if not of.mg_per_ml or any(_mass(segment) for segment in reading.segments):
        return
    text = _rewritten(reading, sku, lambda segment: _volume(segment) or _units(segment), share)
    if text and reading.route in INJECTED:
        yield Proposal("the same dose, with its mg", text)


def _usual(reading: ParsedSig, sku: Sku, share: Decimal) -> Iterator[Proposal]:
    """Only for directions that are not understood: nobody is asked to sign the usual ones instead of clear others."""
    if not (reading.missing or reading.unread or len(reading.alternatives) > 1):
        return
    doses = {segment.dose for segments in reading.alternatives for segment in segments if segment.dose}
    of = strength(sku, reading.action)
    for dose in sorted(doses, key=lambda dose: dose.high):
        mg = of.mg(dose)
        text = usual(mg, sku, share=share) if mg and dose.low == dose.high else None
        if text:
            yield Proposal(f"the usual directions at {dose}", text)
    if not doses and sku.usual_sig.strip():
        yield Proposal("the usual directions of this SKU", sku.usual_sig.strip())


def _rewritten(reading: ParsedSig, sku: Sku, chosen: _Chosen, share: Decimal) -> str | None:
    """The same directions with the chosen amount as the dose, built anew; None where that cannot be said."""
    segments = reading.segments
    frequency = _frequency(segments)
    doses = [chosen(segment) for segment in segments]
    exact = [dose for dose in doses if dose is not None and dose.unit is not None and dose.low == dose.high]
    side_by_side = len({segment.step for segment in segments}) < len(segments)
    if frequency is None or reading.route is None or side_by_side or not exact or len(exact) < len(doses):
        return None
    unit = exact[0].unit
    if unit is None or any(dose.unit is not unit for dose in exact):
        return None
    steps = tuple(DraftStep(decimal(dose.high), segment.days) for dose, segment in zip(exact, segments, strict=True))
    draft = Draft(steps, unit, reading.route, frequency, _time_of_day(reading.text), as_needed=reading.as_needed)
    built = build(draft, sku, share=share)
    return built.text if isinstance(built, Built) and _as_often(built.reading, segments) else None


def _as_often(built: ParsedSig, segments: tuple[Segment, ...]) -> bool:
    return [segment.per_week for segment in built.segments] == [segment.per_week for segment in segments]


def _frequency(segments: tuple[Segment, ...]) -> str | None:
    rates = {segment.per_week for segment in segments}
    rate = rates.pop() if len(rates) == 1 else None
    return None if rate is None else _said(rate)


def _said(rate: Rate) -> str | None:
    """The plainest way of saying a rate; named days and cycles are not guessed."""
    plain = (words for words, per_week in FREQUENCIES.items() if per_week == rate.high and "on" not in words.split())
    return next(plain, None)


def _time_of_day(text: str) -> TimeOfDay | None:
    words = text.casefold()
    return next((time for word, time in _TIMES.items() if word in words), None)


def _mass(segment: Segment) -> Dose | None:
    return next((amount for amount in segment.amounts if amount.unit in MASSES), None)


def _volume(segment: Segment) -> Dose | None:
    return next((amount for amount in segment.amounts if amount.unit is Unit.ML), None)


def _units(segment: Segment) -> Dose | None:
    return next((amount for amount in segment.amounts if amount.unit in {Unit.UNITS, Unit.IU}), None)
