"""The commands of ``python -m core``: each takes a Run and gives an Answer; nothing here decides anything itself."""
