"""what people ask of the split"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "cart_constraint",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("refill_day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "use",
                "avoid",
                "together",
                "stay",
                "reserve",
                "boxes",
                name="constraintkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("patient", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("line", sa.String(length=36), nullable=True),
        sa.Column("pharmacy", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "line"],
            ["cart_line.clinic", "cart_line.id"],
            name=op.f("fk_cart_constraint_clinic_line_cart_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "patient"],
            ["patient.clinic", "patient.patient"],
            name=op.f("fk_cart_constraint_clinic_patient_patient"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_cart_constraint_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_cart_constraint_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_cart_constraint_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "id", name=op.f("pk_cart_constraint")),
    )
    op.create_index(op.f("ix_cart_constraint_clinic_line"), "cart_constraint", ["clinic", "line"], unique=False)
    op.create_index(
        op.f("ix_cart_constraint_clinic_refill_day"), "cart_constraint", ["clinic", "refill_day"], unique=False
    )
