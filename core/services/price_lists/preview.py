"""What a price list would change, before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from core.adapters.files.price_list_amounts import fee_rate, measure, price_cents
from core.adapters.files.price_list_sheet import ColumnMap, Field, PriceListSheet, missing_columns
from core.domain.context import Context
from core.domain.errors import BadCell, BadInput
from core.domain.model import AggregatePrice, Offer, ProgramKind, Sku
from core.domain.money import shown
from core.services.price_lists.sku_match import Catalog
from core.services.price_lists.warnings import PackClaims, first_price_doubts, price_doubts


class IssuerKind(StrEnum):
    """Who gives a list: a pharmacy its offers, or an aggregate program its pooled prices."""

    PHARMACY = "pharmacy"
    PROGRAM = "program"


class Issuer(NamedTuple):
    """Whose list it is."""

    kind: IssuerKind
    code: str


class PriceList(NamedTuple):
    """A list, what its columns mean, whose it is, and the first day of its prices."""

    sheet: PriceListSheet
    columns: ColumnMap
    issuer: Issuer
    valid_from: date


class PriceMove(StrEnum):
    """What becomes of a price."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    UNCHANGED = "unchanged"


class Change(NamedTuple):
    """One SKU's price in the list beside the one in force on the list's day (None: there is none).

    ``share`` is the change as a fraction of the price before, to four decimals, None where that was nothing.
    """

    row: int
    sku: str
    name: str
    move: PriceMove
    before_cents: int | None
    after_cents: int
    share: Decimal | None
    doubts: tuple[str, ...] = ()


class OmittedPrice(NamedTuple):
    """A price in force that the list does not name."""

    sku: str
    name: str
    cents: int
    since: date


class Unmatched(NamedTuple):
    """A row that means no SKU of the clinic."""

    row: int
    code: str
    name: str
    reason: str


class Preview(NamedTuple):
    """Everything that a list says. ``errors`` are rows that are left out, ``repeats`` rows that say nothing new."""

    changes: tuple[Change, ...]
    omitted: tuple[OmittedPrice, ...]
    unmatched: tuple[Unmatched, ...]
    errors: tuple[BadCell, ...]
    repeats: tuple[BadCell, ...]

    def written(self, accepted: Collection[int] = ()) -> tuple[Change, ...]:
        """The changes that approving writes: those without a doubt, and those whose row a person accepts."""
        moved = (change for change in self.changes if change.move is not PriceMove.UNCHANGED)
        return tuple(change for change in moved if not change.doubts or change.row in accepted)


class _Prices:
    """What is recorded of an issuer's prices, seen from the first day of a list."""

    def __init__(self, price_list: PriceList, context: Context) -> None:
        self.context, self.issuer, self.day = context, price_list.issuer, price_list.valid_from
        rows = context.offers if self.issuer.kind is IssuerKind.PHARMACY else context.aggregate_prices
        self._rows: dict[str, list[Offer | AggregatePrice]] = defaultdict(list)
        for row in rows:
            if self.issuer.code == (row.pharmacy if isinstance(row, Offer) else row.program):
                self._rows[row.sku].append(row)

    def before(self, sku: str) -> Offer | AggregatePrice | None:
        """The price in force on the list's day without the list."""
        return in_force(self.context, self.issuer, sku, self.day)

    def before_cents(self, sku: str) -> int | None:
        """The same in cents for one pack."""
        price = self.before(sku)
        return None if price is None else cents_of(price)

    def others_cents(self, sku: str) -> list[int]:
        """What the other pharmacies ask for one pack on the list's day."""
        others = (code for code in self.context.pharmacies_offering(sku) if code != self.issuer.code)
        offers = (self.context.offer(code, sku, self.day) for code in others)
        return [offer.unit_cost_cents for offer in offers if offer is not None]

    def of_the_day(self, sku: str) -> Offer | AggregatePrice | None:
        """The price recorded with the very same first day."""
        return next((row for row in self._rows[sku] if row.valid_from == self.day), None)

    def next_from(self, sku: str) -> date | None:
        """The first later day on which another recorded price takes over."""
        return min((row.valid_from for row in self._rows[sku] if row.valid_from > self.day), default=None)


class _Priced(NamedTuple):
    """A row that means a SKU and has a readable price."""

    row: int
    sku: Sku
    cents: int
    doubts: tuple[str, ...]


class _Rows(NamedTuple):
    """A list's rows, sorted by what they are good for; ``named`` holds every SKU that the list knows of."""

    priced: list[_Priced]
    unmatched: list[Unmatched]
    errors: list[BadCell]
    named: set[str]


def issuers(context: Context, day: date) -> tuple[Issuer, ...]:
    """Everybody whose list may come: the pharmacies, then the aggregate programs in force."""
    programs = (row.program for row in context.programs_on(day) if row.kind is ProgramKind.AGGREGATE)
    pharmacies = (Issuer(IssuerKind.PHARMACY, code) for code in sorted(context.pharmacies))
    return (*pharmacies, *(Issuer(IssuerKind.PROGRAM, code) for code in programs))


def in_force(context: Context, issuer: Issuer, sku: str, day: date) -> Offer | AggregatePrice | None:
    """The issuer's price for a SKU on a day."""
    if issuer.kind is IssuerKind.PHARMACY:
        return context.offer(issuer.code, sku, day)
    return context.aggregate_price(issuer.code, sku, day)


def cents_of(price: Offer | AggregatePrice) -> int:
    """Cents for one pack."""
    return price.unit_cost_cents if isinstance(price, Offer) else price.unit_price_cents


def preview(price_list: PriceList, context: Context) -> Preview:
    """What the list would change. Raises BadInput where its columns do not say enough."""
    if missing := missing_columns(price_list.columns):
        raise BadInput([BadCell(price_list.sheet.file, price_list.sheet.header_row, None, None, missing)])
    prices = _Prices(price_list, context)
    rows = _sorted_rows(price_list, prices)
    single, errors, repeats = _once_each(price_list, rows.priced)
    clashes = {priced.row: clash for priced in single if (clash := _clash(price_list, priced, prices))}
    return Preview(
        tuple(_change(priced, prices) for priced in single if priced.row not in clashes),
        tuple(_omitted(rows.named, prices)),
        tuple(rows.unmatched),
        tuple(sorted((*rows.errors, *errors, *clashes.values()), key=lambda error: error.row or 0)),
        tuple(repeats),
    )


def _sorted_rows(price_list: PriceList, prices: _Prices) -> _Rows:
    catalog = Catalog(prices.context.skus.values())
    rows = _Rows([], [], [], set())
    for number, cells in price_list.sheet.rows:
        code, name = (_cell(price_list, cells, field) for field in (Field.SKU, Field.NAME))
        match = catalog.match(code, name)
        if match.sku is None:
            reason = match.reason if _cell(price_list, cells, Field.PRICE) else "has no price either: read as a heading"
            rows.unmatched.append(Unmatched(number, code, name, reason))
            continue
        rows.named.add(match.sku.sku)
        try:
            cents, rate = _read(price_list, number, cells, match.sku)
        except BadInput as error:
            rows.errors.extend(error.errors)
            continue
        before = prices.before_cents(match.sku.sku)
        doubts = (
            *filter(None, [match.doubt]),
            *price_doubts(match.sku, cents, before, _pack_claims(price_list, cells)),
            *(first_price_doubts(cents, prices.others_cents(match.sku.sku)) if before is None else ()),
            *_doubts_about_fee(rate, prices),
        )
        rows.priced.append(_Priced(number, match.sku, cents, doubts))
    return rows


def _read(price_list: PriceList, row: int, cells: Sequence[str], sku: Sku) -> tuple[int, Decimal | None]:
    """A row's price, and its fee where there is one. Raises BadInput where either cannot be read."""
    field, text = Field.PRICE, _cell(price_list, cells, Field.PRICE)
    try:
        if not text:
            raise ValueError(f"has no price for {sku.sku}; write one, or take the row out")
        cents = price_cents(text)
        field, text = Field.FEE, _cell(price_list, cells, Field.FEE)
        return cents, fee_rate(text) if text else None
    except ValueError as error:
        raise BadInput([_bad(price_list, row, field, text, str(error))]) from None


def _cell(price_list: PriceList, cells: Sequence[str], field: Field) -> str:
    position = price_list.columns.get(field)
    return cells[position] if position is not None and position < len(cells) else ""


def _pack_claims(price_list: PriceList, cells: Sequence[str]) -> PackClaims:
    """What the row says of its pack; a heading such as "Price per mL" speaks for every row."""
    heading = price_list.sheet.heading(price_list.columns[Field.PRICE])
    unit = heading if "/" in heading or " per " in f" {heading.casefold()} " else ""
    measures = (measure(_cell(price_list, cells, field)) for field in (Field.MG, Field.MG_PER_ML, Field.VOLUME_ML))
    return PackClaims(_cell(price_list, cells, Field.UNIT) or unit, *measures)


def _doubts_about_fee(rate: Decimal | None, prices: _Prices) -> Iterator[str]:
    program = prices.context.program(prices.issuer.code, prices.day)
    if rate is None or program is None or prices.issuer.kind is not IssuerKind.PROGRAM or rate == program.rate:
        return
    yield f"the list says a fee of {_percent(rate)}, {program.program} charges {_percent(program.rate)}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def _once_each(price_list: PriceList, priced: Sequence[_Priced]) -> tuple[list[_Priced], list[BadCell], list[BadCell]]:
    """Rows of SKUs that the list prices once; every row of two prices is an error, a row said again is a repeat."""
    by_sku: dict[str, list[_Priced]] = defaultdict(list)
    for row in priced:
        by_sku[row.sku.sku].append(row)
    single, errors, repeats = [], [], []
    for sku, rows in by_sku.items():
        first, *others = rows
        if len({row.cents for row in rows}) > 1:
            listed = ", ".join(f"row {row.row} {shown(row.cents)}" for row in rows)
            reason = f"two prices of one day for {sku} ({listed}); leave one of them in the list"
            errors += [_bad(price_list, row.row, Field.PRICE, shown(row.cents), reason) for row in rows]
            continue
        single.append(first._replace(doubts=tuple(dict.fromkeys(chain.from_iterable(row.doubts for row in rows)))))
        repeats += [
            _bad(price_list, row.row, Field.PRICE, shown(row.cents), f"says the same of {sku} as row {first.row}")
            for row in others
        ]
    return single, errors, repeats


def _clash(price_list: PriceList, priced: _Priced, prices: _Prices) -> BadCell | None:
    """A recorded price of the very same first day is not overwritten."""
    recorded, sku = prices.of_the_day(priced.sku.sku), priced.sku.sku
    if recorded is None or (prices.before(sku) and cents_of(recorded) == priced.cents):
        return None
    reason = (
        f"{sku} already has a price from {recorded.valid_from}, {shown(cents_of(recorded))}; choose a later day, or "
        "undo the list that it came with"
    )
    return _bad(price_list, priced.row, Field.PRICE, shown(priced.cents), reason)


def _change(priced: _Priced, prices: _Prices) -> Change:
    code, cents = priced.sku.sku, prices.before_cents(priced.sku.sku)
    later = prices.next_from(code)
    takes_over = (f"a price from {later} is recorded already and takes over that day",) if later else ()
    return Change(
        priced.row,
        code,
        priced.sku.name,
        _move(cents, priced.cents),
        cents,
        priced.cents,
        (Decimal(priced.cents - cents) / cents).quantize(Decimal("0.0001"), ROUND_HALF_UP) if cents else None,
        (*priced.doubts, *takes_over),
    )


def _move(before_cents: int | None, after_cents: int) -> PriceMove:
    if before_cents is None:
        return PriceMove.NEW
    if before_cents == after_cents:
        return PriceMove.UNCHANGED
    return PriceMove.UP if after_cents > before_cents else PriceMove.DOWN


def _omitted(named: Collection[str], prices: _Prices) -> Iterator[OmittedPrice]:
    for code, sku in sorted(prices.context.skus.items()):
        price = prices.before(code)
        if price is not None and code not in named:
            yield OmittedPrice(code, sku.name, cents_of(price), price.valid_from)


def _bad(price_list: PriceList, row: int, field: Field, value: str, reason: str) -> BadCell:
    position = price_list.columns[field]
    return BadCell(price_list.sheet.file, row, price_list.sheet.heading(position), value or None, reason)
