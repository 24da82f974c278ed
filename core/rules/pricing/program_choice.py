"""Which program is cheapest for a clinic: the one answer that screens, commands and files read (rules.md, section 1).

A program's cost is that of the clinic's real lines of a period under it: drug prices, fees, encounters, shipping,
processing and monthly fees, at the pharmacies and in the boxes that they really had. What the clinic has costs what it
paid: its difference is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple, Protocol, TypeVar

from core.domain.context import Context
from core.domain.model import Program, ProgramKind
from core.domain.money import half_up
from core.rules.pricing.past_orders import CostParts, PlacedLine, RepricedTotal, Repricing, added_up, reprice
from core.rules.pricing.sensitivity import sensitivity
from core.rules.pricing.terms import fee_covers_shipping

FEWEST_PRICED: Final = Fraction(9, 10)
"""A program that prices fewer of the clinic's lines than this is no answer: nobody knows what the rest would cost."""


class Candidate(Protocol):
    """A program that may be the answer. ``month_cents`` is what it would have saved a month; negative: cost more."""

    @property
    def program(self) -> str: ...
    @property
    def lines(self) -> int: ...
    @property
    def left_out(self) -> int: ...
    @property
    def month_cents(self) -> int: ...
    @property
    def is_used(self) -> bool: ...
    @property
    def even_at(self) -> Fraction | None: ...


C = TypeVar("C", bound=Candidate)


def prices_enough(row: Candidate) -> bool:
    """Whether a program prices enough of the lines to be an answer."""
    return row.lines > 0 and row.lines >= FEWEST_PRICED * (row.lines + row.left_out)


def that_save_most(rows: Iterable[C]) -> tuple[C, ...]:
    """The programs that save most, to the cent a month; several where they tie, none where nothing saves."""
    complete = [row for row in rows if prices_enough(row)]
    most = max((row.month_cents for row in complete), default=0)
    return tuple(row for row in complete if row.month_cents == most) if most > 0 else ()


class RankedProgram(NamedTuple):
    """One program of the clinic for its own lines. ``saving`` is what it would have saved over the period, part by part
    (negative: cost more), ``month_cents`` that a month and ``routed_cents`` the same with every box at its best
    pharmacy; ``by_month`` the same month by month; ``even_at`` the change of all its drug prices at which it costs what
    was paid (None where no change does, or its prices are the pharmacies')."""

    program: str
    kind: ProgramKind
    lines: int
    left_out: int
    paid_cents: int
    saving: CostParts
    month_cents: int
    routed_cents: int
    by_month: Mapping[date, int]
    even_at: Fraction | None
    is_used: bool


class DrugChoice(NamedTuple):
    """One program for all SKUs of a drug: what it saves a month at the clinic's own packs, its monthly fee shared by
    spend; ``left_out`` lines have no price.

    ``even_at`` is the change of its prices for the drug at which the month costs what it does now; ``even_cents`` the
    pack price of each SKU after that change.
    """

    program: str
    month_cents: int
    lines: int
    left_out: int
    even_at: Fraction | None
    even_cents: Mapping[str, int]
    is_used: bool


class Turning(NamedTuple):
    """What would make the next program the cheapest: that much medication a month or, where ``grows`` is false, less;
    or its rate, everything else unchanged. None where nothing would."""

    program: str
    spend_cents: int | None
    grows: bool
    rate: Fraction | None


class ProgramChoice(NamedTuple):
    """The programs of a clinic ranked by what they would have saved over a period, the best first.

    ``best`` are the programs that save most, empty where what the clinic has is as cheap as any; ``months`` is how many
    months the period counts for, ``medication_cents`` what was paid for drugs; ``repricings`` are the details.
    """

    first: date
    last: date
    months: Fraction
    lines: int
    medication_cents: int
    used: tuple[str, ...]
    ranked: tuple[RankedProgram, ...]
    repricings: Mapping[str, Repricing]

    @property
    def best(self) -> tuple[RankedProgram, ...]:
        """Those that save most; several where they tie; none where nothing saves."""
        return that_save_most(self.ranked)

    def turning(self, context: Context) -> Turning | None:
        """What the next program would need; None without one. Of programs that tie there is none next."""
        rows = [row for row in self.ranked if row.is_used or prices_enough(row)]
        if len(rows) < 2 or rows[0].month_cents == rows[1].month_cents:
            return None
        first, other = rows[:2]
        program, total = context.program(other.program, self.last), self.repricings[other.program].total.repriced
        ahead = first.saving.less(other.saving)
        a_pack = ahead.total_cents - ahead.monthly_fee_cents
        scale = Fraction(-ahead.monthly_fee_cents, a_pack) if a_pack else Fraction(0)
        spend = scale * self.medication_cents / self.months if scale > 0 else None
        rate = None
        if program and total.drug_cents:
            base = total.drug_cents + (total.shipping_cents if fee_covers_shipping(program) else 0)
            rate = Fraction(program.rate) - ahead.total_cents / (base * (1 + Fraction(program.processing_rate)))
        return Turning(
            other.program,
            None if spend is None else half_up(spend.numerator, spend.denominator),
            scale > 1,
            rate if rate is not None and rate >= 0 else None,
        )

    def a_month(self, cents: int) -> int:
        """Cents of the period as cents a month."""
        return _a_month(cents, self.months)

    def drug(self, active: str, context: Context) -> tuple[DrugChoice, ...]:
        """Every program for the SKUs of one drug, the one that saves most first; empty where none was ordered."""
        skus = {code for code, sku in context.skus.items() if sku.active == active}
        rows = [self._of_drug(row, skus, context) for row in self.ranked]
        ordered = [row for row in rows if row.lines or row.left_out]
        return tuple(sorted(ordered, key=lambda row: (-row.month_cents, row.program)))

    def _of_drug(self, row: RankedProgram, skus: set[str], context: Context) -> DrugChoice:
        repricing = self.repricings[row.program]
        cells = {sku: of for sku, of in repricing.skus.items() if sku in skus}
        total, every = added_up(cells.values()), added_up(repricing.skus.values())
        fees = _shared(row.saving.monthly_fee_cents, total.paid.drug_cents, every.paid.drug_cents)
        saving = 0 if row.is_used else total.saving.total_cents + fees
        program = context.program(row.program, self.last)
        even = _even_at(repricing, program, total, saving) if program else None
        return DrugChoice(
            row.program,
            self.a_month(saving),
            total.lines,
            sum(lines for sku, lines in repricing.left_out.items() if sku in skus),
            even,
            _even_cents(cells, even, row.program, context, self.last),
            row.is_used,
        )


def _a_month(cents: int, months: Fraction) -> int:
    return half_up(cents * months.denominator, months.numerator)


def _shared(fee_cents: int, part: int, whole: int) -> int:
    """A drug's share of a monthly fee, by spend."""
    return half_up(fee_cents * part, whole) if whole else 0


def _even_at(repricing: Repricing, program: Program, total: RepricedTotal, saving_cents: int) -> Fraction | None:
    """The change of an aggregate program's prices at which these lines, which save ``saving_cents``, save nothing."""
    if program.kind is not ProgramKind.AGGREGATE or not total.repriced.drug_cents:
        return None
    more = total.repriced.monthly_fee_cents + total.saving.total_cents - saving_cents
    fees = total._replace(repriced=total.repriced._replace(monthly_fee_cents=more))
    moved = repricing._replace(months={date.min: fees})
    grid = sensitivity(moved, program)
    even = dict(zip(grid.rates, grid.break_even, strict=True))[program.rate]
    return even if even is not None and even > -1 else None


def _even_cents(
    cells: Mapping[str, RepricedTotal], even: Fraction | None, program: str, context: Context, day: date
) -> dict[str, int]:
    if even is None:
        return {}
    prices = {sku: context.aggregate_price(program, sku, day) for sku in sorted(cells)}
    changed = {sku: (1 + even) * row.unit_price_cents for sku, row in prices.items() if row}
    return {sku: half_up(cents.numerator, cents.denominator) for sku, cents in changed.items() if cents >= 0}


def program_choice(
    lines: Sequence[PlacedLine], context: Context, first: date, last: date, months: Fraction
) -> ProgramChoice:
    """The programs in force on the last day, each for the lines placed from ``first`` to ``last``, ranked.

    Ties are in the order of the codes.
    """
    used = tuple(sorted({line.program for line in lines}))
    repricings = reprice(lines, context, first, last)
    rows = [_ranked(repricing, used, context, last, months) for repricing in repricings]
    ranked = tuple(sorted(rows, key=lambda row: (-row.saving.total_cents, row.program)))
    medication = sum(line.medication_cents for line in lines)
    return ProgramChoice(
        first, last, months, len(lines), medication, used, ranked, {row.program: row for row in repricings}
    )


def _ranked(repricing: Repricing, used: Iterable[str], context: Context, last: date, months: Fraction) -> RankedProgram:
    program, total = context.program(repricing.program, last), repricing.total
    alone = tuple(used) == (repricing.program,)
    saving = CostParts() if alone else total.saving
    return RankedProgram(
        repricing.program,
        repricing.kind,
        total.lines,
        sum(repricing.left_out.values()),
        total.paid.total_cents,
        saving,
        _a_month(saving.total_cents, months),
        _a_month(saving.total_cents + repricing.rerouted_cents, months),
        {month: 0 if alone else of.saving.total_cents for month, of in repricing.months.items()},
        _even_at(repricing, program, total, total.saving.total_cents) if program and not alone else None,
        alone,
    )
