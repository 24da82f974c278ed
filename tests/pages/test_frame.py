"""The frame: who gets which pages, the guard of every page, sign-in, and errors as sentences."""

from __future__ import annotations

import ast
import tomllib
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.errors import AccessEnded
from core.domain.model import Role
from core.domain.roles import LOCAL
from core.services.audit_trail import audit_trail
from core.services.clinic_export import export
from core.services.people import add_person, change_person, members, sign_out, signed_in
from pages.shared.formats import plain
from pages.shared.screens import FIRST_SCREEN, SCREENS, Screen
from pages.shared.session import Session
from tests.pages.conftest import FRAME, Opens
from tests.stores import CLINIC, NOW, Clock, load

PAGES = sorted(FRAME.parents[1].glob("*/page.py"))
SIGNED_IN = {
    "is_logged_in": True,
    "email_verified": True,
    "iat": NOW.timestamp(),
    "exp": NOW.timestamp() + 3600,
}


def frame(**user: object) -> AppTest:
    shown = AppTest.from_file(str(FRAME), default_timeout=30)
    if user:
        shown.user = {**SIGNED_IN, **user}
    return shown.run()


def titles(shown: AppTest) -> list[str]:
    assert not shown.exception
    return [title.value for title in shown.title]


def said(shown: AppTest) -> list[str]:
    return [each.value for kind in (shown.info, shown.warning, shown.error) for each in kind]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_every_page_asks_its_guard_before_anything_else(page: Path) -> None:
    screen = next(screen for screen in SCREENS if screen.folder == page.parent.name)
    body = ast.parse(page.read_text()).body[1:]
    first = next(statement for statement in body if not isinstance(statement, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == f"session = opened_by(Action.{screen.action.name})"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.path)
def test_a_page_that_was_not_opened_through_the_frame_shows_nothing(screen: Screen, store: Store) -> None:
    load(store)
    shown = AppTest.from_file(str(screen.script), default_timeout=30).run()
    assert (titles(shown), said(shown)) == ([], ["Open Refill Day at its own address."])
    assert not shown.dataframe


def test_nothing_beside_the_screens_or_the_frame_is_a_script_that_streamlit_would_serve() -> None:
    assert [file.name for file in FRAME.parents[1].glob("*.py")] == ["__init__.py"]
    assert not (FRAME.parent / "pages").exists()


def test_every_screen_is_a_page_and_takes_an_action_of_its_own() -> None:
    assert [page.parent.name for page in PAGES] == sorted(screen.folder for screen in SCREENS)
    assert len({screen.action for screen in SCREENS}) == len(SCREENS)


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.STAFF, "Refill day"),
        (Role.MANAGER, "SKU costs"),
        (Role.LEADERSHIP, "Fulfillment"),
        (Role.ADMIN, "SKU costs"),
    ],
)
def test_each_role_starts_on_its_own_page(role: Role, first: str, store: Store) -> None:
    load(store)
    shown = AppTest.from_file(str(FRAME), default_timeout=30)
    shown.session_state["acting_as"] = role
    (title,) = titles(shown.run())
    assert title.startswith(first)
    assert set(FIRST_SCREEN) == set(Role)


def test_the_demo_says_that_it_is_one_and_changes_role(store: Store) -> None:
    load(store)
    shown = frame()
    switch = shown.sidebar.selectbox(key="acting_as")
    assert (switch.label, switch.value) == ("Local demo: you are acting as", Role.MANAGER)
    switch.select(Role.STAFF).run()
    (title,) = titles(shown)
    assert title.startswith("Refill day")


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.STAFF, "costs"),
        (Role.STAFF, "fulfilment"),
        (Role.STAFF, "setup"),
        (Role.LEADERSHIP, "refill_day"),
        (Role.LEADERSHIP, "orders"),
        (Role.LEADERSHIP, "setup"),
    ],
)
def test_a_page_that_the_role_lacks_is_not_there_to_be_opened(
    role: Role, page: str, store: Store, opens: Opens
) -> None:
    load(store)
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        opens(page, role)


def test_the_guard_refuses_even_where_the_frame_let_somebody_through(
    store: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store)
    monkeypatch.setattr("pages.shared.navigation.may", lambda person, action: True)
    shown = opens("costs", Role.STAFF)
    assert (titles(shown), said(shown)) == ([], [r"The role staff may not see SKU costs\."])


@pytest.mark.parametrize("page", [screen.path for screen in SCREENS])
def test_with_an_empty_store_every_page_says_what_to_do(page: str, opens: Opens) -> None:
    shown = opens(page)
    assert not shown.exception
    assert "**There is no clinic yet\\.**" in [text.value for text in shown.markdown]


def test_somebody_signed_in_gets_the_role_of_the_store_and_no_switch(store: Store) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "lee@example.com", "Lee", Role.LEADERSHIP)
    shown = AppTest.from_file(str(FRAME), default_timeout=30)
    shown.user = {**SIGNED_IN, "email": "Lee@Example.com"}
    shown.session_state["acting_as"] = Role.ADMIN
    shown.query_params["acting_as"] = "admin"
    assert titles(shown.run()) == ["Fulfillment"]
    assert not shown.sidebar.selectbox
    assert [text.value for text in shown.sidebar.caption] == ["Lee, leadership"]


@pytest.mark.parametrize(
    ("case", "claims", "first_word"),
    [
        ("nobody signed in", {"is_logged_in": False}, "Sign in with your clinic's account."),
        ("a stranger", {"email": "stranger@example.com"}, "stranger"),
        ("the sign-in has ended", {"email": "lee@example.com", "exp": NOW.timestamp() - 1}, "lee"),
        ("the address is not confirmed", {"email": "lee@example.com", "email_verified": False}, "lee"),
        ("whether it is confirmed is not said", {"email": "lee@example.com", "email_verified": None}, "lee"),
        ("confirmed in words", {"email": "lee@example.com", "email_verified": "true"}, "lee"),
        ("since when is not said", {"email": "lee@example.com", "iat": None}, "lee"),
        ("until when is not said", {"email": "lee@example.com", "exp": None}, "lee"),
        ("the sign-in is of yesterday", {"email": "lee@example.com", "iat": NOW.timestamp() - 86_400}, "lee"),
        ("access has ended", {"email": "max@example.com"}, "max"),
        ("no address", {}, "This"),
    ],
)
def test_who_is_not_known_gets_the_sign_in_alone(
    case: str, claims: dict[str, object], first_word: str, store: Store
) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "lee@example.com", "Lee", Role.ADMIN)
    add_person(store, LOCAL, CLINIC, "max@example.com", "Max", Role.ADMIN)
    change_person(store, LOCAL, CLINIC, "max@example.com", active=False)
    shown = frame(**{"name": "x", **claims})
    assert titles(shown) == ["Refill Day"]
    assert any(text.startswith(first_word) for text in [*said(shown), *(text.value for text in shown.markdown)])
    assert not shown.sidebar.selectbox


LOCAL_HOST = {"Host": "127.0.0.1:8501"}


@pytest.mark.parametrize(
    ("case", "headers", "let_in"),
    [
        ("this machine", LOCAL_HOST, True),
        ("by name", {"Host": "localhost:8501"}, True),
        ("by the newer protocol", {"Host": "[::1]:8501"}, True),
        ("another host", {"Host": "refill.example.com"}, False),
        ("another host with a port", {"Host": "refill.example.com:443"}, False),
        ("a name that begins alike", {"Host": "127.0.0.1.example.com:8501"}, False),
        ("no host", {"Upgrade": "websocket"}, False),
        ("a proxy", LOCAL_HOST | {"X-Forwarded-For": "203.0.113.9"}, False),
        ("a proxy of the standard", LOCAL_HOST | {"Forwarded": "for=203.0.113.9"}, False),
        ("a proxy that names the address", LOCAL_HOST | {"X-Real-IP": "203.0.113.9"}, False),
        ("a proxy that names itself", LOCAL_HOST | {"Via": "1.1 proxy"}, False),
    ],
)
def test_the_demo_is_for_the_browser_of_this_machine(
    case: str, headers: dict[str, str], let_in: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store)
    monkeypatch.setattr("pages.shared.sign_in.st.context", SimpleNamespace(headers=headers))
    assert (titles(frame()) != ["Refill Day"]) is let_in


def test_a_server_that_others_reach_is_no_demo(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store)
    monkeypatch.setattr("pages.shared.sign_in.served_to_this_machine_only", lambda: False)
    assert titles(shown := frame()) == ["Refill Day"]
    assert said(shown)[0].startswith("Nobody can sign in: this is a demo for the browser of one machine")


def test_the_demo_is_asked_for_by_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store)
    monkeypatch.delenv("REFILL_DEMO_SIGNIN")
    assert titles(shown := frame()) == ["Refill Day"]
    assert said(shown)[0].startswith("Nobody can sign in: no identity provider is set up")


def test_a_process_that_has_had_sign_in_never_turns_into_a_demo(store: Store) -> None:
    load(store)
    frame(is_logged_in=False)
    assert titles(shown := frame()) == ["Refill Day"]
    assert said(shown)[0].startswith("Nobody can sign in: this server or its store has had sign")


def test_a_store_where_somebody_has_signed_in_is_no_demo(store: Store) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "lee@example.com", "Lee", Role.ADMIN)
    assert titles(frame()) != ["Refill Day"]
    assert signed_in(store, CLINIC, "lee@example.com", since=NOW, until=NOW + timedelta(hours=1))
    assert titles(frame()) == ["Refill Day"]


@pytest.mark.parametrize(
    ("case", "text", "let_in"),
    [
        ("misspelt", "[atuh]\ncookie_secret = 'x'", False),
        ("cannot be read", "[auth\ncookie_secret = ", False),
        ("no text", "\udcff", False),
        ("pharmacies alone", "[pharmacies]\nCEDAR = 'x'", True),
    ],
)
def test_a_file_meant_for_sign_in_never_gives_the_demo(
    case: str, text: str, let_in: bool, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store)
    file = tmp_path / "secrets.toml"
    file.write_text(text, "utf-8", "surrogateescape")
    options = {"secrets.files": [str(file)], "server.address": "127.0.0.1"}
    monkeypatch.setattr("pages.shared.sign_in.st.get_option", options.__getitem__)
    assert (titles(frame()) != ["Refill Day"]) is let_in


@pytest.mark.parametrize(
    ("case", "secret"),
    [
        ("none", ""),
        ("short", "0123456789abcdefghijklmnopqrstu"),
        ("of few characters", "01" * 40),
        ("the example's", tomllib.loads((FRAME.parents[2] / ".streamlit/secrets.toml.example").read_text())["auth"][
            "cookie_secret"]),
    ],
)  # fmt: skip
def test_a_weak_cookie_secret_lets_nobody_in(
    case: str, secret: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "lee@example.com", "Lee", Role.ADMIN)
    assert titles(frame(email="lee@example.com")) != ["Refill Day"]
    monkeypatch.setattr("pages.shared.sign_in.cookie_secret", lambda: secret)
    assert titles(shown := frame(email="lee@example.com")) == ["Refill Day"]
    assert said(shown)[0].startswith("Nobody can sign in: cookie_secret")


def test_a_store_that_cannot_be_reached_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    shown = frame()
    assert not shown.exception
    assert said(shown) == [r"The database cannot be reached or opened; check its address and that it is running\."]


@pytest.fixture
def lee(store: Store) -> AppTest:
    """An admin's form that is open to add a person."""
    load(store)
    for email in ("lee@example.com", "max@example.com"):
        add_person(store, LOCAL, CLINIC, email, "Lee", Role.ADMIN)
    shown = AppTest.from_file(str(FRAME), default_timeout=30)
    shown.user = {**SIGNED_IN, "email": "lee@example.com"}
    shown.query_params["setup_tab"] = "People"
    shown.run()
    setup = next(screen for screen in SCREENS if screen.path == "setup")
    shown.switch_page(str(setup.script)).run()
    shown.text_input(key="setup_person_email").set_value("eve@example.com")
    shown.text_input(key="setup_person_name").set_value("Eve")
    return shown


@pytest.mark.parametrize(
    ("case", "because", "title"),
    [
        ("access has ended", "Your access has ended", "Refill Day"),
        ("another role", "Your role is now manager", "Setup"),
        ("signed out elsewhere", "You have signed out", "Refill Day"),
        ("away for long", "You were away for too long", "Refill Day"),
        ("the sign-in has expired", "Your sign-in has expired", "Refill Day"),
    ],
)
def test_a_form_left_open_makes_no_admin_once_access_is_not_what_it_was(
    case: str, because: str, title: str, lee: AppTest, store: Store, clock: Clock
) -> None:
    if case == "access has ended":
        change_person(store, LOCAL, CLINIC, "lee@example.com", active=False)
    elif case == "another role":
        change_person(store, LOCAL, CLINIC, "lee@example.com", role=Role.MANAGER)
    elif case == "signed out elsewhere":
        there = signed_in(store, CLINIC, "lee@example.com", since=NOW, until=NOW + timedelta(hours=1))
        assert there is not None
        sign_out(store, there, CLINIC)
    else:
        clock.now += timedelta(minutes=31 if case == "away for long" else 61)
    button = next(button for button in lee.button if button.label == "Add")
    button.click().run()
    assert titles(lee) == [title]
    assert any(plain(because) in text for text in said(lee))
    assert "eve@example.com" not in {member.email for member in members(store, LOCAL, CLINIC)}
    newest = audit_trail(store, LOCAL, CLINIC, limit=1)[0]
    assert (newest.email, newest.action, newest.subject) == ("lee@example.com", "refused", "add person")


def test_a_download_drawn_before_gives_nothing_once_access_has_ended(store: Store) -> None:
    """A deferred download runs its function without the page."""
    load(store)
    add_person(store, LOCAL, CLINIC, "lee@example.com", "Lee", Role.MANAGER)
    lee = signed_in(store, CLINIC, "lee@example.com", since=NOW, until=NOW + timedelta(hours=1))
    assert lee is not None
    session = Session(store, CLINIC, lee)
    assert session.call(export)
    change_person(store, LOCAL, CLINIC, "lee@example.com", active=False)
    for download in (partial(session.call, export), partial(session.export, "patients", [{"Patient": "x"}], "csv")):
        with pytest.raises(AccessEnded):
            download()
    assert [entry.subject for entry in audit_trail(store, LOCAL, CLINIC, limit=2)] == ["export patients", "export"]
