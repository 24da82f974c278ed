"""Pieces put together: doses with their timing, side by side or one step after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise, product
from math import ceil

from core.sig.convert import Strength
from core.sig.forms import routes_of
from core.sig.items import (
    AND,
    AS_NEEDED,
    CLOSE,
    EQUALS,
    OPEN,
    OR,
    STOP,
    THEN,
    After,
    Amount,
    Concentration,
    Cycle,
    Either,
    Item,
    Lasting,
    Limit,
    Mark,
    Meals,
    Often,
    Piece,
    Slot,
    StepHeader,
    Unread,
    Weekdays,
)
from core.sig.items import Action as ActionItem
from core.sig.items import Route as RouteItem
from core.sig.timing import Timing, doses_a_week, limited
from core.sig.values import MASSES, Dose, Rate, Segment, Unit
from core.sig.words import COUNT_WORDS

_MOST_WAYS = 8
_SOLID = frozenset({Unit.CAPSULE, Unit.TABLET, Unit.TROCHE, Unit.SUPPOSITORY})
_SAME_DOSE = Fraction(1, 20)
_ONCE_THAT_DAY = Rate(Fraction(7), Fraction(7))


@dataclass(slots=True)
class Arm:
    """One dose and its timing, within a step. ``doses`` has several where they contradict each other."""

    doses: list[Dose] = field(default_factory=list)
    equivalents: list[Dose] = field(default_factory=list)
    timing: Timing = field(default_factory=Timing)
    sites: int = 1
    instead: bool = False
    begun_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Step:
    """What is taken for a while. ``begun_by`` are the words that started it; ``dated`` where its days were told."""

    arms: list[Arm] = field(default_factory=lambda: [Arm()])
    lead: list[Often | Either] = field(default_factory=list)
    limits: list[tuple[Limit, tuple[str, ...]]] = field(default_factory=list)
    as_needed: bool = False
    lasting: Lasting | None = None
    dated: bool = False
    begun_by: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was told of it yet."""
        return not (self.lasting or self.lead or self.limits or len(self.arms) > 1 or self.arms[0].doses or self.timed)

    @property
    def timed(self) -> bool:
        """Whether its last dose has a timing of its own."""
        return bool(self.arms[-1].timing)


@dataclass(slots=True)
class Assembly:
    """Everything told, as it comes in piece by piece."""

    strength: Strength
    steps: list[Step] = field(default_factory=lambda: [Step()])
    action: str | None = None
    route: str | None = None
    on_skin: bool = False
    as_needed: bool = False
    unread: list[str] = field(default_factory=list)
    doubtful: bool = False
    depth: int = 0
    open_words: tuple[str, ...] = ()
    headed: bool = False
    timed_by: type | None = None
    route_words: tuple[str, ...] = ()
    last: Item = THEN
    last_words: tuple[str, ...] = ()

    def add(self, piece: Piece) -> None:
        """Takes the next piece in."""
        item = piece.item
        match item:
            case Amount():
                self._amount(Dose(item.low, item.high, item.unit), piece.words)
            case Often() | Either() | Weekdays() | Slot() | Meals() | Cycle():
                self._timing(item)
            case Limit():
                self._step.limits.append((item, piece.words))
            case Lasting():
                self._lasting(item, piece.words)
            case After():
                self._after(item, piece.words)
            case StepHeader():
                self._header(item, piece.words)
            case Unread():
                self._leave(piece.words, harmless=item.harmless)
            case Concentration():
                self._concentration(item, piece.words)
            case ActionItem():
                self._action(item, piece.words)
            case RouteItem():
                self._route(item, piece.words)
            case Mark():
                self._mark(item, piece.words)
        self.last, self.last_words = item, piece.words

    @property
    def _step(self) -> Step:
        return self.steps[-1]

    @property
    def _arm(self) -> Arm:
        return self._step.arms[-1]

    @property
    def _begins(self) -> int:
        """The day on which the last step begins, from 0."""
        return sum(step.lasting.days or 0 for step in self.steps[:-1] if step.lasting)

    def _leave(self, words: tuple[str, ...], *, harmless: bool = False) -> None:
        self.unread.extend(words)
        self.doubtful = self.doubtful or not harmless
        if not COUNT_WORDS.isdisjoint(word.casefold() for word in words):
            self._arm.timing.lost = True

    def _mark(self, mark: Mark, words: tuple[str, ...]) -> None:
        if mark == OPEN:
            self.depth += 1
            self.open_words = words
        elif mark == CLOSE:
            self.depth = max(0, self.depth - 1)
        elif mark == THEN:
            self._next_step(words)
        elif mark == AS_NEEDED:
            self.as_needed = self._step.as_needed = True
            if self.last in {OR, THEN}:
                self._leave((*self.last_words, *words))

    def _next_step(self, words: tuple[str, ...]) -> None:
        if not self._step.is_empty:
            self.steps.append(Step(begun_by=words))

    def _amount(self, dose: Dose, words: tuple[str, ...]) -> None:
        if self.depth and self._arm.doses:
            self._in_brackets(self._arm, dose, words)
        elif not self._arm.doses:
            self._arm.doses.append(self._with_unit(dose))
        elif self.last == EQUALS:
            self._arm.equivalents.append(dose)
        elif self._goes_on:
            self._next_step(words)
            self._arm.doses.append(self._with_unit(dose))
        elif self._step.timed:
            self._step.arms.append(Arm([self._with_unit(dose)], instead=self.last == OR, begun_by=words))
        else:
            self._another(self._arm, self._with_unit(dose), words)

    @property
    def _goes_on(self) -> bool:
        """Whether another dose begins the next step: this one has a length, and its timing or days."""
        told = self._step.timed or self._step.dated or len(self.steps) > 1
        return self._step.lasting is not None and told and not isinstance(self.last, Amount)

    def _in_brackets(self, arm: Arm, dose: Dose, words: tuple[str, ...]) -> None:
        """The same dose in another unit; another count, or other mg than the pieces hold, is another dose."""
        first = arm.doses[0]
        if dose.unit is None:
            self._leave(words)
            return
        if dose.unit is first.unit and dose.unit.is_piece:
            same = dose == first
        else:
            same = self._same_pieces(first, dose) and self._same_pieces(dose, first) and self._same_mass(first, dose)
        (arm.equivalents if same else arm.doses).append(dose)

    def _same_mass(self, one: Dose, other: Dose) -> bool:
        """Whether two masses agree; those of an injection are compared by SIG_DOSE_MISMATCH instead."""
        if self.action == "inject" or one.unit not in MASSES or other.unit not in MASSES:
            return True
        first, second = one.high * MASSES[one.unit], other.high * MASSES[other.unit]
        return abs(second - first) <= _SAME_DOSE * first

    def _same_pieces(self, counted: Dose, weighed: Dose) -> bool:
        """Whether counted pieces hold what was weighed; True where nobody knows."""
        if counted.unit not in _SOLID or weighed.unit not in MASSES:
            return True
        expected, found = self.strength.mg(counted), self.strength.mg(weighed)
        return expected is None or found is None or abs(found - expected) <= _SAME_DOSE * expected

    def _with_unit(self, dose: Dose) -> Dose:
        """A bare number goes on in the unit of the dose before it."""
        if dose.unit is not None:
            return dose
        before = [arm.doses[0].unit for step in self.steps for arm in step.arms if arm.doses]
        return Dose(dose.low, dose.high, before[-1] if before else None)

    def _another(self, arm: Arm, dose: Dose, words: tuple[str, ...]) -> None:
        """A second amount outside brackets: the same dose in another unit, or a contradiction.

        The same amount again may be one more of it ("1 drop ... and 1 drop ...").
        """
        if dose in arm.doses:
            if self.last != STOP:
                self._leave(words)
            return
        same = all(self._same_dose(dose, other) for other in arm.doses) and self.last not in {AND, THEN}
        (arm.equivalents if same else arm.doses).append(dose)

    def _same_dose(self, one: Dose, other: Dose) -> bool:
        if _dimension(one) == _dimension(other) or None in {one.unit, other.unit}:
            return False
        first, second = self.strength.ml(one), self.strength.ml(other)
        return first is None or second is None or abs(first - second) <= _SAME_DOSE * max(first, second)

    def _timing(self, item: Often | Either | Weekdays | Slot | Meals | Cycle) -> None:
        """Takes a timing in; "and" between two kinds of it may add doses ("every 4 hours and at bedtime")."""
        if self.last == AND and type(item) is not self.timed_by and self.timed_by is not None:
            self._leave(self.last_words)
        self.timed_by = type(item)
        if isinstance(item, Often | Either) and not any(arm.doses for arm in self._step.arms):
            self._step.lead.append(item)
        else:
            self._arm.timing.add(item, after_or=self.last == OR)

    def _lasting(self, item: Lasting, words: tuple[str, ...]) -> None:
        length, dated = Lasting(item.days, item.doses), item.starts is not None
        if self._step.lasting not in {None, length} or (dated and item.starts != self._begins):
            self._leave(words)
        else:
            self._step.lasting, self._step.dated = length, self._step.dated or dated

    def _after(self, item: After, words: tuple[str, ...]) -> None:
        before = self.steps[-2] if len(self.steps) > 1 and any(arm.doses for arm in self._step.arms) else self._step
        if before.lasting is None and before.arms[0].doses:
            before.lasting = item.length
        else:
            self._leave(words)

    def _header(self, item: StepHeader, words: tuple[str, ...]) -> None:
        leads = self.headed or not any(arm.doses for step in self.steps for arm in step.arms)
        if leads:
            self.headed = True
            self._next_step(words)
        if item.days is not None:
            self._lasting(Lasting(item.days, starts=item.starts), words)
        elif item.starts != self._begins:
            self._leave(words)

    def _concentration(self, item: Concentration, words: tuple[str, ...]) -> None:
        """A concentration that is not the SKU's is left unread: it would make it another dose."""
        known = self.strength.mg_per_ml
        if item.mg_per_ml is not None and known is not None and item.mg_per_ml != known:
            self._leave(words)

    def _action(self, item: ActionItem, words: tuple[str, ...]) -> None:
        """A second action on another way into the body is another drug's, or a contradiction."""
        if self.action is not None and routes_of(self.action).isdisjoint(routes_of(item.name)):
            self._leave(words)
        self.action = self.action or item.name

    def _route(self, item: RouteItem, words: tuple[str, ...]) -> None:
        """A second route contradicts the first, but for "intramuscularly or subcutaneously" and "IM/SQ"."""
        if self.route is not None and item.name not in {None, self.route} and self.last not in {OR, EQUALS}:
            self._leave(words)
        if self.route is None and item.name is not None:
            self.route, self.route_words = item.name, words
        self.on_skin = self.on_skin or item.name is None
        self._arm.sites = max(self._arm.sites, item.sites)


def _dimension(dose: Dose) -> str:
    if dose.unit in MASSES:
        return "mass"
    if dose.unit in {Unit.UNITS, Unit.IU}:
        return "units"
    return "volume" if dose.unit is Unit.ML else "pieces"


Way = tuple[Segment, ...]


def ways(assembly: Assembly) -> tuple[Way, ...]:
    """Every reading that fits, the one as written first; at most a few are told.

    Steps of which nobody can say when the next begins are readings instead of one another.
    """
    steps = [step for step in assembly.steps if not step.is_empty]
    _inherit(steps)
    found = [way for run in _runs(steps) for way in _run_ways(run)]
    return _distinct(found) or ((),)


def _distinct(found: list[Way]) -> tuple[Way, ...]:
    """Each way once; a lone one, which most directions have, is not hashed for that."""
    return tuple(found) if len(found) < 2 else tuple(dict.fromkeys(found))


def _runs(steps: list[Step]) -> Iterator[list[Step]]:
    """Steps that follow one another, cut after each that has no length."""
    start = 0
    for end, step in enumerate(steps, 1):
        if step.lasting is None or end == len(steps):
            yield steps[start:end]
            start = end


def _run_ways(steps: list[Step]) -> Iterator[Way]:
    per_step = [_step_ways(number, step) for number, step in enumerate(steps, 1)]
    for way in islice(product(*per_step), _MOST_WAYS):
        yield tuple(segment for part in way for segment in part)


def unfinished(assembly: Assembly) -> Iterator[str]:
    """The words that begin a step whose predecessor has no length: nobody can say when."""
    steps = [step for step in assembly.steps if not step.is_empty]
    for before, after in pairwise(steps):
        if before.lasting is None:
            yield from after.begun_by


def misplaced(assembly: Assembly) -> tuple[str, ...]:
    """The words of a route that the action does not go by: "inject ... by mouth"."""
    fits = assembly.route is None or assembly.route in routes_of(assembly.action)
    return () if fits else assembly.route_words


def repeated(assembly: Assembly) -> Iterator[str]:
    """The words of a dose told again in the same step: it may be one more, or the same one."""
    for step in assembly.steps:
        for before, arm in pairwise(step.arms):
            if arm.doses == before.doses and not _side_by_side(step.arms) and arm.timing == before.timing:
                yield from arm.begun_by


def unclosed(assembly: Assembly) -> tuple[str, ...]:
    """The bracket that nothing closes: what follows may belong in it or not."""
    return assembly.open_words if assembly.depth else ()


def uncounted(assembly: Assembly) -> Iterator[str]:
    """The words of a maximum that is in another unit than the dose: it could not be applied."""
    for step in assembly.steps:
        doses = [dose for arm in step.arms for dose in arm.doses]
        for limit, words in step.limits:
            if any(doses_a_week(limit, dose) is None for dose in doses):
                yield from words


def _inherit(steps: list[Step]) -> None:
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
        if not after.arms[-1].timing and not after.lead and len(after.arms) == 1:
            arm.timing, after.lead = kept.timing, list(before.lead)


def _changes_dose(before: Step, after: Step) -> bool:
    return bool(after.arms[0].doses) and after.arms[0].doses != before.arms[-1].doses


def _step_ways(number: int, step: Step) -> list[Way]:
    arms = _settled(step.arms)
    _share_lead(arms, step.lead)
    choices = [_arm_ways(number, arm, step) for arm in arms]
    if len(arms) == 1 or _side_by_side(arms):
        return [tuple(segment for part in way for segment in part) for way in islice(product(*choices), _MOST_WAYS)]
    return [way for choice in choices for way in choice]


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
    slots = sum(len(set(arm.timing.slots)) for arm in arms)
    for often in lead:
        told = isinstance(often, Often) and often.low == often.high and often.high in {7, slots * 7}
        if len(arms) > 1 and slots and told:
            continue
        for arm in arms:
            arm.timing.add(often, after_or=False)


def _side_by_side(arms: list[Arm]) -> bool:
    """Whether the doses have times of day or days of the week that no other has."""
    if any(arm.instead for arm in arms) or any(often.interval_days > 1 for arm in arms for often in arm.timing.often):
        return False
    slots = [frozenset(arm.timing.slots) for arm in arms]
    days = [arm.timing.named_days for arm in arms]
    return _disjoint(slots) or _disjoint(days)


def _disjoint(sets: list[frozenset[str]] | list[frozenset[int]]) -> bool:
    return all(sets) and sum(map(len, sets)) == len(frozenset().union(*sets))


def _arm_ways(number: int, arm: Arm, step: Step) -> list[Way]:
    doses: list[Dose | None] = [*arm.doses] or [None]
    rates: list[Rate | None] = [*arm.timing.rates()] or [_ONCE_THAT_DAY if step.lasting == Lasting(1) else None]
    limits = [limit for limit, _ in step.limits]
    return [
        (_segment(number, dose, limited(rate, limits, dose, step.as_needed), arm, step.lasting),) * arm.sites
        for dose in doses
        for rate in rates
    ]


def _segment(number: int, dose: Dose | None, rate: Rate | None, arm: Arm, lasting: Lasting | None) -> Segment:
    return Segment(number, dose, rate, _days(lasting, rate), tuple(arm.equivalents))


def _days(lasting: Lasting | None, rate: Rate | None) -> int | None:
    if lasting is None or lasting.days is not None:
        return lasting.days if lasting else None
    return ceil((lasting.doses or 0) * 7 / rate.high) if rate else None
