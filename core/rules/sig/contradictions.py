"""Why directions are not read although every word was: what was told does not go together, or does not end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final, NamedTuple

from core.rules.sig.assembly import Arm, Assembly, SigStep
from core.rules.sig.compatibility import routes_of
from core.rules.sig.elements import MaximumDose
from core.rules.sig.interpretations import side_by_side
from core.rules.sig.maxima import amount_in, day_share, doses_a_week
from core.rules.sig.strength import same_share
from core.rules.sig.values import Dose
from core.rules.sig.vocabulary import MASSES

_FEW_TIMES: Final = frozenset({2, 3, 4})
"""How many times its rate a maximum amount may be and still be one of doses."""
_TRAILING: Final = frozenset({"thereafter", "that", "afterwards"})
"""Last words of what may stand after the step that it begins: "40 units thereafter"."""
_LONGEST_COURSE: Final = 400
_OF_DAYS: Final = frozenset({"day", "days"})
_ROUNDING: Final = Fraction(1001, 1000)
"""What a maximum may be exceeded by where both were rounded: 16.7 units of 0.5 mg."""


class Contradiction(NamedTuple):
    """Words, as written, that keep directions from being read, and what is wrong with them in a sentence."""

    words: tuple[str, ...]
    sentence: str = ""


def contradictions(assembly: Assembly) -> tuple[Contradiction, ...]:
    """Everything that does not go together; empty where all agrees."""
    checks: list[Callable[[Assembly], Iterable[Contradiction]]] = []
    for step in assembly.steps:  # most directions are one plain step: only the checks that can fail are begun
        if step.lasting is not None:
            checks += (_too_short, _once_or_again)
        if step.limits:
            checks += (_uncounted, _over_maximum)
        if len(step.arms) > 1:
            checks.append(_repeated)
    if len(assembly.steps) > 1:
        checks = [*dict.fromkeys(checks), _unfinished]
    if assembly.told_strength is not None:
        checks.append(_misstated)
    if assembly.depth:
        checks.append(_unclosed)
    checks += (_misplaced, _clashing)
    return tuple([contradiction for check in checks for contradiction in check(assembly)])


def _unfinished(assembly: Assembly) -> Iterator[Contradiction]:
    """The words that begin a step whose predecessor has no length: nobody can say when."""
    steps = [step for step in assembly.steps if not step.is_empty]
    for before, after in pairwise(steps):
        if before.lasting is None:
            yield Contradiction(after.begun_by)
    begun_by = assembly.steps[-1].begun_by
    lost = assembly.steps[-1].is_empty and not assembly.doubtful
    if lost and begun_by[-1].casefold() not in _TRAILING:  # "then maintenance" tells of a dose that nobody knows
        yield Contradiction(begun_by)


def _uncounted(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of a maximum that is in another unit than the dose: it could not be applied."""
    for step in assembly.steps:
        for limit, words in step.limits:
            if any(doses_a_week(limit, amounts, assembly.strength) is None for _, amounts in _doses(step)):
                yield Contradiction(words)


def _doses(step: SigStep) -> Iterator[tuple[Arm, list[Dose]]]:
    for arm in step.arms:
        for dose in arm.doses:
            yield arm, [dose, *arm.equivalents]


def _too_short(assembly: Assembly) -> Iterator[Contradiction]:
    """A step that ends before its second dose is due: "every other month for 14 days"; or before its days on do."""
    for step in assembly.steps:
        if step.lasting is None:
            continue
        days = step.lasting.days
        if days and days > _LONGEST_COURSE:
            yield Contradiction((), f"They go on for {days} days, longer than any prescription.")
        if days and any(often.interval_days > days for arm in step.arms for often in arm.timing.often):
            yield Contradiction((), f"The doses are further apart than the {days} days that they go on.")
        if days and any(arm.timing.cycle and arm.timing.cycle.on_days > days for arm in step.arms):
            yield Contradiction((), f"The days on are more than the {days} days that they go on.")


def _over_maximum(assembly: Assembly) -> Iterator[Contradiction]:
    """A maximum that the directions themselves exceed, or of which nobody can say what it raises."""
    steps = [step for step in assembly.steps if not step.is_empty]
    for limited_step in steps:
        for limit, words in limited_step.limits:
            written = " ".join(words)
            if any(_exceeds(limit, step, assembly) for step in steps) or _told_otherwise(limit, limited_step, assembly):
                yield Contradiction(words, f"The maximum (“{written}”) is below the dose and frequency.")
            elif _raises_unclearly(limit, limited_step, assembly, several=len(steps) > 1):
                yield Contradiction(words, f"The maximum (“{written}”) could raise the dose or the frequency.")


def _exceeds(limit: MaximumDose, step: SigStep, assembly: Assembly) -> bool:
    """Whether one dose, or the least that the schedule takes, is more than a maximum."""
    single, total = _least(limit, step, assembly)
    over_one_dose = limit.unit is not None and single > limit.most * _ROUNDING
    over_total = _is_bound(limit, step) and total > limit.most * 7 / limit.days * _ROUNDING
    return over_one_dose or over_total or any(_comes_too_soon(limit, arm, assembly) for arm in step.arms)


def _comes_too_soon(limit: MaximumDose, arm: Arm, assembly: Assembly) -> bool:
    """Whether doses follow sooner than a maximum of one dose lets them, or a range's upper rate is above it."""
    counts = [ends[0] for ends in _all_counted(limit, arm, assembly)]
    least = min(counts, default=Fraction(0))
    most_a_week = limit.most * 7 / limit.days * _ROUNDING
    return any(
        limit.most < 2 * least
        if often.interval_days < limit.days
        else often.low < often.high and least * often.high > most_a_week
        for often in arm.timing.often
    )


def _is_bound(limit: MaximumDose, step: SigStep) -> bool:
    """Whether the rate must keep a maximum: as needed, hours between doses and rates of a shorter time need not."""
    often = [rate for arm in step.arms for rate in arm.timing.often]
    return not step.as_needed or any(rate.interval_days >= 1 and limit.days <= rate.interval_days for rate in often)


def _told_otherwise(limit: MaximumDose, step: SigStep, assembly: Assembly) -> bool:
    """Whether another maximum for the same time allows another number of doses."""
    amounts = next((amounts for _, amounts in _doses(step)), [])
    doses = [doses_a_week(other, amounts, assembly.strength) for other, _ in step.limits if other.days == limit.days]
    return len({count for count in doses if count is not None}) > 1


def _raises_unclearly(limit: MaximumDose, step: SigStep, assembly: Assembly, *, several: bool) -> bool:
    if step.as_needed:
        return False
    _, total = _least(limit, step, assembly)
    if not total or total >= limit.most * 7 / limit.days / _ROUNDING:
        return False
    amounts_permitted = limit.permits and limit.unit is not None
    oftener = limit.permits and any(arm.timing.interval_days > limit.days for arm in step.arms)
    if limit.unit is not None and (limit.most * 7 / limit.days / total) not in _FEW_TIMES:
        return True  # no number of doses: it is the dose that may be raised
    spread = any(rate.low < rate.high for arm in step.arms for rate in arm.timing.rates())
    return oftener or (not spread and (amounts_permitted or several or len(step.arms) > 1))


def _least(limit: MaximumDose, step: SigStep, assembly: Assembly) -> tuple[Fraction, Fraction]:
    """The largest single dose, at the upper end, and the least a week, at the lower, in what the maximum counts."""
    single = total = Fraction(0)
    for arm in step.arms:
        counted = _all_counted(limit, arm, assembly)
        if not counted:
            continue
        single = max(single, min(high for _, high in counted))
        least = min(low for low, _ in counted)
        rates = arm.timing.rates()
        a_week = least * min((rate.low for rate in rates), default=Fraction(0)) * (arm.sites if limit.unit else 1)
        total += a_week / day_share(limit, arm.timing)
    return single, total


def _all_counted(limit: MaximumDose, arm: Arm, assembly: Assembly) -> list[tuple[Fraction, Fraction]]:
    """Both ends of each dose in what the maximum counts; none of a dose that does not convert."""
    if limit.unit is None:
        return [(Fraction(1), Fraction(1))] * len(arm.doses)
    counts = [amount_in(limit.unit, [dose, *arm.equivalents], assembly.strength) for dose in arm.doses]
    return [ends for ends in counts if ends is not None]


def _misplaced(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of a route that the action does not go by: "inject ... by mouth"."""
    if assembly.route is not None and assembly.route not in routes_of(assembly.action):
        yield Contradiction(assembly.route_words)


def _repeated(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of a dose told again in the same step: it may be one more, or the same one."""
    for step in assembly.steps:
        if side_by_side(step.arms):
            continue
        for number, arm in enumerate(step.arms[1:], 1):
            if any(arm.doses == before.doses for before in step.arms[:number]):
                yield Contradiction(arm.begun_by, "The same dose is told twice: it may be one dose, or two.")


def _clashing(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of a time of day that another excludes."""
    for step in assembly.steps:
        for arm in step.arms:
            if arm.timing.clash:
                written = " ".join(arm.timing.clash)
                yield Contradiction(arm.timing.clash, f"The times do not go together (“{written}”).")
            if arm.timing.every_meal and _once_a_day(arm, step):
                yield Contradiction((), "With each meal is more than once a day.")
            if arm.timing.weekdays and arm.timing.off_calendar:
                yield Contradiction((), "The interval and the day of the week do not go together.")
            if len(arm.food) > 1:
                yield from _with_and_without_food(arm)


def _with_and_without_food(arm: Arm) -> Iterator[Contradiction]:
    for (food, _), (other, words) in combinations(arm.food, 2):
        if food.excludes(other):
            yield Contradiction(words, f"It is taken with food or without, not both (“{' '.join(words)}”).")


def _once_a_day(arm: Arm, step: SigStep) -> bool:
    rates = [rate.high for rate in arm.timing.rates()]
    caps = [limit.most * 7 / limit.days for limit, _ in step.limits if limit.unit is None]
    return any(most <= 7 for most in (*rates, *caps))


def _once_or_again(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of days that are numbered and of nothing: "days 1-14" once, or of each month."""
    if len(assembly.steps) == 1 and assembly.steps[0].dated:
        words = assembly.steps[0].dated
        if not _OF_DAYS.isdisjoint(word.casefold() for word in words):
            yield Contradiction(words, "Numbered days may be meant once, or in each month or cycle.")


def _unclosed(assembly: Assembly) -> Iterator[Contradiction]:
    """The bracket that nothing closes: what follows may belong in it or not."""
    yield Contradiction(assembly.open_words)


def _misstated(assembly: Assembly) -> Iterator[Contradiction]:
    """The words of a concentration by which the stated mg and mL are not the same dose; the SKU tells none."""
    if assembly.told_strength is None:
        return
    mg_per_ml, words = assembly.told_strength
    of = assembly.strength
    for arm in (arm for step in assembly.steps for arm in step.arms):
        stated = (*arm.doses, *arm.equivalents)
        masses = [mg for dose in stated if dose.unit in MASSES and (mg := of.mg(dose))]
        volumes = [ml for dose in stated if dose.unit not in MASSES and (ml := of.ml(dose))]
        if any(not same_share(mg, ml * mg_per_ml) for mg in masses for ml in volumes):
            yield Contradiction(words)
            return
