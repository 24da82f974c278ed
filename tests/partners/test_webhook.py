"""What pharmacies push: believed only from them, kept byte for byte, applied once (docs/partners.md)."""

from __future__ import annotations

import contextlib
import json
import socket
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from core.adapters.pharmacies.signatures import SIGNATURE, TIMESTAMP, pusher, signature
from core.adapters.store import Store, open_store
from core.adapters.store.tables import PARTNER_PUSH
from core.cli.http_server import HttpServer
from core.cli.practice_pharmacy import EventFault, PracticePharmacy
from core.cli.webhook_server import MOST_AT_ONCE, MOST_BYTES, routes, webhook
from core.domain.partners.link import Authentication, Link
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.orders.views import queues, strays, track
from core.services.partners import worker
from core.services.partners.connections import connect, recent_pushes
from core.services.partners.pushes import receive
from tests.builders import a_pharmacy, an_offer, licences
from tests.http_servers import serving
from tests.order_books import CHECKOUT
from tests.partners.test_worker import taking
from tests.stores import CLINIC, NOW, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

KEY = "a-secret-of-cedar"
UNSIGNED = "The signature is not that of this body and time."
SECRETS = {"CEDAR_PUSH": KEY, "BIRCH_PUSH": "a-secret-of-birch"}


@pytest.fixture
def clinic(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """One line at cedar and one at birch, both submitted; each pharmacy has a secret of its own."""
    opened = open_store(sqlite_url, clock=clock)
    yield at_two_pharmacies(opened)
    opened.close()


def at_two_pharmacies(store: Store) -> Store:
    """The same, in a store at hand."""
    houses = (a_pharmacy(), a_pharmacy(pharmacy="birch", name="Birch Lab"))
    people = patients(2) | {"pharmacies": houses, "offers": (an_offer(), an_offer(pharmacy="birch"))}
    load(store, a_folder(**people, pharmacy_licences=licences() + licences("birch")))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1, pharmacy="cedar"), line(2, pharmacy="birch"))))
    worker.run_once(store, CLINIC, lambda _: taking())
    for code in ("cedar", "birch"):
        connect(store, LOCAL, CLINIC, Link(code, push=Authentication.HMAC, push_secret=f"{code.upper()}_PUSH"))
    return store


def row(number: int = 1, status: str = "Shipping", **over: Any) -> dict[str, Any]:
    named = f"{CHECKOUT}/{number:02d}/1"
    return {"foreignRxNumber": named, "rxStatus": status, "rxStatusDateTime": "2026-12-04T10:00:00", **over}


def body(*rows: Any) -> bytes:
    return json.dumps(rows or [row()]).encode()


def signed(content: bytes, *, key: str = KEY, late: float = 0) -> dict[str, str]:
    timestamp = str(int(NOW.timestamp() - late))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(key, timestamp, content), "Content-Type": "application/json"}


def push(
    store: Store, content: bytes, headers: Mapping[str, str] | None = None, *, pharmacy: str = "cedar"
) -> tuple[int, dict[str, Any]]:
    given = signed(content) if headers is None else headers
    status, answer = receive(store, CLINIC, pharmacy, given, content, SECRETS.get)
    return status, dict(answer)


def state(store: Store, number: int = 1) -> str:
    return track(store, LOCAL, CLINIC, f"{CHECKOUT}/{number:02d}").lines[0].state.value


def kept(store: Store) -> list[tuple[str, str, int, str]]:
    columns = (PARTNER_PUSH.c.body, PARTNER_PUSH.c.encoding, PARTNER_PUSH.c.events, PARTNER_PUSH.c.problem)
    with store.read(CLINIC) as work:
        return [(*row,) for row in work.connection.execute(select(*columns).order_by(PARTNER_PUSH.c.id))]


# Believed


def test_a_signed_push_moves_the_line_and_is_kept(store: Store) -> None:
    clinic = at_two_pharmacies(store)
    status, answer = push(clinic, body(row(trackingNumber="1Z9")))
    assert (status, answer["events"], answer["moved"]) == (200, 1, 1)
    (found,) = track(clinic, LOCAL, CLINIC, f"{CHECKOUT}/01").lines
    assert (found.state.value, found.tracking) == ("shipped", "1Z9")
    assert kept(clinic) == [(body(row(trackingNumber="1Z9")).decode(), "utf-8", 1, "")]


def test_what_was_pushed_last_is_listed_without_what_was_said(clinic: Store) -> None:
    push(clinic, body())
    push(clinic, b"no JSON")
    found = recent_pushes(clinic, LOCAL, CLINIC)
    assert sorted((one.pharmacy, one.events, one.problem) for one in found) == [
        ("cedar", 0, "The body is not JSON."),
        ("cedar", 1, ""),
    ]


def test_one_row_alone_is_a_message_too(clinic: Store) -> None:
    content = json.dumps(row()).encode()
    assert push(clinic, content)[0] == 200
    assert state(clinic) == "shipped"


@pytest.mark.parametrize(
    ("how", "header"),
    [
        (Authentication.BEARER, f"Bearer {KEY}"),
        (Authentication.BASIC, f"Basic {b64encode(KEY.encode()).decode()}"),
    ],
)
def test_pharmacies_that_cannot_sign_show_what_they_know(clinic: Store, how: Authentication, header: str) -> None:
    connect(clinic, LOCAL, CLINIC, Link("cedar", push=how, push_secret="CEDAR_PUSH", version=1))
    assert push(clinic, body(), {"Authorization": header[:-1]})[0] == 401
    assert push(clinic, body(), {"Authorization": header})[0] == 200
    assert state(clinic) == "shipped"


# Not believed: nothing is kept, nothing moves


@pytest.mark.parametrize(
    ("case", "headers", "why"),
    [
        ("no signature", {}, UNSIGNED),
        (
            "another's secret",
            signed(body(), key="a-secret-of-birch"),
            UNSIGNED,
        ),
        ("of another body", signed(b"[]"), UNSIGNED),
        ("of another time", signed(body()) | {TIMESTAMP: "1"}, UNSIGNED),
        ("not ASCII", signed(body()) | {SIGNATURE: "sha256=é"}, UNSIGNED),
        ("an old copy", signed(body(), late=301), "The timestamp is more than 300 seconds off."),
        ("from the future", signed(body(), late=-301), "The timestamp is more than 300 seconds off."),
        (
            "a bearer where it signs",
            {"Authorization": f"Bearer {KEY}"},
            UNSIGNED,
        ),
    ],
)
def test_what_is_not_theirs_changes_nothing(clinic: Store, case: str, headers: dict[str, str], why: str) -> None:
    version = clinic.data_version(CLINIC)
    assert push(clinic, body(), headers) == (401, {"error": why})
    assert (clinic.data_version(CLINIC), kept(clinic), state(clinic)) == (version, [], "submitted")


def test_an_empty_secret_lets_nobody_in(clinic: Store) -> None:
    status, _ = receive(clinic, CLINIC, "cedar", signed(body(), key=""), body(), lambda _: None)
    assert (status, kept(clinic)) == (503, [])


@pytest.mark.parametrize(("clinic_code", "pharmacy"), [("demo", "maple"), ("nobody", "cedar")])
def test_nobody_learns_who_is_here(clinic: Store, clinic_code: str, pharmacy: str) -> None:
    said = receive(clinic, clinic_code, pharmacy, signed(body()), body(), SECRETS.get)
    assert (said.status, said.answer) == (401, {"error": "The credentials are not this pharmacy's."})


def test_a_pharmacy_that_takes_no_pushes_is_not_believed(clinic: Store) -> None:
    connect(clinic, LOCAL, CLINIC, Link("cedar", version=1))
    assert push(clinic, body())[0] == 401


def test_a_pharmacy_speaks_of_its_own_lines_only(clinic: Store) -> None:
    """Birch proves to be birch and speaks of a line at cedar: kept, shown, and nothing moves."""
    content = body(row(1, "Delivered"))
    status, answer = push(clinic, content, signed(content, key=SECRETS["BIRCH_PUSH"]), pharmacy="birch")
    assert (status, answer["misfit"]) == (200, 1)
    assert state(clinic) == "submitted"
    (misfit,) = track(clinic, LOCAL, CLINIC, f"{CHECKOUT}/01").unmatched
    assert misfit.note == "birch said so, but the attempt is at cedar"


# Again, late, out of order


def test_a_copy_within_the_window_changes_nothing(clinic: Store) -> None:
    first = push(clinic, body())
    again = push(clinic, body())
    assert (first[1]["moved"], again[1]["duplicate"]) == (1, 1)
    assert [entry.status for entry in track(clinic, LOCAL, CLINIC, f"{CHECKOUT}/01").lines[0].history].count(
        "shipped"
    ) == 1
    assert len(kept(clinic)) == 2


def test_the_same_news_polled_and_pushed_is_one(clinic: Store) -> None:
    push(clinic, body(row(fillId=1)))
    assert push(clinic, body(row(fillId=2)))[1]["duplicate"] == 1


@pytest.mark.parametrize(
    ("case", "said", "ends"),
    [
        ("backwards", ["Delivered", "Shipping", "Approved"], "delivered"),
        ("a word that nobody knows", ["Quantum flux"], "submitted"),
        ("held and let go", ["On Hold", "Approved", "Shipping"], "shipped"),
    ],
)
def test_whatever_order_news_come_in(clinic: Store, case: str, said: list[str], ends: str) -> None:
    rows = [row(1, word, rxStatusDateTime=f"2026-12-04T1{hour}:00:00") for hour, word in enumerate(said)]
    push(clinic, body(*rows))
    assert state(clinic) == ends


# Hostile or broken, with the right key


@pytest.mark.parametrize(
    ("case", "content", "encoding"),
    [
        ("not JSON", b"<order><rxStatus>Shipping</rxStatus></order>", "utf-8"),
        ("nothing", b"", "utf-8"),
        ("not text", b"\xff\xfe\x00", "base64"),
        ("a NUL byte", b"[\x00]", "base64"),
        ("half a message", body()[:-3], "utf-8"),
        ("nested without end", b"[" * 100_000, "utf-8"),
        ("a number without end", b"[" + b"1" * 10_000 + b"]", "utf-8"),
    ],
)
def test_what_is_no_json_is_kept_and_told(clinic: Store, case: str, content: bytes, encoding: str) -> None:
    status, answer = push(clinic, content)
    assert (status, answer["error"]) == (400, "The body is not JSON.")
    assert [(found[1], found[2], found[3]) for found in kept(clinic)] == [(encoding, 0, "The body is not JSON.")]
    assert state(clinic) == "submitted"


@pytest.mark.parametrize(
    ("case", "bad", "why"),
    [
        ("no object", 7, "is not a JSON object"),
        ("no line", {"rxStatus": "Shipping"}, "foreignRxNumber is missing"),
        ("a NUL in a word", row(1, "Ship\0ping"), "rxStatus holds a NUL character"),
        ("half a surrogate pair", row(1, "\ud800"), "rxStatus is not text in UTF-8"),
        ("another's number", row() | {"foreignRxNumber": "4711"}, "foreignRxNumber is not the number that we gave"),
        ("a day of no calendar", row() | {"rxStatusDateTime": "2026-13-01"}, "rxStatusDateTime is not an instant"),
    ],
)
def test_a_row_that_cannot_be_read_is_work_for_a_person_and_the_others_count(
    clinic: Store, case: str, bad: Any, why: str
) -> None:
    content = body(bad, row())
    status, answer = push(clinic, content)
    assert (status, answer["events"], answer["unread"], answer["moved"], answer["misfit"]) == (200, 1, 1, 1, 1)
    (stray,) = strays(clinic, LOCAL, CLINIC)
    assert stray.reason.startswith(f"Row 1 of a message cannot be read: {why}.")
    push(clinic, content)
    assert len(strays(clinic, LOCAL, CLINIC)) == 1


def test_a_line_of_nobody_is_work_for_a_person(clinic: Store) -> None:
    assert push(clinic, body(row() | {"foreignRxNumber": "RD-20990101-01/01/1"}))[1]["misfit"] == 1
    assert [stray.reference for stray in strays(clinic, LOCAL, CLINIC)] == ["RD-20990101-01/01"]
    assert sum(queues(clinic, LOCAL, CLINIC).values()) == 1


def test_a_thousand_rows_are_taken_in_at_once(clinic: Store) -> None:
    rows = [row(1, "Shipping", eventId=f"e{number}") for number in range(1_000)]
    assert push(clinic, body(*rows))[1] | {"push": ""} == {
        "push": "", "events": 1_000, "unread": 0, "moved": 1, "history": 999,
    }  # fmt: skip


def test_whatever_was_pushed_is_kept_and_cannot_be_changed(store: Store) -> None:
    clinic = at_two_pharmacies(store)
    push(clinic, b"[\x00]")
    push(clinic, body(row(1, "Ship\0ping")))
    push(clinic, body())
    with pytest.raises(DBAPIError, match="append-only"):
        clinic.write(CLINIC, lambda work: work.connection.exec_driver_sql("DELETE FROM partner_push"))


# Over HTTP


@pytest.fixture
def address(clinic: Store) -> Iterator[str]:
    """A receiver on this machine."""
    with serving(webhook(clinic, "127.0.0.1", 0, SECRETS.get)) as opened:
        yield opened


def test_a_push_over_http(clinic: Store, address: str) -> None:
    answer = httpx.post(f"{address}/events/{CLINIC}/cedar", content=body(), headers=signed(body()))
    assert (answer.status_code, answer.json()["moved"], state(clinic)) == (200, 1, "shipped")
    assert httpx.get(f"{address}/health").json() == {"ok": True}


@pytest.mark.parametrize(
    ("case", "path", "headers", "status"),
    [
        ("another address", "/", {}, 404),
        ("no pharmacy", f"/events/{CLINIC}", {}, 404),
        ("a pharmacy of NULs", f"/events/{CLINIC}/%00", {}, 404),
        ("the parent's parent", f"/events/../{CLINIC}/cedar", {}, 404),
        ("no credentials", f"/events/{CLINIC}/cedar", {}, 401),
        ("no length", f"/events/{CLINIC}/cedar", {"Transfer-Encoding": "chunked"}, 411),
        ("a length of nonsense", f"/events/{CLINIC}/cedar", {"Content-Length": "-5"}, 400),
        ("a length beyond all lengths", f"/events/{CLINIC}/cedar", {"Content-Length": "9" * 40}, 400),
        ("a huge length", f"/events/{CLINIC}/cedar", {"Content-Length": "9" * 20}, 413),
        ("a byte too much", f"/events/{CLINIC}/cedar", {"Content-Length": str(MOST_BYTES + 1)}, 413),
    ],
)
def test_hostile_requests_are_answered_and_nothing_happens(
    clinic: Store, address: str, case: str, path: str, headers: dict[str, str], status: int
) -> None:
    host, port = address.removeprefix("http://").split(":")
    lines = {"Host": host, "Content-Length": "0"} | headers
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(200).split(b" ")[1] == str(status).encode()
    assert (kept(clinic), state(clinic)) == ([], "submitted")


HEAD = f"POST /events/{CLINIC}/cedar HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n".encode()


def connected_to(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_more_pushes_than_are_taken_at_once_are_told_to_come_again(clinic: Store, address: str) -> None:
    with contextlib.ExitStack() as slow:
        for _ in range(MOST_AT_ONCE):
            slow.enter_context(connected_to(address)).sendall(HEAD)
        answers = (httpx.post(f"{address}/events/{CLINIC}/cedar", content=b"[]") for _ in range(200))
        refused = next(answer for answer in answers if answer.status_code != 401)
    assert (refused.status_code, refused.json()) == (503, {"error": "Too many pushes at once; try again."})


@pytest.mark.parametrize(
    ("case", "sent", "answered"),
    [("nothing", b"", b""), ("half a head", HEAD[:30], b""), ("half a body", HEAD + b"[", b"HTTP/1.1 400")],
)
def test_who_stays_silent_is_let_go(clinic: Store, case: str, sent: bytes, answered: bytes) -> None:
    app = Starlette(routes=routes(clinic, SECRETS.get, silence_seconds=1))
    with serving(HttpServer(app, "127.0.0.1", 0, silence_seconds=1)) as address, connected_to(address) as connection:
        connection.sendall(sent)
        assert connection.recv(12) == answered
        while connection.recv(1_000):
            pass


@pytest.mark.parametrize(
    ("case", "faults", "seen"),
    [
        ("in order", (), ["accepted", "compounding", "shipped", "delivered"]),
        ("everything twice", (EventFault.TWICE,), ["accepted", "compounding", "shipped", "delivered"]),
        ("newer before older", (EventFault.OUT_OF_ORDER,), ["submitted", "compounding", "compounding", "delivered"]),
        ("a step late", (EventFault.LATE,), ["submitted", "accepted", "compounding", "shipped"]),
        ("words that nobody knows", (EventFault.UNKNOWN,), ["submitted"] * 4),
    ],
)
def test_the_practice_pharmacy_pushes_as_badly_as_it_is_told(
    clinic: Store, monkeypatch: pytest.MonkeyPatch, address: str, case: str, faults: tuple[EventFault, ...],
    seen: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("core.adapters.pharmacies.signatures.time.time", NOW.timestamp)
    books = PracticePharmacy(pusher(f"{address}/events/{CLINIC}/cedar", KEY), lambda: NOW)
    books.accept({"general": {"referenceId": f"{CHECKOUT}-S01"}, "rxs": [{"foreignRxNumber": f"{CHECKOUT}/01/1"}]})
    books.event_faults = frozenset(faults)
    came_to = []
    for _ in range(4):
        books.step()
        came_to.append(state(clinic))
    assert came_to == seen
