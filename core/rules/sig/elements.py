"""What a stretch of directions says by itself, before it is put together with the rest."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from core.rules.sig.vocabulary import Unit


class SigAction(NamedTuple):
    """What to do with the drug: inject, take, apply ...; ``manner`` is how it is taken, where that was said."""

    name: str
    manner: str = ""


class SigRoute(NamedTuple):
    """Where it goes; None for a place on the body, which is a route only for what is put on the skin.

    ``sites`` is 2 for "each nostril", "both eyes"; ``site`` is the place that was named.
    """

    name: str | None
    sites: int = 1
    site: str = ""


class DoseAmount(NamedTuple):
    """A number or range with its unit; None where no unit was written.

    ``each`` is what one piece holds, where that was told ("one 25 mg capsule"). ``or_pieces`` is what the same words
    also say: "1-5 mg tablet" is one tablet of 5 mg, or 1 to 5 mg.
    """

    low: Fraction
    high: Fraction
    unit: Unit | None
    each: tuple[Fraction, Unit] | None = None
    or_pieces: tuple[Fraction, Unit] | None = None


class Often(NamedTuple):
    """Doses a week, and the days of the interval that it was told in (1 for daily, 7 for weekly).

    ``when`` is the time that it belongs to: ``night`` of "every other night", ``weekday`` of "every other Monday".
    """

    low: Fraction
    high: Fraction
    interval_days: Fraction
    when: str = ""


class Either(NamedTuple):
    """A word with two meanings: biweekly is twice a week or every other week."""

    first: Often
    second: Often


class Concentration(NamedTuple):
    """What the product holds, told along the way; ``told`` is None where nothing can be compared. ``others`` are a
    blend's; ``per`` is what of a Strength it tells."""

    told: Fraction | None
    others: tuple[Fraction, ...] = ()
    per: str = "mg_per_ml"


class NamedDays(NamedTuple):
    """How many days of the week; ``named`` is which (0 for Monday), empty for "5 days a week"."""

    per_week: int
    named: frozenset[int] = frozenset()


class Food(NamedTuple):
    """With food, fasting, or either (None); ``meal`` is which (breakfast, lunch, dinner), empty for any."""

    fed: bool | None
    meal: str = ""

    def excludes(self, other: Food) -> bool:
        """Whether no dose is taken as both say: before dinner and with it."""
        return self.fed is not other.fed and (self.meal == other.meal or not (self.meal and other.meal))


class Slot(NamedTuple):
    """A time of day at which a dose is taken; ``daily`` where it also says every day (nightly, qam).

    ``clock`` is minutes after midnight, where an hour was told; ``food`` is set for a meal's time.
    """

    name: str
    daily: bool = False
    clock: int | None = None
    food: Food | None = None

    @property
    def key(self) -> str | int:
        """What tells it from another time of the day."""
        return self.name if self.clock is None else self.clock


class Meals(NamedTuple):
    """With meals, however many: a time that counts no doses."""

    food: Food


class Cycle(NamedTuple):
    """Days on and days off."""

    on_days: Fraction
    off_days: Fraction


class MaximumDose(NamedTuple):
    """A maximum in so many days: of an amount where ``unit`` is set, else of doses.

    ``bare`` where no word says what is counted; ``permits`` where it also allows that much ("up to").
    """

    most: Fraction
    unit: Unit | None
    days: Fraction
    bare: bool = False
    permits: bool = False


class Lasting(NamedTuple):
    """How long: in days, or in doses; ``starts`` is the day it begins on, where that was told (0 for day 1)."""

    days: int | None = None
    doses: int | None = None
    starts: int | None = None


class Until(NamedTuple):
    """The day, counted from the first, up to which the step goes on: ``through week 12``."""

    day: int


class SigDrug(NamedTuple):
    """A drug's name."""

    name: str


class After(NamedTuple):
    """How long the step before what follows, or the one just left, goes on."""

    length: Lasting


class StepHeader(NamedTuple):
    """``Weeks 1-4``: how long a step lasts, None for ``week 9 on``; and the day that it begins on, 0 for the first."""

    days: int | None
    starts: int


class UnknownWord(NamedTuple):
    """A word that was not understood; ``harmless`` where it cannot change dose or frequency (an indication)."""

    harmless: bool


class Connective(NamedTuple):
    """A word or sign that only joins: ``then``, ``or``, ``and``, ``=``, ``(``, ``)``, ``.``, ``as needed``."""

    name: str


Item = (
    SigAction
    | SigRoute
    | DoseAmount
    | Often
    | Either
    | Concentration
    | NamedDays
    | Slot
    | Meals
    | Food
    | Cycle
    | MaximumDose
    | Lasting
    | Until
    | SigDrug
    | After
    | StepHeader
    | UnknownWord
    | Connective
)

THEN, OR, AND, EQUALS = Connective("then"), Connective("or"), Connective("and"), Connective("=")
OPEN, CLOSE, STOP, COMMA = Connective("("), Connective(")"), Connective("."), Connective(",")
AS_NEEDED, EXTRA = Connective("as needed"), Connective("extra")
UNSURE = UnknownWord(harmless=False)


class Piece(NamedTuple):
    """An item and the words that it was read from, as written."""

    item: Item
    words: tuple[str, ...]
