"""The formulas of a quote's workbook: what core computes, as a spreadsheet computes it, to the cent.

Cells hold dollars as binary numbers, so 0.15 x 214.10 may come out a hair under 32.115. Every share of an amount is
therefore worked out in cents and rounded twice: to six decimals, which takes the hair away, then to whole cents. A half
cent is exact in binary, so ROUND takes it away from zero as core/domain/money.py does. Rates may have six decimals.
"""

from __future__ import annotations

from typing import Final, NamedTuple

NO_PRICE: Final = "no price"


class TermCells(NamedTuple):
    """The cells of a program's terms; ``covers_shipping`` holds yes or no."""

    monthly_fee: str
    rate: str
    covers_shipping: str
    processing_rate: str
    processing_fixed: str


class CostCells(NamedTuple):
    """The cells of one pharmacy's order, in the order of the sheet's columns."""

    price: str
    medication: str
    fee: str
    shipping: str
    processing: str
    landed: str
    pack: str


def whole_cents(dollars: str) -> str:
    """An amount rounded half away from zero to the cent."""
    return f"ROUND(ROUND(100*{dollars},6),0)/100"


def price(cell: str) -> str:
    """A price from its cell; an emptied one is no price and not zero."""
    return f'=IF(ISNUMBER({cell}),{cell},"{NO_PRICE}")'


def medication(units: str, cost: CostCells) -> str:
    """Packs times the price of one, where there is a price."""
    return f'=IF(ISNUMBER({cost.price}),ROUND({units}*{cost.price},2),"{NO_PRICE}")'


def program_fee(terms: TermCells, cost: CostCells) -> str:
    """The rate of medication, and of shipping where the program says so."""
    base = f'({cost.medication}+IF({terms.covers_shipping}="yes",{cost.shipping},0))'
    return _if_priced(cost, whole_cents(f"{terms.rate}*{base}"))


def processing(terms: TermCells, cost: CostCells) -> str:
    """The processing rate of all else, and the fixed amount."""
    share = whole_cents(f"{terms.processing_rate}*({cost.medication}+{cost.fee}+{cost.shipping})")
    return _if_priced(cost, f"ROUND({share}+{terms.processing_fixed},2)")


def landed(cost: CostCells) -> str:
    """Everything together."""
    return _if_priced(cost, f"ROUND({cost.medication}+{cost.fee}+{cost.shipping}+{cost.processing},2)")


def landed_pack(units: str, cost: CostCells) -> str:
    """One pack's part of it."""
    return _if_priced(cost, whole_cents(f"{cost.landed}/{units}"))


def _if_priced(cost: CostCells, then: str) -> str:
    return f'=IF(ISNUMBER({cost.medication}),{then},"{NO_PRICE}")'


def least(cells: str) -> str:
    """The least of some amounts, of which some or all may be no price."""
    return f'=IF(COUNT({cells})=0,"{NO_PRICE}",MIN({cells}))'


def beside(least_cell: str, among: str, column: str) -> str:
    """What stands beside the first of the least amounts."""
    return f'=IF(ISNUMBER({least_cell}),INDEX({column},MATCH({least_cell},{among},0)),"{NO_PRICE}")'


def month(terms: TermCells, spend: str) -> str:
    """A program's own cost a month."""
    return f"=ROUND({terms.monthly_fee}+{whole_cents(f'{terms.rate}*{spend}')},2)"


class PairCells(NamedTuple):
    """The cells of a pass-through program beside an aggregate one: landed packs, the pass-through price, the boxes."""

    own_pack: str
    pooled_pack: str
    own_price: str
    own_box: str
    pooled_box: str
    difference: str


def difference(pair: PairCells) -> str:
    """The aggregate pack less the pass-through one."""
    return _if_both(pair, f"ROUND({pair.pooled_pack}-{pair.own_pack},2)")


def share(pair: PairCells) -> str:
    """The same as a fraction of the latter, to four decimals."""
    return _if_both(pair, f'IF({pair.own_pack}=0,"",ROUND(ROUND(10000*{pair.difference}/{pair.own_pack},6),0)/10000)')


def _if_both(pair: PairCells, then: str) -> str:
    return f'=IF(AND(ISNUMBER({pair.own_pack}),ISNUMBER({pair.pooled_pack})),{then},"{NO_PRICE}")'


def even_price(units: str, direct: TermCells, pooled: TermCells, pair: PairCells) -> str:
    """The aggregate price that makes both cost the same (core/rules/pricing/break_even.py has the algebra)."""
    order = f"({units}*{pair.own_price}*(1+{direct.rate})+{pair.own_box})*(1+{direct.processing_rate})"
    before = f"({order}+{direct.processing_fixed}-{pooled.processing_fixed})/(1+{pooled.processing_rate})"
    box = f'{pair.pooled_box}*(1+IF({pooled.covers_shipping}="yes",{pooled.rate},0))'
    even = f"({before}-{box})/({units}*(1+{pooled.rate}))"
    priced = f"AND(ISNUMBER({pair.own_price}),ISNUMBER({pair.pooled_box}))"
    return f'=IF({priced},IF(ROUND({even},9)<0,"none",{whole_cents(even)}),"{NO_PRICE}")'


def flips_at(direct: TermCells, pooled: TermCells, pair: PairCells) -> str:
    """The monthly spend at which the monthly fees even the difference out; "never" where none does."""
    fees = f"({pooled.monthly_fee}-{direct.monthly_fee})"
    turns = f"AND({pair.own_price}>0,{fees}*{pair.difference}<0)"
    return _if_both(pair, f'IF({turns},{whole_cents(f"-{fees}*{pair.own_price}/{pair.difference}")},"never")')
