"""Every command of ``python -m core`` with its options: one table (docs/formats.md describes what each answers)."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from core.cli import order_commands, plan_commands, servers, store_commands
from core.cli.errors import bad_argument
from core.cli.practice_pharmacy import EventFault, Fault
from core.cli.run import CommandResult, Run
from core.domain.model import Objective
from core.domain.money import cents_from
from core.domain.text_limits import why_not_kept


class Option(NamedTuple):
    """One option or argument, as argparse takes it."""

    name: str
    settings: Mapping[str, Any]


class Command(NamedTuple):
    """One command: what it does, in words, and what it takes beside the common options."""

    name: str
    does: Callable[[Run], CommandResult | Iterable[Mapping[str, Any]]]
    summary: str
    options: tuple[Option, ...] = ()


def _option(name: str, metavar: str | None = None, summary: str | None = None, **settings: Any) -> Option:
    given = {"metavar": metavar, "help": summary} | settings
    return Option(name, {key: value for key, value in given.items() if value is not None})


def _port(number: int) -> tuple[Option, ...]:
    host = _option("--host", "HOST", "default: this machine alone", default="127.0.0.1")
    return host, _option("--port", "PORT", type=int, default=number)


COMMON: Final = (
    _option("--db", "URL", "the store (default: DATABASE_URL, else data/refill.db)"),
    _option("--clinic", "C", "the clinic's code (default: the only one)"),
    _option("--as", "EMAIL", "who is asking (default: the local console)", dest="person"),
    _option("--on", "DATE", "refill day and placing day (default: today in the clinic's zone)"),
    _option("--at", "HH:MM", "time of day in the clinic's zone"),
    _option("--json", None, "one JSON object and nothing else", action="store_true"),
)
CART: Final = (
    _option("cart", "CART", "cart.csv or .xlsx", type=Path),
    _option("--program", "P", "default: the clinic's first"),
    _option("--objective", choices=[objective.value for objective in Objective], default="cheapest"),
    _option("--day-price", "DOLLARS", "what a day earlier is worth, for balanced"),
    _option(
        "--ask",
        "PREFERENCE",
        "such as avoid cedar; use cedar for sku=SEMA; together; stay 5.00; boxes 0; reserve cedar for line=3",
        action="append",
        default=[],
    ),
)
PLACE: Final = (
    *CART,
    _option("--expect", "TOTAL", "the total that was confirmed, in dollars"),
    _option("--hash", "H", "the hash that validate gave"),
    _option("--acknowledge", "all|L:CODE,...", "warnings that were read"),
    _option("--override", "L:CODE=REASON", action="append", default=[]),
    _option("--key", "K", "the confirmation's own key"),
)
PRACTICE: Final = (
    _option("--step", None, "let every open simulated line take its next step instead", action="store_true"),
    *_port(8602),
    _option("--fault", None, "for the next order; repeat", action="append", default=[], choices=list(Fault)),
    _option("--events", None, "what is wrong with news", action="append", default=[], choices=list(EventFault)),
    _option("--seconds", "S", "how long slow is", type=float, default=5.0),
    _option("--credentials", "NAME", "name of the secret that holds user:password"),
    _option("--push", "URL", "where news are pushed"),
    _option("--push-secret", "NAME", "name of the secret that signs pushes"),
)
REFERENCE: Final = _option("reference", "REF")
PATIENT: Final = _option("patient", "PATIENT")
RX: Final = _option("--rx", "RX", "one prescription alone")
REASON: Final = _option("--reason", "R", required=True)
FILE: Final = _option("file", "FILE", type=Path)
OUTCOME: Final = _option("--as", dest="outcome", required=True, choices=["acknowledged", "rejected", "cancelled"])

COMMANDS: Final = (
    Command("due", plan_commands.due, "who is due on the refill day, and who is paused", (
        _option("--weeks", "N", "who will be due in the next weeks instead", type=int),
    )),
    Command("pause", order_commands.pause, "nothing of a patient or prescription is due until a day", (
        PATIENT, RX, _option("--until", "DATE", "the first day on which it is due again", required=True), REASON,
    )),
    Command("resume", order_commands.resume, "end a pause now", (PATIENT, RX)),
    Command("stop", order_commands.stop, "nothing more is filled of a prescription, or for a patient", (
        PATIENT, RX, REASON,
    )),
    Command("validate", plan_commands.validate_cart, "every finding of a cart", CART),
    Command("quote", plan_commands.quote_cart, "what a cart costs", CART),
    Command("split", plan_commands.split_cart, "which pharmacy fills each line, and why", CART),
    Command("compare", plan_commands.compare_skus, "every SKU under every program", (
        _option("--units", "N", "packs in a typical shipment", type=int, default=1),
        _option("--spend", "S", "monthly medication spend in dollars"),
    )),
    Command("which", plan_commands.best_program, "which program is cheapest, from the clinic's own orders", (
        _option("--drug", "ACTIVE", "one drug at the clinic's own volume"),
    )),
    Command("plans", plan_commands.compare_programs, "what every program costs at a monthly spend", (
        _option("--spend", "S", "monthly medication spend in dollars", required=True),
    )),
    Command("sig", plan_commands.read_sig, "read directions; - reads one a line from standard input", (
        _option("text", "TEXT"),
        _option("--sku", "S"),
        _option("--quantity", "N", "packs", type=int, default=1),
    )),
    Command("place", order_commands.place, "check a cart out, once", PLACE),
    Command("track", order_commands.track, "every line's state and history", (_option("reference", "REF", nargs="?"),)),
    Command("event", order_commands.event, "record what a pharmacy says", (_option("file", "FILE.json", type=Path),)),
    Command("cancel", order_commands.cancel, "cancel a line, or ask for it", (REFERENCE, REASON)),
    Command("resubmit", order_commands.resubmit, "send a rejected or returned line again", (
        REFERENCE,
        _option("--pharmacy", "P"),
        _option("--rx", "RX", "another prescription of the patient for the SKU"),
        _option("--expect", "TOTAL", "the line's confirmed cost in dollars"),
        _option("--override", "CODE=REASON", "may end in: confirmed by NAME on DATE", action="append", default=[]),
    )),
    Command("refund", order_commands.refund, "give back what was captured for a line", (
        REFERENCE, _option("amount", "AMOUNT", "dollars"), REASON,
    )),
    Command("resolve", order_commands.resolve, "settle an unknown submission or a cancel request", (
        REFERENCE, OUTCOME, REASON,
    )),
    Command("load", store_commands.load, "load a folder of files", (
        _option("folder", "DIR", type=Path),
        _option("--clear", None, "empty cells may clear what keeps lines from being ordered", action="store_true"),
        _option("--dry-run", None, "say what would change, and write nothing", action="store_true"),
    )),
    Command("worker", store_commands.worker, "send what is queued and take in what pharmacies say", (
        _option("--once", None, "one round, then stop", action="store_true"),
        _option("--status", None, "how the queue stands", action="store_true"),
    )),
    Command("partner", servers.partner, "a pharmacy's order system to try things with, over HTTP", PRACTICE),
    Command("webhook", servers.webhook, "take in what pharmacies push, over HTTP", _port(8603)),
    Command("payments", store_commands.payments, "what the payment provider has yet to do", (
        _option("--again", "ID", "ask afresh for what it turned down"),
    )),
    Command("ledger", store_commands.ledger, "check the ledger, or what is payable by month and pharmacy", (
        _option("what", choices=["verify", "months"]),
        _option("--out", "FILE.csv", "months: a file for an accountant", type=Path),
    )),
    Command("invoice", store_commands.invoice, "a pharmacy's invoice beside what was ordered, to the cent", (
        FILE,
        _option("--pharmacy", "P", required=True),
        _option("--from", "DATE", "first day on which its lines shipped", dest="first", required=True),
        _option("--to", "DATE", "last day", dest="last", required=True),
    )),
    Command("audit", store_commands.audit, "check the audit, or keep outside the store where it ends", (
        _option("what", choices=["verify", "anchor"]),
        _option("--anchors", "FILE", "the file of anchors, outside the store", type=Path),
    )),
    Command("backup", store_commands.backup, "backup the whole store", (FILE,)),
    Command("restore", store_commands.restore, "restore the whole store", (FILE,)),
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Argparse whose complaints are bad input like any other."""

    def error(self, message: str) -> NoReturn:
        """A usage error."""
        raise bad_argument(self.prog, None, message)


def parser() -> Parser:
    """Every command with its options."""
    root = Parser(prog="python -m core", description="Refill Day's command line")
    _add(root, COMMON)
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        # `resolve --as OUTCOME` is the outcome; who is asking then stands before the command
        added = commands.add_parser(
            command.name, help=command.summary, description=command.summary, conflict_handler="resolve"
        )
        _add(added, COMMON, default=argparse.SUPPRESS)  # what stands before the command's name is left alone
        _add(added, command.options)
        added.set_defaults(does=command.does)
    return root


def _add(to: argparse.ArgumentParser, options: Iterable[Option], **default: Any) -> None:
    for option in options:
        to.add_argument(option.name, **{**option.settings, **default})


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line read. Raises BadInput for an option that is unknown, missing or unreadable."""
    for word in words:
        if reason := why_not_kept(word):
            raise bad_argument("an argument", ascii(word), reason)
    arguments = parser().parse_args(words)
    for name, reader in _READERS.items():
        value = getattr(arguments, name, None)
        if value is None:
            continue
        try:
            setattr(arguments, name, reader(value))
        except ValueError as why:
            raise bad_argument(f"--{name.replace('_', '-')}", value, str(why)) from None
    return arguments


def _amount(text: str) -> int:
    cents = cents_from(text)
    if cents < 0:
        raise ValueError("is negative")
    return cents


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "on": date.fromisoformat,
    "at": time.fromisoformat,
    "until": date.fromisoformat,
    "first": date.fromisoformat,
    "last": date.fromisoformat,
    **dict.fromkeys(("spend", "day_price", "expect", "amount"), _amount),
}
"""Options that are more than text, and how each is read."""
