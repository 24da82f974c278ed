"""Partner links, health, pushes; workers' beats"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "worker_beat",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", base.UtcDateTime(), nullable=False),
        sa.Column("beat_at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_worker_beat_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "worker", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "partner_health",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", base.UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", base.UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", base.UtcDateTime(), nullable=True),
        sa.Column("polled_at", base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_partner_health_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_partner_health_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", name=op.f("pk_partner_health")),
    )
    op.create_table(
        "partner_link",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column(
            "authentication",
            sa.Enum(
                "none", "basic", "bearer", "hmac", name="authentication", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("network_id", sa.Text(), nullable=False),
        sa.Column("cold_service", sa.Integer(), nullable=True),
        sa.Column("ambient_service", sa.Integer(), nullable=True),
        sa.Column(
            "quantity_unit",
            sa.Enum("measure", "pieces", name="quantityunit", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("looks_up", sa.Boolean(), nullable=False),
        sa.Column("poll_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "push",
            sa.Enum("none", "basic", "bearer", "hmac", name="push", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("push_secret", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_partner_link_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_partner_link_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", name=op.f("pk_partner_link")),
    )
    op.create_table(
        "partner_push",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("received_at", base.UtcDateTime(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_partner_push_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_partner_push_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_partner_push")),
    )
    op.create_index(
        op.f("ix_partner_push_clinic_pharmacy_received_at"),
        "partner_push",
        ["clinic", "pharmacy", "received_at"],
        unique=False,
    )
    op.create_index(op.f("ix_submission_clinic_answered_at"), "submission", ["clinic", "answered_at"], unique=False)
    op.create_index(op.f("ix_submission_clinic_sent_at"), "submission", ["clinic", "sent_at"], unique=False)

    for statement in base.append_only("partner_push", op.get_bind().dialect.name):
        op.execute(statement)
