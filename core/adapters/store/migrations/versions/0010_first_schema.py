"""The first schema that a clinic's store has

A new store is made from the declaration (core/adapters/store/migrate.py), so there is nothing to do; later revisions
follow it.
"""

revision = "0010"
down_revision = None


def upgrade() -> None:
    pass
