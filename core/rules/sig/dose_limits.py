"""Doses that cannot be given: that no piece or syringe makes, that no container holds, that nobody takes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.agreement import disagreements, in_times
from core.rules.sig.builder import parts_of
from core.rules.sig.product import form_conflicts, product, route_conflicts
from core.rules.sig.reader import read
from core.rules.sig.strength import SYRINGE_UNITS_PER_ML, Strength, mg_per_dose, ml_per_dose, pieces_per_dose, strength
from core.rules.sig.syringes import FINEST
from core.rules.sig.values import Certainty, Dose, ParsedSig, Segment, number
from core.rules.sig.vocabulary import Unit

_INJECTED: Final = frozenset({"subcutaneous", "intramuscular", "intravenous", "intracavernosal", "intradermal"})
_SOLID: Final = frozenset(
    {Unit.CAPSULE, Unit.TABLET, Unit.TROCHE, Unit.SUPPOSITORY, Unit.PATCH, Unit.PILL, Unit.FILM, Unit.PEN}
)
_PUMPED: Final = frozenset({Unit.CLICK, Unit.PUMP})
_UPPER_ARM: Final = frozenset({"deltoid", "deltoid muscle", "arm", "arms", "upper arm", "shoulder", "shoulders"})
_SHORTEST_COURSE: Final = 7
"""Days from which a step's weekly amount is that of weeks."""


class DoseLimits(NamedTuple):
    """The most at once, each from its setting; ``times_usual`` is a multiple of the SKU's usual dose, ``weekly_times``
    of its usual week; ``a_day`` are doses of what is usually taken less often."""

    pieces: Fraction
    metered: Fraction
    clicks: Fraction
    ml_subcutaneous: Fraction
    ml_deltoid: Fraction
    ml_intramuscular: Fraction
    times_usual: Fraction
    weekly_times: Fraction
    a_day: Fraction


PerDose = Callable[[Segment, Strength], Fraction | None]
_MEASURES: Final[tuple[tuple[str, PerDose], ...]] = (
    ("mg", mg_per_dose), ("pieces", pieces_per_dose), ("mL", ml_per_dose),
)  # fmt: skip
"""What usual doses are compared in, the first that is known: a drug dosed in units has no mg."""


class UsualDose(NamedTuple):
    """A SKU's usual dose and week in one unit, how often a day, and what tells the same of another dose."""

    unit: str
    per_dose: PerDose
    dose: Fraction
    week: Fraction
    a_day: Fraction
    as_needed: bool


def unmeasurable(reading: ParsedSig, sku: Sku | None, share: Fraction) -> tuple[str, ...]:
    """Sentences on doses that cannot be made of the SKU within ``share``: part of a capsule, under a syringe's mark,
    more than a container holds."""
    if sku is None:
        return ()
    of = strength(sku, reading.action)
    injected = reading.route in _INJECTED or (reading.route is None and bool(product(sku).routes & _INJECTED))
    sentences = [
        sentence
        for segment in _segments(reading)
        for sentence in (*_of_volume(segment, sku, of, injected), *_of_pieces(segment, sku, of, share))
    ]
    return tuple(dict.fromkeys(sentences))


def _segments(reading: ParsedSig) -> Iterable[Segment]:
    return dict.fromkeys(segment for segments in reading.alternatives for segment in segments)


def _of_volume(segment: Segment, sku: Sku, of: Strength, injected: bool) -> Iterator[str]:
    ml, least = ml_per_dose(segment, of), ml_per_dose(_lower(segment), of)
    if ml is None or segment.dose is None:
        return
    if injected and least and least < FINEST.step_ml:
        units = number(least * SYRINGE_UNITS_PER_ML)
        smallest = number(FINEST.step_ml * SYRINGE_UNITS_PER_ML)
        yield f"{segment.dose} is {units} syringe units, less than the smallest mark of any syringe ({smallest} unit)."
    if sku.volume_ml and ml > Fraction(sku.volume_ml):
        held = number(Fraction(sku.volume_ml))
        yield f"{segment.dose} is {number(ml)} mL, more than the {held} mL that one container holds."


def _lower(segment: Segment) -> Segment:
    """The segment at the lower ends of its amounts."""
    dose = segment.dose
    lower = None if dose is None else Dose(dose.low, dose.low, dose.unit)
    return Segment(segment.step, lower, segment.per_week, segment.days, tuple(
        Dose(other.low, other.low, other.unit) for other in segment.equivalents
    ))  # fmt: skip


def _of_pieces(segment: Segment, sku: Sku, of: Strength, share: Fraction) -> Iterator[str]:
    piece = next(iter(product(sku).pieces or ()), None)
    if sku.volume_ml is not None or piece is None or segment.dose is None:
        return
    for end in (segment, _lower(segment)):
        count = pieces_per_dose(end, of)
        if not count:
            continue
        parts = parts_of(sku.form)
        made = Fraction(round(count * parts), parts)
        if abs(made - count) > share * count:
            yield f"{end.dose} is {number(count)} of a {sku.form.casefold()} of {sku.name}: that cannot be given."
        if count > sku.pieces:
            yield f"{end.dose} is {number(count)} pieces, more than the {sku.pieces} of one pack."


def implausible(
    reading: ParsedSig, sku: Sku | None, limits: DoseLimits, *, against_usual: bool = True
) -> tuple[str, ...]:
    """Sentences on doses larger than anybody takes at once, or, ``against_usual``, far from the SKU's usual ones."""
    of = strength(sku, reading.action)
    sentences = [
        *(sentence for segment in _segments(reading) for sentence in _at_once(segment, reading, sku, of, limits)),
        *(_far_from_usual(reading, sku, of, limits) if sku is not None and against_usual else ()),
    ]
    return tuple(dict.fromkeys(sentences))


def _at_once(segment: Segment, reading: ParsedSig, sku: Sku | None, of: Strength, limits: DoseLimits) -> Iterator[str]:
    dose = segment.dose
    if dose is None:
        return
    ml = ml_per_dose(segment, of)
    most, where = _most_ml(reading, limits)
    if ml is not None and most is not None and ml > most:
        yield f"{dose} is {number(ml)} mL at once; the most {where} is {number(most)} mL."
    counted = dose.unit is not None and dose.unit.is_piece
    solid = dose.unit in _SOLID if counted else sku is not None and sku.volume_ml is None
    pumped = dose.unit in _PUMPED and reading.route not in _INJECTED
    pieces = pieces_per_dose(segment, of)
    most_pieces = limits.pieces if solid else limits.clicks if pumped else limits.metered
    if pieces is not None and (counted or solid) and pieces > most_pieces:
        yield f"{dose} is {number(pieces)} pieces at once; the most is {number(most_pieces)}."


def _most_ml(reading: ParsedSig, limits: DoseLimits) -> tuple[Fraction | None, str]:
    if reading.route == "subcutaneous":
        return limits.ml_subcutaneous, "under the skin"
    if reading.route != "intramuscular":
        return None, ""
    if reading.sites and _UPPER_ARM.issuperset(reading.sites):
        return limits.ml_deltoid, "into the upper arm"
    return limits.ml_intramuscular, "into a muscle"


@lru_cache(maxsize=4096)
def _usual(sku: Sku) -> UsualDose | None:
    """The SKU's usual dose and week; None where its usual directions are none, or not this SKU's."""
    reading = read(sku.usual_sig.strip(), sku)
    of = strength(sku, reading.action)
    contradicted = disagreements(reading, sku, tolerance_units=Decimal("0.5"), tolerance_share=Decimal("0.05"))
    unfit = contradicted or any(route_conflicts(reading, sku)) or any(form_conflicts(reading, sku))
    if reading.certainty is not Certainty.READ or unfit or not reading.segments:
        return None
    for unit, per_dose in _MEASURES:
        dose = per_dose(reading.segments[0], of)
        if dose is not None:
            week = _highest_week(reading.segments, of, per_dose)
            return UsualDose(unit, per_dose, dose, week, _times_a_day(reading.segments), reading.as_needed)
    return None


def _far_from_usual(reading: ParsedSig, sku: Sku, of: Strength, limits: DoseLimits) -> Iterator[str]:
    usual = _usual(sku)
    a_day = max(map(_times_a_day, reading.alternatives), default=Fraction(0))
    if a_day > max(limits.a_day, usual.a_day if usual else 0) and (usual or not reading.as_needed):
        yield f"{number(a_day)} doses a day of {sku.name} are more than {number(limits.a_day)}, the most that is usual."
    if usual is None:
        return
    for segment in _segments(reading):
        dose = usual.per_dose(segment, of)
        if dose and (dose >= limits.times_usual * usual.dose or dose * limits.times_usual <= usual.dose):
            times = in_times(dose / usual.dose).replace("the dose", "the usual dose")
            yield f"{segment.dose} is {times} of {sku.name} ({number(usual.dose)} {usual.unit})."
    weeks = [_highest_week(segments, of, usual.per_dose) for segments in reading.alternatives]
    week = max(weeks, default=Fraction(0))
    scheduled_daily = usual.a_day >= 1 and not (reading.as_needed or usual.as_needed)  # an injection may be monthly
    too_little = scheduled_daily and 0 < week * limits.weekly_times <= usual.week
    if usual.week and (too_little or week >= limits.weekly_times * usual.week):
        times = in_times(week / usual.week).replace("the dose", "the usual week")
        yield f"{number(week)} {usual.unit} a week is {times} of {sku.name} ({number(usual.week)} {usual.unit})."


def _times_a_day(segments: Iterable[Segment]) -> Fraction:
    """Doses a day of the step that has the most."""
    steps = (list(step) for _, step in groupby(segments, key=lambda segment: segment.step))
    weekly = [sum((one.per_week.high for one in step if one.per_week), Fraction(0)) for step in steps]
    return max(weekly, default=Fraction(0)) / 7


def _highest_week(segments: Iterable[Segment], of: Strength, per_dose: PerDose) -> Fraction:
    weeks = []
    for _, step in groupby(segments, key=lambda segment: segment.step):
        doses = [segment for segment in step if segment.days is None or segment.days >= _SHORTEST_COURSE]
        doses_and_rates = [(per_dose(segment, of), segment.per_week) for segment in doses]
        weeks.append(sum((dose * rate.high for dose, rate in doses_and_rates if dose and rate), Fraction(0)))
    return max(weeks, default=Fraction(0))
