"""The commands of ``python -m core``: each takes a Run, gives a CommandResult, and decides nothing itself."""
