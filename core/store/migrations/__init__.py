"""The schema's history, run by core/store/migrate.py."""
