"""``python -m core.adapters.store.migrations ADDRESS "what changes"`` writes the next revision (docs/decisions/0012).

ADDRESS is a SQLite store that was made before the change.
"""

import sys

from core.adapters.store.engine import engine_for
from core.adapters.store.migrate import write_revision

address, message = sys.argv[1:]
write_revision(engine_for(address), message)
