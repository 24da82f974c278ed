"""What a command is run with, and what it results in."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core.adapters.files.cart import read_cart
from core.adapters.store import Store, open_store
from core.cli.errors import bad_argument
from core.cli.routing_options import routing_preference
from core.domain.context import Context
from core.domain.errors import BadInput
from core.domain.model import Cart, Days, Objective, Program
from core.domain.roles import LOCAL, Person
from core.rules.prescriptions import completed
from core.services.contexts import load_context
from core.services.people import named


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command's outcome: its JSON object, and the exit status (0 done, 1 findings or a refusal)."""

    data: Mapping[str, Any]
    status: int = 0


@dataclass
class Run:
    """One command's surroundings: store, clinic, person and days, each looked up when first asked for."""

    arguments: argparse.Namespace
    now: datetime

    @cached_property
    def store(self) -> Store:
        """The store of ``--db``, of DATABASE_URL, or the default payment."""
        return open_store(self.arguments.db)

    def close(self) -> None:
        """Give the store's connections back, if it was opened: a process may run many commands."""
        if "store" in vars(self):
            self.store.close()

    @cached_property
    def clinic(self) -> str:
        """``--clinic``, or the only one there is."""
        codes = self.store.clinics()
        code = self.arguments.clinic
        if code is not None and code not in codes:
            raise bad_argument("--clinic", code, f"is not in the store; it has {', '.join(codes) or 'no clinic yet'}")
        if code is None and len(codes) != 1:
            reason = f"name one of {', '.join(codes)}" if codes else "the store has no clinic yet; load a folder first"
            raise bad_argument("--clinic", None, reason)
        return str(code or codes[0])

    @cached_property
    def person(self) -> Person:
        """``--as``, or the local console."""
        if self.arguments.person is None:
            return LOCAL
        person = named(self.store, self.clinic, self.arguments.person)
        if person is None:
            raise bad_argument("--as", self.arguments.person, "is not one of this clinic's people")
        return person

    @property
    def person_before_clinic(self) -> Person:
        """Who asks for something of the whole store: the local console, unless ``--as`` names somebody of a clinic."""
        return LOCAL if self.arguments.person is None else self.person

    def opened(self, url: str) -> Store:
        """Another store beside the run's own."""
        return open_store(url)

    @cached_property
    def context(self) -> Context:
        """Everything of the clinic."""
        with self.store.read(self.clinic) as work:
            return load_context(work, placing_day=self.arguments.on)

    @cached_property
    def days(self) -> Days:
        """``--on`` and ``--at`` in the clinic's zone; ``--on`` alone means before every cut-off."""
        zone = ZoneInfo(self.context.clinic.time_zone)
        now = self.now.astimezone(zone)
        on: date | None = self.arguments.on
        at: time | None = self.arguments.at
        day = on or now.date()
        if at is not None:
            return Days(day, day, datetime.combine(day, at, zone))
        return Days(day, day, None if on else now)

    @cached_property
    def program(self) -> Program:
        """``--program``, or the clinic's first."""
        allowed = self.context.clinic.program
        code = self.arguments.program or allowed[0]
        program = self.context.program(code, self.days.placing_day)
        if code not in allowed or program is None:
            raise bad_argument("--program", code, f"is not a program of this clinic; it has {', '.join(allowed)}")
        return program

    @property
    def objective(self) -> Objective:
        """``--objective``."""
        return Objective(self.arguments.objective)

    @property
    def day_price_cents(self) -> int | None:
        """``--day-price``, None for the setting."""
        price: int | None = self.arguments.day_price
        return price

    @cached_property
    def cart(self) -> Cart:
        """The file CART, whole or not at all; the command line never merges lines."""
        upload = read_cart(self.arguments.cart.name, self.arguments.cart, self.context, self.days.refill_day)
        if upload.errors:
            raise BadInput(upload.errors)
        lines = (
            completed(row, number, self.context, self.days.refill_day) for number, row in enumerate(upload.rows, 1)
        )
        cart = Cart(refill_day=self.days.refill_day, lines=tuple(lines))
        preferences = tuple(routing_preference(text, cart, self.context) for text in self.arguments.ask)
        return cart.model_copy(update={"preferences": preferences}) if preferences else cart
