"""Payments through a provider"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "payment_event",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.Column("received_at", base.UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_payment_event_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "event", name=op.f("pk_payment_event")),
    )
    op.create_table(
        "payment_setup",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column(
            "method",
            sa.Enum("on_account", "stripe", name="method", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=False),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("webhook_key_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_payment_setup_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", name=op.f("pk_payment_setup")),
    )
    op.create_table(
        "checkout_payment",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column(
            "method",
            sa.Enum("on_account", "stripe", name="method", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_checkout_payment_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_checkout_payment_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "checkout", name=op.f("pk_checkout_payment")),
    )
    op.create_table(
        "payment_operation",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("pharmacy_order", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "authorise", "capture", "release", "refund", name="kind", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("hold", sa.String(length=36), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "done",
                "declined",
                "failed",
                "lapsed",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("made_at", base.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", base.UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("lease_until", base.UtcDateTime(), nullable=True),
        sa.Column("done_at", base.UtcDateTime(), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=False),
        sa.Column("lapses_at", base.UtcDateTime(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "checkout"],
            ["checkout.clinic", "checkout.reference"],
            name=op.f("fk_payment_operation_clinic_checkout_checkout"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy_order"],
            ["pharmacy_order.clinic", "pharmacy_order.reference"],
            name=op.f("fk_payment_operation_clinic_pharmacy_order_pharmacy_order"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_payment_operation_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_payment_operation")),
    )
    op.create_index(
        op.f("ix_payment_operation_clinic_checkout"), "payment_operation", ["clinic", "checkout"], unique=False
    )
    op.create_index(
        op.f("ix_payment_operation_clinic_pharmacy_order"),
        "payment_operation",
        ["clinic", "pharmacy_order"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_operation_clinic_provider_reference"),
        "payment_operation",
        ["clinic", "provider_reference"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_operation_clinic_state_next_try_at"),
        "payment_operation",
        ["clinic", "state", "next_try_at"],
        unique=False,
    )
    for statement in base.append_only("payment_event", op.get_bind().dialect.name):
        op.execute(statement)
