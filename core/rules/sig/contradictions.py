"""Why directions are not read although every word was: what was told does not go together, or does not end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from core.rules.sig.assembly import SAME_DOSE, Assembly
from core.rules.sig.compatibility import routes_of
from core.rules.sig.interpretations import side_by_side
from core.rules.sig.schedule import doses_a_week
from core.rules.sig.vocabulary import MASSES


def contradictions(assembly: Assembly) -> tuple[str, ...]:
    """The words, as written, that keep directions from being read; empty where they agree."""
    checks = (_unfinished, _uncounted, _misplaced, _repeated, _unclosed, _misstated)
    return tuple(word for check in checks for word in check(assembly))


def _unfinished(assembly: Assembly) -> Iterator[str]:
    """The words that begin a step whose predecessor has no length: nobody can say when."""
    steps = [step for step in assembly.steps if not step.is_empty]
    for before, after in pairwise(steps):
        if before.lasting is None:
            yield from after.begun_by


def _uncounted(assembly: Assembly) -> Iterator[str]:
    """The words of a maximum that is in another unit than the dose: it could not be applied."""
    for step in assembly.steps:
        doses = [dose for arm in step.arms for dose in arm.doses]
        for limit, words in step.limits:
            if any(doses_a_week(limit, dose) is None for dose in doses):
                yield from words


def _misplaced(assembly: Assembly) -> Iterable[str]:
    """The words of a route that the action does not go by: "inject ... by mouth"."""
    fits = assembly.route is None or assembly.route in routes_of(assembly.action)
    return () if fits else assembly.route_words


def _repeated(assembly: Assembly) -> Iterator[str]:
    """The words of a dose told again in the same step: it may be one more, or the same one."""
    for step in assembly.steps:
        for before, arm in pairwise(step.arms):
            if arm.doses == before.doses and not side_by_side(step.arms) and arm.timing == before.timing:
                yield from arm.begun_by


def _unclosed(assembly: Assembly) -> Iterable[str]:
    """The bracket that nothing closes: what follows may belong in it or not."""
    return assembly.open_words if assembly.depth else ()


def _misstated(assembly: Assembly) -> Iterable[str]:
    """The words of a concentration by which the stated mg and mL are not the same dose; the SKU tells none."""
    if assembly.told_strength is None:
        return ()
    mg_per_ml, words = assembly.told_strength
    of = assembly.strength
    for arm in (arm for step in assembly.steps for arm in step.arms):
        stated = (*arm.doses, *arm.equivalents)
        masses = [mg for dose in stated if dose.unit in MASSES and (mg := of.mg(dose))]
        volumes = [ml for dose in stated if dose.unit not in MASSES and (ml := of.ml(dose))]
        if any(abs(mg - ml * mg_per_ml) > SAME_DOSE * mg for mg in masses for ml in volumes):
            return words
    return ()
