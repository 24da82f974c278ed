"""docs/reference.md, written from the code: rules, settings, states, rejection codes and files are said once.

``python -m core.reference`` prints it; a test compares it with the committed page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from core.files import CART, FILES, File
from core.lifecycle import NEXT, NEXT_SUBMISSION
from core.people import MAY
from core.rejections import REJECTIONS
from core.settings import SETTINGS
from core.validation import RULES

INTRODUCTION = """# Reference

Written from the code by `make docs`; change the code, not this page.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    parts = (INTRODUCTION, _rules(), _settings(), _lines(), _submissions(), _rejections(), _roles(), _files())
    return "\n".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _rules() -> str:
    rows = (
        (
            f"`{rule.code}`",
            rule.gate.value,
            rule.severity.value + (", may be overridden" if rule.overridable else ""),
            rule.owner.value,
            rule.summary,
            rule.example,
            rule.source,
        )
        for rule in RULES.values()
    )
    heads = ("Code", "Gate", "Severity", "Who can put it right", "What must hold", "It fires on", "Source")
    return "## Rules before payment\n\n" + table(heads, rows)


def _settings() -> str:
    rows = (
        (f"`{kind.name}`", kind.meaning, kind.default, ", ".join(kind.scopes), kind.source)
        for kind in SETTINGS.values()
    )
    return "## Settings\n\nRows of settings.csv, or Setup, change them from a day on.\n\n" + table(
        ("Name", "Meaning", "Default", "A row may be for a", "Source of the default"), rows
    )


def _lines() -> str:
    rows = ((f"`{state}`", _moves(moves)) for state, moves in NEXT.items())
    return "## States of a line\n\n" + table(("From", "To"), rows)


def _submissions() -> str:
    rows = ((f"`{state}`", _moves(moves)) for state, moves in NEXT_SUBMISSION.items())
    return "## States of a submission\n\n" + table(("From", "To"), rows)


def _moves(states: Iterable[str]) -> str:
    return ", ".join(f"`{state}`" for state in sorted(states)) or "the end"


def _rejections() -> str:
    rows = (
        (f"`{row.code}`", row.owner.value, "yes" if row.clinic_can_fix else "no", row.remedy, row.money)
        for row in REJECTIONS.values()
    )
    return "## Rejection codes\n\n" + table(
        ("Code", "Who can put it right", "Clinic alone", "What to do", "What happens to the money"), rows
    )


def _roles() -> str:
    rows = ((role.value, ", ".join(sorted(action.value for action in actions))) for role, actions in MAY.items())
    return "## Roles\n\n" + table(("Role", "May"), rows)


def _files() -> str:
    return "\n".join(("## Files\n", *_each_file((*FILES.values(), CART))))


def _each_file(files: Iterable[File]) -> Iterator[str]:
    for file in files:
        rows = (
            (f"**{column.name}**" if column.required else column.name, column.kind.words, column.meaning)
            for column in file.columns
        )
        yield f"### {file.name}\n\n{file.meaning}. Key: {', '.join(file.key) or 'none'}. Bold columns are required.\n"
        yield table(("Column", "Cell", "Meaning"), rows)


if __name__ == "__main__":
    sys.stdout.write(reference())
