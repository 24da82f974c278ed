"""Who may be let in at all: somebody whom the identity provider vouches for, or whoever sits at a local demo.

Nothing here fails open: settings that are missing, misspelt or cannot be read give nobody the demo, which is asked for
by name (``REFILL_DEMO_SIGNIN=on``, as ``make run`` does) and served to the browser of this very machine alone.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, NamedTuple

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.adapters.store import Store
from core.services.people import anybody_signed_in

DEMO_SIGN_IN: Final = "REFILL_DEMO_SIGNIN"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
FORWARDED: Final = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip")
"""How the headers begin with which a proxy says for whom it asks."""
SHORTEST_SECRET: Final = 32
"""Characters of ``cookie_secret``: whoever guesses it signs themselves in as anybody."""
FEWEST_CHARACTERS: Final = 10
"""Different ones in it."""
EXAMPLE_SECRET: Final = "a long random text"
"""What the secret in secrets.toml.example begins with."""
_HAS_HAD_SIGN_IN: Final = Event()
"""Whether this process has ever had an identity provider; it never turns into a demo again."""


def sign_in_configured() -> bool:
    """Whether an identity provider is set up."""
    if "is_logged_in" not in st.user:
        return False
    _HAS_HAD_SIGN_IN.set()
    return True


def sign_in_fault() -> str | None:
    """Why the sign-in that is set up lets nobody in, as a sentence; None where it may."""
    secret = cookie_secret()
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS or secret.startswith(EXAMPLE_SECRET):
        return (
            f"Nobody can sign in: cookie_secret in .streamlit/secrets.toml is missing, the example's, or shorter than "
            f"{SHORTEST_SECRET} random characters. Write a new one there, then restart."
        )
    return None


def cookie_secret() -> str:
    """What the cookies of signed-in people are signed with; empty where it cannot be read."""
    try:
        return str(st.secrets["auth"]["cookie_secret"])
    except (KeyError, TypeError, StreamlitSecretNotFoundError):
        return ""


def demo_fault(store: Store) -> str | None:
    """Why nobody is let in to this store without signing in, as a sentence; None for the local demo."""
    if _HAS_HAD_SIGN_IN.is_set() or anybody_signed_in(store) or _meant_for_sign_in(st.get_option("secrets.files")):
        return (
            "Nobody can sign in: this server or its store has had sign-in, or .streamlit/secrets.toml says something "
            "else than [pharmacies], and no [auth] can be read from it. Repair it (see secrets.toml.example), then "
            "restart."
        )
    if os.environ.get(DEMO_SIGN_IN) != "on":
        return (
            "Nobody can sign in: no identity provider is set up. Fill in .streamlit/secrets.toml (see "
            "secrets.toml.example). “make run” starts a demo for this machine alone."
        )
    if not served_to_this_machine_only() or not asked_by_this_machine():
        return (
            "Nobody can sign in: this is a demo for the browser of one machine, and it is reached from another one or "
            "through a proxy. Fill in .streamlit/secrets.toml (see secrets.toml.example) to let others in."
        )
    return None


def served_to_this_machine_only() -> bool:
    """Whether the server listens to nobody else."""
    return st.get_option("server.address") in LOOPBACK


def asked_by_this_machine() -> bool:
    """Whether the browser has the loopback's name in its address, and no proxy stands between.

    What has no headers at all is no browser: every websocket is opened with some.
    """
    headers = {name.lower(): str(value) for name, value in st.context.headers.items()}
    if any(name.startswith(FORWARDED) for name in headers):
        return False
    return not headers or headers.get("host", "").rpartition(":")[0].strip("[]") in LOOPBACK


def _meant_for_sign_in(files: Iterable[str]) -> bool:
    """Whether a file of secrets is there that cannot be read, or holds more than pharmacies' secrets."""
    for file in map(Path, files):
        if not file.exists():
            continue
        try:
            entries = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            return True
        if set(entries) - {"pharmacies"}:
            return True
    return False


class SignIn(NamedTuple):
    """What the identity provider vouches for: a verified address, from when to when."""

    email: str
    since: datetime
    until: datetime


def sign_in_of_visitor() -> SignIn | None:
    """Who the visitor is by the identity provider's word; None where it says less than all of it."""
    email, since, until = (st.user.get(claim) for claim in ("email", "iat", "exp"))
    if not st.user.get("is_logged_in") or st.user.get("email_verified") is not True or not email:
        return None
    try:
        return SignIn(str(email), *(datetime.fromtimestamp(float(str(instant)), UTC) for instant in (since, until)))
    except (ValueError, OverflowError, OSError):
        return None
