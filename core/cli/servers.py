"""Commands that listen until they are stopped: the practice pharmacy and the webhook receiver."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from core.adapters.pharmacies.signatures import pusher
from core.adapters.secrets import secret
from core.cli.errors import bad_argument
from core.cli.practice_pharmacy import EventFault, Fault, PracticePharmacy
from core.cli.practice_pharmacy_server import serve
from core.cli.run import CommandResult, Run
from core.domain.roles import Action, require
from core.services.partners.worker import step_stage

if TYPE_CHECKING:
    from core.cli.http_server import HttpServer


def partner(run: Run) -> CommandResult:
    """A pharmacy's order system on this machine; with ``--step`` the simulated pharmacies' next step instead."""

    options = run.arguments
    if options.step:
        return CommandResult({"events": step_stage(run.store, run.person, run.clinic)})
    push = pusher(options.push, _named(options.push_secret, "--push-secret")) if options.push else None
    books = PracticePharmacy(push)
    books.faults, books.seconds = [Fault(name) for name in options.fault], options.seconds
    books.event_faults = frozenset(EventFault(name) for name in options.events)
    return listen(lambda: serve(books, options.host, options.port, _named(options.credentials, "--credentials")), run)


def _named(name: str | None, option: str) -> str:
    if name is None:
        return ""
    if (value := secret(name)) is None:
        raise bad_argument(option, name, "is no secret in the environment or in .streamlit/secrets.toml")
    return value


def webhook(run: Run) -> CommandResult:
    """The receiver of pharmacies' pushes for every clinic of the store."""
    from core.cli import webhook_server

    require(run.person_before_clinic, Action.SET_UP)
    return listen(lambda: webhook_server.webhook(run.store, run.arguments.host, run.arguments.port), run)


def listen(make: Callable[[], HttpServer], run: Run) -> CommandResult:
    """Serve until somebody stops it."""
    try:
        server = make()
    except (OSError, OverflowError) as error:
        raise bad_argument("--port", run.arguments.port, f"cannot be listened on ({error})") from None
    port = server.socket.getsockname()[1]
    sys.stderr.write(f"Listening on http://{run.arguments.host}:{port}; stop with Ctrl-C.\n")
    sys.stderr.flush()
    with suppress(KeyboardInterrupt):
        server.run_here()
    return CommandResult({"stopped": True})
