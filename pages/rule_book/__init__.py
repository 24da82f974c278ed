"""The rule book's page."""
