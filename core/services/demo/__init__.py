"""The demo clinic's past."""
