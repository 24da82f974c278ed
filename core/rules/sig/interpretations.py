"""Steps told, as readings: every combination of dose and rate that fits, side by side or one after another."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, product
from math import ceil

from core.rules.sig.assembly import Arm, Assembly, SigStep
from core.rules.sig.elements import Either, Lasting, Often
from core.rules.sig.maxima import day_share, doses_a_week, limited
from core.rules.sig.strength import Strength
from core.rules.sig.values import Dose, Rate, Segment

_MOST_INTERPRETATIONS = 8
_ONCE_THAT_DAY = Rate(Fraction(7), Fraction(7))

Interpretation = tuple[Segment, ...]


def interpretations_of(assembly: Assembly) -> tuple[Interpretation, ...]:
    """Every reading that fits, the one as written first; at most a few are told.

    Steps of which nobody can say when the next begins are readings instead of one another.
    """
    steps = [step for step in assembly.steps if not step.is_empty]
    _inherit(steps)
    interpretations = [interpretation for run in _runs(steps) for interpretation in _of_run(run, assembly.strength)]
    return _distinct(interpretations) or ((),)


def _distinct(interpretations: list[Interpretation]) -> tuple[Interpretation, ...]:
    """Each way once; a lone one, which most directions have, is not hashed for that."""
    return tuple(interpretations) if len(interpretations) < 2 else tuple(dict.fromkeys(interpretations))


def _runs(steps: list[SigStep]) -> Iterator[list[SigStep]]:
    """Steps that follow one another, cut after each that has no length."""
    start = 0
    for end, step in enumerate(steps, 1):
        if step.lasting is None or end == len(steps):
            yield steps[start:end]
            start = end


def _of_run(steps: list[SigStep], of: Strength) -> Iterator[Interpretation]:
    per_step = [_of_step(number, step, of) for number, step in enumerate(steps, 1)]
    for interpretation in islice(product(*per_step), _MOST_INTERPRETATIONS):
        yield tuple(segment for part in interpretation for segment in part)


def _inherit(steps: list[SigStep]) -> None:
    """A step that tells only a dose keeps the timing before it, and the other way round; so do steps before it.

    A timing told last goes back over the steps only where each changes the dose: else it is what changed.
    """
    bare = len(steps) > 1 and len(steps[-1].arms) == 1 and not any(step.timed or step.lead for step in steps[:-1])
    if bare and all(_changes_dose(*pair) for pair in pairwise(steps)):
        for step in steps[:-1]:
            step.arms[-1].timing, step.lead = steps[-1].arms[0].timing, list(steps[-1].lead)
    for before, after in pairwise(steps):
        kept, arm = before.arms[-1], after.arms[0]
        if not arm.doses:
            arm.doses, arm.equivalents, arm.sites = list(kept.doses), list(kept.equivalents), kept.sites
        if not after.arms[-1].timing and not after.lead and len(after.arms) == 1 and not after.as_needed:
            arm.timing, after.lead = kept.timing, list(before.lead)


def _changes_dose(before: SigStep, after: SigStep) -> bool:
    return bool(after.arms[0].doses) and after.arms[0].doses != before.arms[-1].doses


def _of_step(number: int, step: SigStep, of: Strength) -> list[Interpretation]:
    arms = _settled(step.arms)
    _share_lead(arms, step.lead)
    choices = [_of_arm(number, arm, step, of, len(arms) == 1) for arm in arms]
    if len(arms) == 1 or side_by_side(arms):
        return [
            tuple(segment for part in interpretation for segment in part)
            for interpretation in islice(product(*choices), _MOST_INTERPRETATIONS)
        ]
    return [interpretation for choice in choices for interpretation in choice]


def _settled(arms: list[Arm]) -> list[Arm]:
    """A later dose without a timing of its own contradicts the one before it, or repeats it."""
    kept = arms[:1]
    for arm in arms[1:]:
        if arm.timing:
            kept.append(arm)
        else:
            kept[-1].doses += [dose for dose in arm.doses if dose not in kept[-1].doses]
    return kept


def _share_lead(arms: list[Arm], lead: list[Often | Either]) -> None:
    """A frequency told before the doses belongs to all of them; "twice daily: one ..., two ..." counts them."""
    slots = sum(len(arm.timing.slot_keys) for arm in arms)
    for often in lead:
        is_total = isinstance(often, Often) and often.low == often.high and often.high in {7, slots * 7}
        if len(arms) > 1 and slots and is_total:
            continue
        for arm in arms:
            arm.timing.add(often, None)


def side_by_side(arms: list[Arm]) -> bool:
    """Whether the doses have times of day or days of the week that no other has."""
    if any(arm.instead for arm in arms) or any(often.interval_days > 1 for arm in arms for often in arm.timing.often):
        return False
    slots = [arm.timing.slot_keys for arm in arms]
    days = [arm.timing.named_days for arm in arms]
    return _disjoint(slots) or _disjoint(days)


def _disjoint(sets: list[frozenset[str | int]] | list[frozenset[int]]) -> bool:
    return all(sets) and sum(map(len, sets)) == len(frozenset().union(*sets))


def _of_arm(number: int, arm: Arm, step: SigStep, of: Strength, alone: bool) -> list[Interpretation]:
    doses: list[Dose | None] = [*arm.doses] or [None]
    rates: list[Rate | None] = [*arm.timing.rates()] or [_ONCE_THAT_DAY if step.lasting == Lasting(1) else None]
    return [
        (_segment(number, dose, _limited(rate, dose, arm, step, of, alone), arm, step.lasting),) * arm.sites
        for dose in doses
        for rate in rates
    ]


def _limited(rate: Rate | None, dose: Dose | None, arm: Arm, step: SigStep, of: Strength, alone: bool) -> Rate | None:
    """The rate under the step's maxima; of doses side by side none is raised or lowered by what holds of all."""
    if not (step.limits or step.as_needed):
        return rate
    if not alone and rate is not None:
        return Rate(Fraction(0) if step.as_needed else rate.low, rate.high)
    amounts = [] if dose is None else [dose, *arm.equivalents]
    caps = [
        (limit, cap * day_share(limit, arm.timing) / (arm.sites if limit.unit else 1))
        for limit, _ in step.limits
        if (cap := doses_a_week(limit, amounts, of)) is not None
    ]
    return limited(rate, caps, step.as_needed, arm.timing.longest_interval)


def _segment(number: int, dose: Dose | None, rate: Rate | None, arm: Arm, lasting: Lasting | None) -> Segment:
    return Segment(number, dose, rate, _days(lasting, rate), tuple(arm.equivalents))


def _days(lasting: Lasting | None, rate: Rate | None) -> int | None:
    if lasting is None or lasting.days is not None:
        return lasting.days if lasting else None
    return ceil((lasting.doses or 0) * 7 / rate.high) if rate else None
