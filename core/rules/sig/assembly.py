"""Pieces put together: doses with their timing, side by side or one step after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from core.rules.sig.compatibility import routes_of
from core.rules.sig.elements import (
    AND,
    AS_NEEDED,
    CLOSE,
    EQUALS,
    EXTRA,
    OPEN,
    OR,
    THEN,
    After,
    Concentration,
    Connective,
    Cycle,
    DoseAmount,
    Either,
    Food,
    Item,
    Lasting,
    MaximumDose,
    Meals,
    NamedDays,
    Often,
    Piece,
    SigAction,
    SigDrug,
    SigRoute,
    Slot,
    StepHeader,
    UnknownWord,
    Until,
)
from core.rules.sig.schedule import Schedule
from core.rules.sig.strength import SAME_DOSE, Strength, same_share
from core.rules.sig.values import Dose
from core.rules.sig.vocabulary import COUNT_WORDS, MASSES, SHORT_WHILES, Unit

_DRUG_UNITS = frozenset({Unit.UNITS, Unit.IU})
_SOLID = frozenset({Unit.CAPSULE, Unit.TABLET, Unit.TROCHE, Unit.SUPPOSITORY, Unit.PILL, Unit.FILM})


@dataclass(slots=True)
class Arm:
    """One dose and its timing, within a step. ``doses`` has several where they contradict each other."""

    doses: list[Dose] = field(default_factory=list)
    equivalents: list[Dose] = field(default_factory=list)
    timing: Schedule = field(default_factory=Schedule)
    sites: int = 1
    instead: bool = False
    food: list[tuple[Food, tuple[str, ...]]] = field(default_factory=list)
    begun_by: tuple[str, ...] = ()


@dataclass(slots=True)
class SigStep:
    """What is taken for a while. ``begun_by`` are the words that started it, ``dated`` those that told its days."""

    arms: list[Arm] = field(default_factory=lambda: [Arm()])
    lead: list[Often | Either] = field(default_factory=list)
    limits: list[tuple[MaximumDose, tuple[str, ...]]] = field(default_factory=list)
    as_needed: bool = False
    lasting: Lasting | None = None
    dated: tuple[str, ...] = ()
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
    steps: list[SigStep] = field(default_factory=lambda: [SigStep()])
    action: str | None = None
    route: str | None = None
    on_skin: bool = False
    as_needed: bool = False
    unread: list[str] = field(default_factory=list)
    doubtful: bool = False
    depth: int = 0
    open_words: tuple[str, ...] = ()
    told_strength: tuple[Fraction, tuple[str, ...]] | None = None
    headed: bool = False
    timed_by: type | None = None
    route_words: tuple[str, ...] = ()
    sites: list[str] = field(default_factory=list)
    other_routes: list[str] = field(default_factory=list)
    manners: list[str] = field(default_factory=list)
    drugs: list[str] = field(default_factory=list)
    last: Item = THEN
    last_words: tuple[str, ...] = ()

    def add(self, piece: Piece) -> None:
        """Takes the next piece in."""
        item, words = piece
        if item is not EXTRA:
            _TAKEN_BY[type(item)](self, item, words)
        self.last, self.last_words = item, words

    def _limit(self, item: MaximumDose, words: tuple[str, ...]) -> None:
        self._step.limits.append((item, words))

    def _unknown(self, item: UnknownWord, words: tuple[str, ...]) -> None:
        self._leave(words, harmless=item.harmless)

    def _dose(self, item: DoseAmount, words: tuple[str, ...]) -> None:
        self._amount(Dose(item.low, item.high, item.unit), words)
        if item.each is not None:
            strength, unit = item.each
            self._in_brackets(self._arm, Dose(item.low * strength, item.high * strength, unit), words)
        if item.or_pieces is not None:
            count, pieces = item.or_pieces
            self._arm.doses.append(Dose(count, count, pieces))

    @property
    def _step(self) -> SigStep:
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

    def _mark(self, mark: Connective, words: tuple[str, ...]) -> None:
        if mark == OPEN:
            self.depth += 1
            self.open_words = words
        elif mark == CLOSE:
            if not self.depth:
                self._leave(words)
            self.depth = max(0, self.depth - 1)
        elif mark == THEN:
            self._next_step(words)
        elif mark == AS_NEEDED:
            self.as_needed = self._step.as_needed = True
            again = isinstance(self.last, SigAction) and bool(self._arm.doses)
            if (
                again
                or self.last in {OR, THEN, AND}
                or (self.last is EXTRA and self.last_words[0].casefold() == "also")
            ):
                self._leave((*self.last_words, *words))  # "at bedtime and as needed" is more than at bedtime

    @property
    def _says_also(self) -> bool:
        return self.last is EXTRA and self.last_words[0].casefold() == "also"

    def _next_step(self, words: tuple[str, ...]) -> None:
        if not self._step.is_empty:
            self.steps.append(SigStep(begun_by=words))

    def _amount(self, dose: Dose, words: tuple[str, ...]) -> None:
        if self.depth and self._arm.doses:
            self._in_brackets(self._arm, dose, words)
        elif not self._arm.doses:
            self._arm.doses.append(self._with_unit(dose))
        elif self.last == EQUALS:
            self._in_brackets(self._arm, dose, words)
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
        has_timing = self._step.timed or bool(self._step.dated) or len(self.steps) > 1
        return self._step.lasting is not None and has_timing and not isinstance(self.last, DoseAmount)

    def _in_brackets(self, arm: Arm, dose: Dose, words: tuple[str, ...]) -> None:
        """The same dose in another unit; another count, or other mg than the pieces hold, is another dose."""
        first = arm.doses[0]
        if dose.unit is None:
            self._leave(words)
            return
        if dose.unit is first.unit and dose.unit.is_piece:
            same = dose == first
        elif dose.unit in _SOLID and first.unit in _SOLID:  # "1 capsule (2 tabs)"
            same = (dose.low, dose.high) == (first.low, first.high)
        elif _solid_and_liquid(first, dose):
            same = False
        else:
            same = self._same_pieces(first, dose) and self._same_pieces(dose, first) and self._same_mass(first, dose)
        (arm.equivalents if same else arm.doses).append(dose)

    def _same_mass(self, dose: Dose, other: Dose) -> bool:
        """Whether two masses agree; those of an injection are compared by SIG_DOSE_MISMATCH instead."""
        if self.action == "inject" or dose.unit not in MASSES or other.unit not in MASSES:
            return True
        first, second = dose.high * MASSES[dose.unit], other.high * MASSES[other.unit]
        return same_share(first, second)

    def _same_pieces(self, counted: Dose, weighed: Dose) -> bool:
        """Whether counted pieces hold what was weighed; True where nobody knows."""
        if counted.unit in _SOLID and weighed.unit in _DRUG_UNITS and self.strength.units_per_piece:
            return same_share(counted.high * self.strength.units_per_piece, weighed.high)
        if counted.unit not in _SOLID or weighed.unit not in MASSES:
            return True
        expected, weighed_mg = self.strength.mg(counted), self.strength.mg(weighed)
        return expected is None or weighed_mg is None or same_share(expected, weighed_mg)

    def _all_hold(self, counted: Dose, weighed: Dose) -> bool:
        """As ``_same_pieces``; where nobody knows what a piece holds, mg may be of one piece or of all."""
        if counted.unit not in _SOLID or weighed.unit not in MASSES or self.strength.mg(counted) is not None:
            return self._same_pieces(counted, weighed)
        return counted.high <= 1

    def _with_unit(self, dose: Dose) -> Dose:
        """A bare number goes on counting the pieces before it ("and 2 at night"); nothing measured is guessed so."""
        if dose.unit is not None:
            return dose
        before = [arm.doses[0].unit for step in self.steps for arm in step.arms if arm.doses]
        counted = before[-1] if before and before[-1] is not None and before[-1].is_piece else None
        return Dose(dose.low, dose.high, counted)

    def _another(self, arm: Arm, dose: Dose, words: tuple[str, ...]) -> None:
        """A second amount outside brackets: the same dose in another unit, or a contradiction.

        The same amount again may be one more of it ("1 drop ... and 1 drop ...").
        """
        if dose in arm.doses:
            self._leave(words)
            return
        same = all(self._same_dose(dose, other) for other in arm.doses) and self.last not in {AND, THEN}
        (arm.equivalents if same else arm.doses).append(dose)

    def _same_dose(self, dose: Dose, other: Dose) -> bool:
        if _dimension(dose) == _dimension(other) or None in {dose.unit, other.unit} or _solid_and_liquid(dose, other):
            return False
        if not (self._all_hold(dose, other) and self._all_hold(other, dose) and self._same_mass(dose, other)):
            return False
        first, second = self.strength.ml(dose), self.strength.ml(other)
        return first is None or second is None or abs(first - second) <= SAME_DOSE * max(first, second)

    def _timing(self, item: Often | Either | NamedDays | Slot | Meals | Cycle, words: tuple[str, ...]) -> None:
        """Takes a timing in; "and" between two kinds of it may add doses ("every 4 hours and at bedtime")."""
        if self.last == AND and type(item) is not self.timed_by and (self.timed_by is not None or self.as_needed):
            self._leave(self.last_words)
        self.timed_by = type(item)
        if isinstance(item, Often | Either) and not any(arm.doses for arm in self._step.arms):
            self._step.lead.append(item)
        else:
            self._arm.timing.add(item, self.last, words)
        food = getattr(item, "food", None)
        if food is not None:
            self._food(food, words)

    def _food(self, food: Food, words: tuple[str, ...]) -> None:
        """Takes in what is eaten with it; "2 hours after dinner" is neither with it nor before."""
        later = words[0].casefold() == "after" and self.last is EXTRA and self.last_words[-1].casefold() in SHORT_WHILES
        if not later:
            self._arm.food.append((food, words))

    def _lasting(self, item: Lasting, words: tuple[str, ...]) -> None:
        length, dated = Lasting(item.days, item.doses), item.starts is not None
        if self._step.lasting not in {None, length} or (dated and item.starts != self._begins):
            self._leave(words)
        else:
            self._step.lasting = length
            if dated:
                self._step.dated = words

    def _until(self, item: Until, words: tuple[str, ...]) -> None:
        days = item.day - self._begins
        if days > 0 and self._step.lasting is None:
            self._step.lasting = Lasting(days)
        else:
            self._leave(words)

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
            if any(arm.doses for arm in self._step.arms) or self._step.lasting:
                self._next_step(words)
        if item.days is not None:
            self._lasting(Lasting(item.days, starts=item.starts), words)
        elif item.starts != self._begins:
            self._leave(words)

    def _product(self, item: SigDrug | Concentration, words: tuple[str, ...]) -> None:
        """A concentration that is not the SKU's is left unread: it would make it another dose."""
        if isinstance(item, SigDrug):
            self.drugs.append(item.name)
            return
        sku_strength = getattr(self.strength, item.per)
        of_a_piece = item.per == "mg_per_ml" and sku_strength is None and self.strength.mg_per_piece is not None
        if (
            item.others
            or (of_a_piece and item.told is not None)
            or (item.told is not None and sku_strength not in {None, item.told})
        ):
            self._leave(words)
        elif item.told is not None and sku_strength is None and item.per == "mg_per_ml":
            self.told_strength = (item.told, words)

    def _action(self, item: SigAction, words: tuple[str, ...]) -> None:
        """A second action on another way into the body is another drug's, or a contradiction."""
        if self.action is not None and routes_of(self.action).isdisjoint(routes_of(item.name)):
            self._leave(words)
        self.action = self.action or item.name
        if item.manner:
            self.manners.append(item.manner)

    def _route(self, item: SigRoute, words: tuple[str, ...]) -> None:
        """A second route contradicts the first, but for "intramuscularly or subcutaneously" and "IM/SQ"."""
        if self.route is not None and item.name not in {None, self.route} and self.last not in {OR, EQUALS}:
            self._leave(words)
        if self.route is None and item.name is not None:
            self.route, self.route_words = item.name, words
        elif item.name not in {None, self.route}:
            self.other_routes.append(str(item.name))
        self.on_skin = self.on_skin or item.name is None
        if item.site:
            self.sites.append(item.site)
        self._arm.sites = max(self._arm.sites, item.sites)


_TAKEN_BY: Final[dict[type, Callable[[Assembly, Any, tuple[str, ...]], None]]] = {
    Connective: Assembly._mark,
    DoseAmount: Assembly._dose,
    **dict.fromkeys((Often, Either, NamedDays, Slot, Meals, Cycle), Assembly._timing),
    Lasting: Assembly._lasting,
    Until: Assembly._until,
    After: Assembly._after,
    StepHeader: Assembly._header,
    MaximumDose: Assembly._limit,
    UnknownWord: Assembly._unknown,
    SigDrug: Assembly._product,
    Concentration: Assembly._product,
    Food: Assembly._food,
    SigAction: Assembly._action,
    SigRoute: Assembly._route,
}
"""What takes in each kind of item: looked up, since a row of type checks takes a tenth of the reading."""


def _solid_and_liquid(dose: Dose, other: Dose) -> bool:
    """Whether one is counted in tablets and the like, the other measured in mL: no dose is both."""
    units = {dose.unit, other.unit}
    return Unit.ML in units and not _SOLID.isdisjoint(unit for unit in units if unit)


def _dimension(dose: Dose) -> str:
    if dose.unit in MASSES:
        return "mass"
    if dose.unit in {Unit.UNITS, Unit.IU}:
        return "units"
    return "volume" if dose.unit is Unit.ML else "pieces"
