"""docs/reference.md, written from the code: rules, settings, states, rejection codes and files are said once.

``python -m tests.reference`` prints it; a test compares it with the committed page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.adapters.files import CART, FILES, File
from core.adapters.pharmacies.registry import ADAPTERS
from core.domain.lifecycle import NEXT, NEXT_SUBMISSION, ORDER
from core.domain.rejections import REJECTIONS
from core.domain.roles import MAY
from core.domain.settings import SETTINGS
from core.rules.validation import RULES

INTRODUCTION = """# Reference

Written from the code by `make docs`; change the code, not this page.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    orders = (_lines(), _submissions(), _adapters(), *_words(), *_limits(), _rejections())
    parts = (INTRODUCTION, _rules(), _settings(), *orders, _roles(), _files())
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
    heads = ("Code", "Gate", "Severity", "Owner", "What must hold", "It fires on", "Source")
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
    way = " > ".join(f"`{state}`" for state in ORDER)
    told = (
        f"The usual way is {way}. A state that a pharmacy skips is implied, acceptance with its capture included. An "
        "event for a state already passed goes to history only; anything that this table does not allow is unmatched: "
        "kept, shown as work, never guessed."
    )
    return "\n".join(("## States of a line\n", _diagram(NEXT), table(("From", "To"), rows), told, ""))


def _submissions() -> str:
    rows = ((f"`{state}`", _moves(moves)) for state, moves in NEXT_SUBMISSION.items())
    return "\n".join(("## States of a submission\n", _diagram(NEXT_SUBMISSION), table(("From", "To"), rows)))


def _diagram(moves: Mapping[Any, frozenset[Any]]) -> str:
    arrows = [f"    {state} --> {to}" for state, targets in moves.items() for to in sorted(targets) or ["[*]"]]
    return "\n".join(("```mermaid", "stateDiagram-v2", *arrows, "```", ""))


def _adapters() -> str:
    rows = (
        (f"`{adapter.name}`", adapter.label, adapter.summary, "; ".join(field.label for field in adapter.fields))
        for adapter in ADAPTERS.values()
    )
    return "## Pharmacy adapters\n\n" + table(("Stored as", "On Setup", "What it does", "Its connection has"), rows)


def _words() -> Iterator[str]:
    for adapter in ADAPTERS.values():
        if adapter.statuses:
            rows = ((f"`{state.value}`", ", ".join(words)) for state, words in adapter.statuses.items())
            yield (
                f"## Pharmacies' words for states\n\nOf the {adapter.label}; capitals, hyphens and underscores do not "
                "matter. Any other word is kept as it was said and shown as a misfit.\n\n"
            ) + table(("State", "Words"), rows)


def _limits() -> Iterator[str]:
    for adapter in ADAPTERS.values():
        if adapter.limits:
            rows = (
                (f"`{path}`", adapter.limits.get(path, ""), "yes" if path in adapter.required else "")
                for path in dict.fromkeys((*adapter.limits, *adapter.required))
            )
            yield (
                f"## Fields of the {adapter.label}\n\nChecked before an order leaves; one that breaks a limit, or "
                "lacks what is required, is refused here.\n\n"
            ) + table(("Field", "Most characters", "Required"), rows)


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
