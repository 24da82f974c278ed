"""``python -m core.adapters.store.migrations "what changes"`` writes the next revision from what the tables gained."""

import sys

from core.adapters.store.migrate import write_revision

write_revision(sys.argv[1])
