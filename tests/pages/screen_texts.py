"""Every text that the screens hold, by screen and file, for a person to read: ``python -m tests.pages.screen_texts``.

Texts are found in the code of ``pages``: every string that is a label, a sentence or a heading. Parts that come from
data stand as ``{…}``; single words in lower case, which complete a sentence, are left out. What core writes, such as
findings and refusals, is not here.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PAGES: Final = Path(__file__).parents[2] / "pages"
NOT_SHOWN: Final = frozenset({
    "alignment", "anchor", "barmode", "bind", "border", "color", "dash", "delta_color", "form", "format", "gap",
    "height", "horizontal_alignment", "hovertemplate", "icon", "key", "label_visibility", "language", "mode",
    "name", "on_change", "on_click", "on_select", "orientation", "persist_state", "position", "scope",
    "selection_mode", "shape", "sizing", "step", "symbol", "textposition", "texttemplate", "timezone", "type",
    "vertical_alignment", "width", "xanchor", "yanchor"
})  # fmt: skip
"""Arguments whose strings are no text on screen."""
IDENTIFIER: Final = re.compile(
    r"[a-z0-9_./{}… -]*_[a-z0-9_./{}… -]*|[A-Z]+_[A-Z_]+|[A-Z]{5,}|[a-z]+[A-Z][A-Za-z]+|[A-Z]{2}"
)
WORD: Final = re.compile(r"[A-Za-z]{2}")


def screen_texts() -> str:
    """The page of texts: a heading a file, a line a text, in the order of the code."""
    parts = ["# Texts on screen", "", (__doc__ or "").split("\n\n", 1)[1].strip(), ""]
    for file in sorted(PAGES.rglob("*.py")):
        if texts := list(dict.fromkeys(texts_of(ast.parse(file.read_text())))):
            parts += [f"## {file.relative_to(PAGES)}", "", *(f"- {text}" for text in texts), ""]
    return "\n".join(parts)


def texts_of(node: ast.AST) -> Iterator[str]:
    """The texts in a piece of code."""
    for child in _parts(node):
        if isinstance(child, ast.Constant | ast.JoinedStr):
            text = _text(child)
            if WORD.search(text.replace("{…}", "")) and not _is_name(text):
                yield " ".join(text.split())
            if isinstance(child, ast.JoinedStr):
                for value in child.values:
                    yield from texts_of(value)
        else:
            yield from texts_of(child)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        argument = isinstance(child, ast.keyword) and child.arg in NOT_SHOWN
        annotation = isinstance(node, ast.arg | ast.AnnAssign) and child is node.annotation
        if not (docstring or argument or annotation or isinstance(child, ast.Subscript | ast.ImportFrom)):
            yield child


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def _is_name(text: str) -> bool:
    """Whether it is a key, an icon, a drawing or a single word."""
    one_word = " " not in text.strip() and text == text.lower()
    return one_word or bool(IDENTIFIER.fullmatch(text)) or text.startswith(("<svg", "\n", "%"))


if __name__ == "__main__":
    sys.stdout.write(screen_texts())
