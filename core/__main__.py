"""The command line: ``python -m core COMMAND`` (docs/formats.md). Exit status 0 done, 1 a finding or a refusal, 2 bad
input."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from core.cli import decisions, maintenance, orders, servers
from core.cli.output import write
from core.cli.practice_pharmacy import EventFault, Fault
from core.cli.run import Answer, Run, bad_argument
from core.domain.errors import BadInput, Refused, Unavailable
from core.domain.model import Objective
from core.domain.money import cents_from
from core.domain.text_limits import why_not_kept

COMMON: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--db", {"metavar": "URL", "help": "the store (default: DATABASE_URL, else data/refill.db)"}),
    ("--clinic", {"metavar": "C", "help": "the clinic's code (default: the only one)"}),
    ("--as", {"dest": "person", "metavar": "EMAIL", "help": "who is asking (default: the local console)"}),
    ("--on", {"metavar": "DATE", "help": "refill day and placing day (default: today in the clinic's zone)"}),
    ("--at", {"metavar": "HH:MM", "help": "time of day in the clinic's zone"}),
)


class Parser(argparse.ArgumentParser):
    """Argparse whose complaints are bad input like any other."""

    def error(self, message: str) -> NoReturn:
        """A usage error."""
        raise bad_argument(self.prog, None, message)


def parser() -> Parser:
    """Every command with its options."""
    root = Parser(prog="python -m core", description="Refill Day's command line")
    _common_options(root)
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, does: object, summary: str) -> argparse.ArgumentParser:
        # `resolve --as OUTCOME` is the outcome; who is asking then stands before the command
        added = commands.add_parser(name, help=summary, description=summary, conflict_handler="resolve")
        _common_options(added, default=argparse.SUPPRESS)
        added.set_defaults(does=does)
        return added

    _deciding(command)
    _placing(command)
    _keeping(command)
    return root


def _common_options(added: argparse.ArgumentParser, **default: Any) -> None:
    """The options of every command; a command's own leave those before its name alone unless they are given again."""
    for name, options in COMMON:
        added.add_argument(name, **options, **default)
    added.add_argument("--json", action="store_true", help="one JSON object and nothing else", **default)


def _plan_options(added: argparse.ArgumentParser) -> None:
    added.add_argument("cart", metavar="CART", type=Path, help="cart.csv or .xlsx")
    added.add_argument("--program", metavar="P", help="default: the clinic's first")
    added.add_argument("--objective", choices=[objective.value for objective in Objective], default="cheapest")
    added.add_argument("--day-price", metavar="DOLLARS", help="what a day earlier is worth, for balanced")
    added.add_argument(
        "--ask",
        action="append",
        default=[],
        metavar="WISH",
        help="such as avoid cedar; use cedar for sku=SEMA; together; stay 5.00; boxes 0; reserve cedar for line=3",
    )


def _deciding(command) -> None:  # type: ignore[no-untyped-def]
    command("due", decisions.due, "who is due on the refill day")
    for name, does, summary in (
        ("validate", decisions.validate, "every finding of a cart"),
        ("quote", decisions.quote, "what a cart costs"),
        ("split", decisions.split, "which pharmacy fills each line, and why"),
    ):
        _plan_options(command(name, does, summary))
    added = command("compare", decisions.compared, "every SKU under every program")
    added.add_argument("--units", type=int, default=1, metavar="N", help="packs in a typical shipment")
    added.add_argument("--spend", metavar="S", help="monthly medication spend in dollars")
    added = command("plans", decisions.planned, "what every program costs at a monthly spend")
    added.add_argument("--spend", metavar="S", required=True, help="monthly medication spend in dollars")
    added = command("sig", decisions.sig, "read directions; - reads one a line from standard input")
    added.add_argument("text", metavar="TEXT")
    added.add_argument("--sku", metavar="S")
    added.add_argument("--quantity", type=int, default=1, metavar="N", help="packs")


def _placing(command) -> None:  # type: ignore[no-untyped-def]
    added = command("place", orders.place, "check a cart out, once")
    _plan_options(added)
    added.add_argument("--expect", metavar="TOTAL", help="the total that was confirmed, in dollars")
    added.add_argument("--hash", metavar="H", help="the hash that validate gave")
    added.add_argument("--acknowledge", metavar="all|L:CODE,...", help="warnings that were read")
    added.add_argument("--override", action="append", default=[], metavar="L:CODE=REASON")
    added.add_argument("--key", metavar="K", help="the confirmation's own key")
    added = command("track", orders.track, "every line's state and history")
    added.add_argument("reference", nargs="?", metavar="REF")
    added = command("event", orders.event, "record what a pharmacy says")
    added.add_argument("file", type=Path, metavar="FILE.json")
    added = command("cancel", orders.cancel, "cancel a line, or ask for it")
    added.add_argument("reference", metavar="REF")
    added.add_argument("--reason", required=True, metavar="R")
    added = command("resubmit", orders.resubmit, "send a rejected or returned line again")
    added.add_argument("reference", metavar="REF")
    added.add_argument("--pharmacy", metavar="P")
    added.add_argument("--expect", metavar="TOTAL", help="the line's confirmed cost in dollars")
    added = command("refund", orders.refund, "give back what was captured for a line")
    added.add_argument("reference", metavar="REF")
    added.add_argument("amount", metavar="AMOUNT", help="dollars")
    added.add_argument("--reason", required=True, metavar="R")
    added = command("resolve", orders.resolve, "settle an unknown submission or a cancel request")
    added.add_argument("reference", metavar="REF")
    added.add_argument("--as", dest="outcome", required=True, choices=["acknowledged", "rejected", "cancelled"])
    added.add_argument("--reason", required=True, metavar="R")


def _keeping(command) -> None:  # type: ignore[no-untyped-def]
    command("load", maintenance.load, "load a folder of files").add_argument("folder", type=Path, metavar="DIR")
    added = command("worker", maintenance.worker, "send what is queued and take in what pharmacies say")
    added.add_argument("--once", action="store_true", help="one round, then stop")
    added.add_argument("--status", action="store_true", help="how the queue stands")
    added = command("partner", servers.partner, "a pharmacy's order system to try things with, over HTTP")
    added.add_argument("--step", action="store_true", help="let every open simulated line take its next step instead")
    _listening(added, 8602)
    added.add_argument("--fault", action="append", default=[], choices=list(Fault), help="for the next order; repeat")
    added.add_argument(
        "--events", action="append", default=[], choices=list(EventFault), help="what is wrong with news"
    )
    added.add_argument("--seconds", type=float, default=5.0, metavar="S", help="how long slow is")
    added.add_argument("--credentials", metavar="NAME", help="name of the secret that holds user:password")
    added.add_argument("--push", metavar="URL", help="where news are pushed")
    added.add_argument("--push-secret", metavar="NAME", help="name of the secret that signs pushes")
    _listening(command("webhook", servers.webhook, "take in what pharmacies push, over HTTP"), 8603)
    added = command("payments", maintenance.payments, "what the payment provider has yet to do")
    added.add_argument("--again", metavar="ID", help="ask afresh for what it turned down")
    for name, does in (("ledger", maintenance.ledger), ("audit", maintenance.audit)):
        command(name, does, f"check the {name}").add_argument("verify", choices=["verify"])
    for name, does in (("backup", maintenance.backup), ("restore", maintenance.restore)):
        command(name, does, f"{name} the whole store").add_argument("file", type=Path, metavar="FILE")


def _listening(added: argparse.ArgumentParser, port: int) -> None:
    added.add_argument("--host", default="127.0.0.1", metavar="HOST", help="default: this machine alone")
    added.add_argument("--port", type=int, default=port, metavar="PORT")


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if given is None else given)
    as_json = "--json" in words
    run: Run | None = None
    try:
        _refuse_unkept(words)
        arguments = parser().parse_args(words)
        _read_cells(arguments)
        gc.freeze()  # what is imported stays: collecting among it would cost a checkout of 1,000 lines 50 ms
        run = Run(arguments, datetime.now(UTC))
        answer = arguments.does(run)
        if isinstance(answer, Answer):
            write(answer.data, as_json)
            return answer.status
        for row in answer:
            write(row, True)
    except BadInput as bad:
        write({"errors": [error._asdict() for error in bad.errors]}, as_json, sys.stdout if as_json else sys.stderr)
        return 2
    except (Refused, Unavailable) as refusal:
        write({"refused": type(refusal).__name__, "message": str(refusal)}, as_json)
        return 1
    finally:
        if run is not None:
            run.close()
    return 0


def _refuse_unkept(words: Sequence[str]) -> None:
    for word in words:
        if reason := why_not_kept(word):
            raise bad_argument("an argument", ascii(word), reason)


def _read_cells(arguments: argparse.Namespace) -> None:
    """Dates, times and amounts of the options, read once and named when they cannot be."""
    readers = {
        "on": date.fromisoformat,
        "at": time.fromisoformat,
        "spend": _amount,
        "day_price": _amount,
        "expect": _amount,
        "amount": _amount,
    }
    for name, reader in readers.items():
        value = getattr(arguments, name, None)
        if value is None:
            continue
        try:
            setattr(arguments, name, reader(value))
        except ValueError as why:
            raise bad_argument(f"--{name.replace('_', '-')}", value, str(why)) from None


def _amount(text: str) -> int:
    cents = cents_from(text)
    if cents < 0:
        raise ValueError("is negative")
    return cents


if __name__ == "__main__":
    sys.exit(main())
