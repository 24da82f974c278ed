"""Partner products"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "partner_product",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("pharmacy", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic", "pharmacy"],
            ["pharmacy.clinic", "pharmacy.pharmacy"],
            name=op.f("fk_partner_product_clinic_pharmacy_pharmacy"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic", "sku"], ["sku.clinic", "sku.sku"], name=op.f("fk_partner_product_clinic_sku_sku")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinic.clinic"], name=op.f("fk_partner_product_clinic_clinic")),
        sa.PrimaryKeyConstraint("clinic", "pharmacy", "sku", name=op.f("pk_partner_product")),
    )
