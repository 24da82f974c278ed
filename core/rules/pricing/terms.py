"""A program's percentages in whole numbers: what it adds to an order, to the cent (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from core.domain.model import Program, ProgramKind, RateBase
from core.domain.money import allocate, half_up


class Charges(NamedTuple):
    """What a program adds to medication, shipping and encounters, in cents."""

    program_fee_cents: int
    processing_cents: int


class Terms(NamedTuple):
    """A program's rates as exact quotients: ``rate`` / ``unit`` and ``processing`` / ``processing_unit``."""

    program: str
    kind: ProgramKind
    monthly_fee_cents: int
    rate: int
    unit: int
    processing: int
    processing_unit: int
    fixed_cents: int
    covers_shipping: bool

    @classmethod
    def of(cls, program: Program) -> Self:
        """The terms of a program's row."""
        return cls(
            program.program,
            program.kind,
            program.monthly_fee_cents,
            *program.rate.as_integer_ratio(),
            *program.processing_rate.as_integer_ratio(),
            program.processing_fixed_cents,
            fee_covers_shipping(program),
        )

    @property
    def fee_on_shipping(self) -> int:
        """The rate that the program fee takes of shipping, over ``unit``."""
        return self.rate if self.covers_shipping else 0

    def exact(self, medication_cents: int, shipping_cents: int, encounters_cents: int) -> int:
        """All but processing before any rounding, in 1/``unit`` cents: linear, so that parts of a checkout add up."""
        with_fee = (self.unit + self.rate) * medication_cents + (self.unit + self.fee_on_shipping) * shipping_cents
        return with_fee + self.unit * encounters_cents

    def subtotal_cents(self, exact: int) -> int:
        """All but processing, to the cent. Here, and nowhere else, the program fee is rounded."""
        return half_up(exact, self.unit)

    def processing_cents(self, subtotal_cents: int) -> int:
        """The processing of one checkout. Here, and nowhere else, its percentage is rounded."""
        return half_up(self.processing * subtotal_cents, self.processing_unit) + self.fixed_cents

    def total_cents(self, exact: int) -> int:
        """What a checkout comes to; it keeps the order of ``exact``."""
        subtotal = self.subtotal_cents(exact)
        return subtotal + self.processing_cents(subtotal)

    def charges(self, medication_cents: int, shipping_cents: int, encounters_cents: int) -> Charges:
        """The program fee and the processing of one checkout."""
        subtotal = self.subtotal_cents(self.exact(medication_cents, shipping_cents, encounters_cents))
        fee = subtotal - medication_cents - shipping_cents - encounters_cents
        return Charges(fee, self.processing_cents(subtotal))

    def landed_cents(self, medication_cents: int, shipping_cents: int) -> int:
        """What a checkout without an encounter comes to."""
        return self.total_cents(self.exact(medication_cents, shipping_cents, 0))


def fee_covers_shipping(program: Program) -> bool:
    """Whether the program fee is taken of shipping too; a facilitation percentage never is."""
    return program.kind is ProgramKind.AGGREGATE and program.rate_base is RateBase.MEDICATION_AND_SHIPPING


def charged(
    terms: Terms, medication: Sequence[int], shipping: Sequence[int], encounters: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Each line's share, in cents, of one checkout's program fee and of its processing; no lines carry nothing."""
    if not medication:
        return [], []
    fee_cents, processing_cents = terms.charges(sum(medication), sum(shipping), sum(encounters))
    fees = allocate(fee_cents, medication)
    rests = [sum(parts) for parts in zip(medication, fees, encounters, shipping, strict=True)]
    return fees, allocate(processing_cents, rests)
