"""The schema's history, run by core/adapters/store/migrate.py."""
