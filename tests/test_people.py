"""Roles as a table, the people of a clinic, and the audit chain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError

from core.adapters.store import Store, audits
from core.adapters.store.tables import AUDIT_ENTRY
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Role
from core.domain.roles import LOCAL, Action, Person, may, require
from core.services.audit_trail import Entry, audit_trail, entry_hash, record, record_all, verify_audit
from core.services.people import Member, add_person, change_person, members, named
from tests.stores import CLINIC, NOW, load, statements

A, M, S, L = Role.ADMIN, Role.MANAGER, Role.STAFF, Role.LEADERSHIP


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.SEE_COSTS, {A, M, L}),
        (Action.SEE_PATIENTS, {A, M, S}),
        (Action.WORK_CART, {A, M, S}),
        (Action.ACKNOWLEDGE, {A, M, S}),
        (Action.OVERRIDE, {A, M, S}),
        (Action.PLACE, {A, M, S}),
        (Action.WORK_ORDERS, {A, M, S}),
        (Action.FIX_PATIENT, {A, M, S}),
        (Action.SEE_FULFILLMENT, {A, M, L}),
        (Action.SEE_RULES, {A, M, S, L}),
        (Action.SET_UP, {A, M}),
        (Action.MANAGE_PEOPLE, {A}),
        (Action.SEE_AUDIT, {A}),
    ],
)
def test_a_role_includes(action: Action, roles: set[Role]) -> None:
    assert {role for role in Role if may(Person("x@example.com", "X", role), action)} == roles


def test_every_action_is_in_the_table_above() -> None:
    assert len(Action) == 13


def test_a_refusal_says_which_role_may_not_do_what() -> None:
    with pytest.raises(NotAllowed, match=r"^The role leadership may not place orders\.$"):
        require(Person("x@example.com", "X", Role.LEADERSHIP), Action.PLACE)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.LEADERSHIP])
def test_only_an_admin_manages_people_and_sees_the_trail(store: Store, role: Role) -> None:
    load(store)
    person = Person("x@example.com", "X", role)
    for use_case in (
        lambda: members(store, person, CLINIC),
        lambda: add_person(store, person, CLINIC, "new@example.com", "New", Role.ADMIN),
        lambda: change_person(store, person, CLINIC, "new@example.com", role=Role.ADMIN),
        lambda: audit_trail(store, person, CLINIC),
    ):
        with pytest.raises(NotAllowed):
            use_case()
    assert members(store, LOCAL, CLINIC) == []
    assert verify_audit(store, CLINIC).entries == 0


def test_a_person_is_named_by_email_until_deactivated(store: Store) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, " Ada@Example.com ", "Ada", Role.STAFF)
    assert named(store, CLINIC, "ADA@example.com") == Person("ada@example.com", "Ada", Role.STAFF, CLINIC)
    assert named(store, CLINIC, "nobody@example.com") is None
    change_person(store, LOCAL, CLINIC, "ada@example.com", role=Role.MANAGER)
    assert named(store, CLINIC, "ada@example.com") == Person("ada@example.com", "Ada", Role.MANAGER, CLINIC)
    change_person(store, LOCAL, CLINIC, "ada@example.com", active=False)
    assert named(store, CLINIC, "ada@example.com") is None
    assert members(store, LOCAL, CLINIC) == [Member("ada@example.com", "Ada", Role.MANAGER, active=False)]


@pytest.mark.parametrize(
    ("case", "email", "change", "sentence"),
    [
        ("the last admin's role", "ada@example.com", {"role": Role.STAFF}, "This is the last admin"),
        ("the last admin leaves", "ada@example.com", {"active": False}, "This is the last admin"),
        ("nobody", "eve@example.com", {"active": False}, "Nobody with that email address"),
    ],
)
def test_people_cannot_lock_themselves_out(
    store: Store, case: str, email: str, change: dict[str, object], sentence: str
) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "ada@example.com", "Ada", Role.ADMIN)
    add_person(store, LOCAL, CLINIC, "bo@example.com", "Bo", Role.STAFF)
    before = members(store, LOCAL, CLINIC), verify_audit(store, CLINIC)
    with pytest.raises(Refused, match=sentence):
        change_person(store, LOCAL, CLINIC, email, **change)  # type: ignore[arg-type]
    assert (members(store, LOCAL, CLINIC), verify_audit(store, CLINIC)) == before


def test_an_admin_may_leave_while_another_stays(store: Store) -> None:
    load(store)
    for email in ("ada@example.com", "bo@example.com"):
        add_person(store, LOCAL, CLINIC, email, email, Role.ADMIN)
    change_person(store, LOCAL, CLINIC, "ada@example.com", active=False)
    with pytest.raises(Refused, match="last admin"):
        change_person(store, LOCAL, CLINIC, "bo@example.com", role=Role.MANAGER)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [("ada@example.com", "in the list already"), ("ada", "needs an email"), ("ſam@example.com", "plain letters")],
)
def test_an_email_is_one_and_there_once(store: Store, email: str, sentence: str) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "ada@example.com", "Ada", Role.ADMIN)
    with pytest.raises(Refused, match=sentence):
        add_person(store, LOCAL, CLINIC, email, "Ada", Role.STAFF)
    assert len(members(store, LOCAL, CLINIC)) == 1


def test_the_trail_says_who_did_what_when_before_and_after(store: Store) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "ada@example.com", "Ada", Role.STAFF)
    change_person(store, LOCAL, CLINIC, "ada@example.com", role=Role.MANAGER)
    newest = audit_trail(store, LOCAL, CLINIC)[0]
    assert newest == (
        2,
        NOW,
        "local console",
        Role.ADMIN,
        "change person",
        "ada@example.com",
        {"role": "staff", "active": True},
        {"role": "manager", "active": True},
    )
    assert audit_trail(store, LOCAL, CLINIC, subject="nobody") == []


def test_a_thousand_entries_are_one_insert(store: Store) -> None:
    load(store)
    entries = [Entry("test", f"line {number}", None, {"number": number}) for number in range(1_000)]
    with statements(store) as ran:
        store.write(CLINIC, lambda work: record_all(work, LOCAL, entries))
    assert sum(statement.startswith(("INSERT INTO audit_entry", "COPY audit_entry")) for statement in ran) == 1
    assert verify_audit(store, CLINIC)[::2] == (1_000, None)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_an_entry_can_be_neither_changed_nor_deleted(store: Store, statement: str) -> None:
    load(store)
    store.write(CLINIC, lambda work: record(work, LOCAL, "test", "x"))
    with pytest.raises(DBAPIError, match="audit_entry is append-only"):
        store.write(CLINIC, lambda work: work.connection.execute(text(statement)))
    assert audit_trail(store, LOCAL, CLINIC)[0].action == "test"


EDIT_2 = "UPDATE audit_entry SET action = 'x' WHERE number = 2"
EDIT_3 = "UPDATE audit_entry SET action = 'x' WHERE number = 3"
CUT_2 = "UPDATE audit_entry SET previous = 'x' WHERE number = 2"
CHANGED = "Entry {} was changed after it was written."
REHASHED = "Entry {} was changed after it was written, and hashed anew."
DELETE_3 = "DELETE FROM audit_entry WHERE number = 3"
MAKE_ROOM = [
    "UPDATE audit_entry SET number = 5 WHERE number = 4",
    "UPDATE audit_entry SET number = 4 WHERE number = 3",
    "UPDATE audit_entry SET number = 3 WHERE number = 2",
]


@pytest.mark.parametrize(
    ("case", "changes", "rehashed", "problem"),
    [
        ("untouched", [], [], None),
        ("edited", [EDIT_2], [], CHANGED.format(2)),
        ("edited and hashed anew", [EDIT_2], [2], REHASHED.format(2)),
        ("the first edited and hashed anew", [EDIT_2.replace("2", "1")], [1], REHASHED.format(1)),
        ("the last but one edited and hashed anew", [EDIT_3], [3], REHASHED.format(3)),
        ("what stands before it edited", [CUT_2], [], CHANGED.format(2)),
        ("what stands before it edited, and hashed anew", [CUT_2], [2], REHASHED.format(2)),
        ("what stands before the first edited", [CUT_2.replace("2", "1")], [1], REHASHED.format(1)),
        ("two edited, and each hashed anew", [EDIT_2, EDIT_3], [2, 3], REHASHED.format(3)),
        ("two edited, the earlier hashed anew", [EDIT_2, EDIT_3], [2], CHANGED.format(3)),
        ("one before a gap edited and hashed anew", [EDIT_2, DELETE_3], [2],
         "Entry 3 is missing."),
        ("deleted", [DELETE_3.replace("3", "2")], [], "Entry 2 is missing."),
        ("the first deleted", [DELETE_3.replace("3", "1")], [], "Entry 1 is missing."),
        ("put in", [*MAKE_ROOM, "put in"], [2], "Entry 2 was put in between two others."),
        ("put in, those after it hashed anew", [*MAKE_ROOM, "put in"], [2, 3, 4, 5],
         "Entry 2 was put in between two others."),
    ],
)  # fmt: skip
def test_tampering_past_the_triggers_is_found_and_named(
    store: Store, case: str, changes: list[str], rehashed: list[int], problem: str | None
) -> None:
    tampered(store, changes, rehashed)
    assert verify_audit(store, CLINIC).problem == problem


@pytest.mark.parametrize(
    ("case", "statement", "rehashed", "entries"),
    [
        ("the newest deleted", DELETE_3.replace("3", "4"), [], 3),
        ("the newest edited and hashed anew", EDIT_3.replace("3", "4"), [4], 4),
        ("everything hashed anew from an edit on", EDIT_2, "all after", 4),
    ],
)
def test_what_the_chain_cannot_show_the_kept_head_shows(
    store: Store, case: str, statement: str, rehashed: list[int] | str, entries: int
) -> None:
    kept = tampered(store, [statement], rehashed)
    check = verify_audit(store, CLINIC)
    assert (check.entries, check.problem) == (entries, None)
    assert check.head != kept


def test_only_what_stands_before_a_fault_counts_as_sound(store: Store) -> None:
    tampered(store, [EDIT_3], [3])
    with store.read(CLINIC) as work:
        second = [row["hash"] for row in audits.entries(work)][1]
    assert verify_audit(store, CLINIC)[:2] == (2, second)


def tampered(
    store: Store, changes: list[str], rehashed: list[int] | str, before: Callable[[], object] = lambda: None
) -> str:
    """Four entries, then the changes past the triggers, then these entries' hashes made anew; the head before."""
    load(store)
    store.write(CLINIC, lambda work: record_all(work, LOCAL, [Entry("test", f"line {at}") for at in range(4)]))
    head = verify_audit(store, CLINIC).head
    before()
    columns = AUDIT_ENTRY.columns
    cells = [literal(2) if column.name == "number" else column for column in columns]
    put_in = insert(AUDIT_ENTRY).from_select(list(columns), select(*cells).where(AUDIT_ENTRY.c.number == 3))
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entry_refuses_UPDATE"))
            connection.execute(text("DROP TRIGGER audit_entry_refuses_DELETE"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in changes:
            connection.execute(put_in if statement == "put in" else text(statement))
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        rows = [dict(row) for row in connection.execute(select(AUDIT_ENTRY).order_by("number")).mappings()]
        for previous, row in zip([None, *rows], rows, strict=False):
            if rehashed == "all after" and previous:
                row["previous"] = previous["hash"]
            if rehashed == "all after" or row["number"] in rehashed:
                row["hash"] = entry_hash(row)
                connection.execute(
                    update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == row["number"]),
                    {"previous": row["previous"], "hash": row["hash"]},
                )
    return head


def test_chains_of_two_clinics_are_apart(store: Store) -> None:
    for clinic in ("one", "two"):
        store.write(clinic, lambda work: record(work, LOCAL, "test", work.clinic), new=True)
    heads = [verify_audit(store, clinic) for clinic in ("one", "two")]
    assert [head[::2] for head in heads] == [(1, None), (1, None)]
    assert heads[0].head != heads[1].head
