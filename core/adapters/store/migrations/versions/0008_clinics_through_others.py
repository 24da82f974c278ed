"""Rows that refer to others of their clinic refer to it through them, on PostgreSQL"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("submission", "order_line", "attempt", "stock_reservation", "ledger_entry"):
        op.drop_constraint(f"fk_{table}_clinic_clinic", table, type_="foreignkey")
