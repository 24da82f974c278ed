"""Contacts, questions, notes, pauses and sign-ins

What a store made before them lacks. A column that must not be empty gets a default, which SQLite needs for the rows
that are there and PostgreSQL drops again.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0011"
down_revision = "0010"

APPEND_ONLY = ("audit_entry", "order_event", "misfit_decision", "ledger_entry", "partner_push", "payment_event")

REFUSES = (
    "CREATE TRIGGER {table}_refuses_REPLACE BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} WHERE {there}) "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)


def columns() -> Iterator[tuple[str, sa.Column[Any]]]:
    """Every column that came later, with its table."""
    for table in ("clinic", "pharmacy", "prescriber"):
        yield from ((table, _text(name)) for name in ("phone", "fax", "email"))
    for table in ("patient", "prescription"):
        yield table, sa.Column("paused_until", sa.Date(), nullable=True)
        yield table, _text("pause_reason")
    for name in ("signed_in", "last_seen", "signed_out"):
        yield "person", sa.Column(name, base.UtcDateTime(), nullable=True)
    yield "cart_line", _text("note")
    yield "order_line", _text("note")
    yield "order_line", _text("override_note")
    yield "clinic", sa.Column("cart_writes", sa.BigInteger(), nullable=False, server_default="0")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("clinic", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(length=36), nullable=False),
        sa.Column(
            "asked_of",
            sa.Enum(
                "clinic",
                "prescriber",
                "pharmacy",
                "patient",
                name="asked_of",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_question_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_clinic_line"), "question", ["clinic", "line"], unique=False)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, column in columns():
        op.add_column(table, column)
        if not (on_sqlite or column.nullable):
            op.alter_column(table, column.name, server_default=None)
    if on_sqlite:
        _refuse_replace()


def _refuse_replace() -> None:
    """INSERT OR REPLACE deletes without a word what can only grow."""
    inspector = sa.inspect(op.get_bind())
    for table in APPEND_ONLY:
        key = inspector.get_pk_constraint(table)["constrained_columns"]
        op.execute(REFUSES.format(table=table, there=" AND ".join(f"{name} = NEW.{name}" for name in key)))
