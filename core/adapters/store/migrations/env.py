"""What Alembic runs: always inside the transaction that core/adapters/store/migrate.py began."""

from __future__ import annotations

from alembic import context

from core.adapters.store import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    user_module_prefix="base.",
)
with context.begin_transaction():
    context.run_migrations()
