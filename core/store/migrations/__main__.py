"""``python -m core.store.migrations "what changes"`` writes the next revision from what the tables have gained."""

import sys

from core.store.migrate import write_revision

write_revision(sys.argv[1])
