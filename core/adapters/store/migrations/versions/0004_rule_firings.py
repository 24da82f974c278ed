"""Which rules fired on which lines"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "rule_firing",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("first_seen_at", base.UtcDateTime(), nullable=False),
        sa.Column(
            "ended",
            sa.Enum(
                "open",
                "fixed",
                "acknowledged",
                "overridden",
                name="findingend",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("line", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic", "line"],
            ["order_line.clinic", "order_line.reference"],
            name=op.f("fk_rule_firing_clinic_line_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_rule_firing_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_rule_firing_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_rule_firing_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "refill_day", "patient", "sku", "code", name=op.f("pk_rule_firing")),
    )
    op.create_index(op.f("ix_rule_firing_clinic_line"), "rule_firing", ["clinic", "line"], unique=False)
