"""Commands that listen until they are stopped: the stand-in pharmacy and the webhook receiver."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.server import ThreadingHTTPServer

from core.adapters.pharmacies.signatures import pusher
from core.adapters.secrets import secret
from core.cli.practice_pharmacy import EventFault, Fault, PracticePharmacy, serve
from core.cli.run import Answer, Run, bad_argument
from core.cli.webhook_server import webhook as receiver
from core.services.partners.worker import step_stage
from core.services.people import Action, require


def partner(run: Run) -> Answer:
    """A pharmacy's order system on this machine; with ``--step`` the simulated pharmacies' next step instead."""
    given = run.arguments
    if given.step:
        return Answer({"events": step_stage(run.store, run.person, run.clinic)})
    push = pusher(given.push, _named(given.push_secret, "--push-secret")) if given.push else None
    books = PracticePharmacy(push)
    books.faults, books.seconds = [Fault(name) for name in given.fault], given.seconds
    books.event_faults = frozenset(EventFault(name) for name in given.events)
    return listen(lambda: serve(books, given.host, given.port, _named(given.credentials, "--credentials")), run)


def _named(name: str | None, option: str) -> str:
    if name is None:
        return ""
    if (found := secret(name)) is None:
        raise bad_argument(option, name, "is no secret in the environment or in .streamlit/secrets.toml")
    return found


def webhook(run: Run) -> Answer:
    """The receiver of pharmacies' pushes for every clinic of the store."""
    require(run.person_before_clinic, Action.SET_UP)
    return listen(lambda: receiver(run.store, run.arguments.host, run.arguments.port), run)


def listen(made: Callable[[], ThreadingHTTPServer], run: Run) -> Answer:
    """Serve until somebody stops it."""
    try:
        server = made()
    except (OSError, OverflowError) as error:
        raise bad_argument("--port", run.arguments.port, f"cannot be listened on ({error})") from None
    port = server.server_address[1]
    sys.stderr.write(f"Listening on http://{run.arguments.host}:{port}; stop with Ctrl-C.\n")
    sys.stderr.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return Answer({"stopped": True})
