"""The corpus of directions labelled by hand, and how the reader does on it: ``python -m tests.sig.labelled``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from core.domain.model import Sku
from core.rules.sig import Certainty, Disagreement, ParsedSig, Segment, disagreements, number, read

FOLDER = Path(__file__).parent / "corpus"
FILES = ("injections", "by_mouth", "on_the_skin", "drops_sprays_inserts", "flagged", "held_out")


class Label(NamedTuple):
    """One row of the corpus: directions, what they say (see ``told``) or how they must be flagged, and for what SKU."""

    file: str
    text: str
    says: str
    sku: Sku | None

    @property
    def must_be_read(self) -> bool:
        return not self.says.startswith("flag")


class Outcome(StrEnum):
    """How the reader did on one row. ``FLAGGED`` is right for a row that must not pass, else a reading missed."""

    EXACT = "read exactly"
    FLAGGED = "flagged"
    MISREAD = "misread"


def labels() -> list[Label]:
    """Every row of the corpus, in the order of its files."""
    skus = _skus()
    return [
        Label(file, text, says, skus[sku[0]] if sku else None)
        for file in FILES
        for text, says, *sku in _rows(FOLDER / f"{file}.txt")
    ]


def _rows(file: Path) -> Iterator[list[str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            yield [cell.strip() for cell in line.split(" | ")]


def _skus() -> dict[str, Sku]:
    return {
        name: _vial(name, mg, ml) if form == "vial" else _tablet(name, mg)
        for name, form, mg, ml in _rows(FOLDER / "skus.txt")
    }


def _vial(name: str, mg_per_ml: str, ml: str) -> Sku:
    return Sku(
        sku=name, name=f"{name} mg/mL", form="vial", concentration_mg_per_ml=Decimal(mg_per_ml),
        volume_ml=Decimal(ml), sterile=True, cold_chain=True, actives=(name.split(maxsplit=1)[0],),
    )  # fmt: skip


def _tablet(name: str, mg: str) -> Sku:
    return Sku(
        sku=name, name=f"{name} mg", form="tablet", mg_per_unit=Decimal(mg), units_per_pack=30, sterile=False,
        cold_chain=False,
    )  # fmt: skip


def told(reading: ParsedSig) -> str:
    """A reading in one line: ``inject subcutaneous: 0.25 mg [10 units] x 1 for 28 d; ...`` (x doses a week)."""
    needed = " prn" if reading.as_needed else ""
    return f"{reading.action or '-'} {reading.route or '-'}{needed}: {_steps(reading.segments)}"


def _steps(segments: tuple[Segment, ...]) -> str:
    steps: dict[int, list[str]] = {}
    for segment in segments:
        steps.setdefault(segment.step, []).append(_segment(segment))
    return "; ".join(" + ".join(step) for step in steps.values())


def _segment(segment: Segment) -> str:
    dose = str(segment.dose) if segment.dose else "-"
    brackets = f" [{', '.join(map(str, segment.equivalents))}]" if segment.equivalents else ""
    days = f" for {segment.days} d" if segment.days is not None else ""
    return f"{dose}{brackets} x {_rate(segment)}{days}"


def _rate(segment: Segment) -> str:
    if segment.per_week is None:
        return "-"
    low, high = number(segment.per_week.low), number(segment.per_week.high)
    return low if low == high else f"{low}-{high}"


def disagreeing(reading: ParsedSig, sku: Sku | None) -> tuple[Disagreement, ...]:
    """Stated amounts of one dose that differ, under the usual tolerances."""
    return disagreements(reading, sku, tolerance_units=Decimal("0.5"), tolerance_share=Decimal("0.05"))


def outcome(label: Label) -> Outcome:
    """How the reader does on a row: only what passes unflagged can be exact or misread."""
    reading = read(label.text, label.sku)
    if reading.certainty is not Certainty.READ or disagreeing(reading, label.sku):
        return Outcome.FLAGGED
    return Outcome.EXACT if told(reading) == label.says else Outcome.MISREAD


def flag(reading: ParsedSig, sku: Sku | None) -> tuple[str, set[str], set[str]]:
    """How a reading is flagged: its kind, what it lists (parts missing, readings, factors), and its unread words."""
    found = disagreeing(reading, sku)
    if reading.certainty is Certainty.AMBIGUOUS:
        return "ambiguous", {_steps(way) for way in reading.alternatives}, set(reading.unread)
    if reading.certainty is Certainty.READ:
        return ("mismatch" if found else "read"), {one.times for one in found}, set(reading.unread)
    return reading.certainty.value, {str(part) for part in reading.missing}, set(reading.unread)


def expected_flag(says: str) -> tuple[str, set[str], set[str]]:
    """What a label asks of ``flag``: a kind ("" for any), all of what it lists, and words among the unread ones."""
    kind, *parts = says.removeprefix("flag").strip().split("; ")
    listed: set[str] = set()
    words: set[str] = set()
    for part in parts:
        head, _, rest = part.partition(" ")
        if head == "words":
            words = set(rest.split())
        elif head == "missing":
            listed = set(rest.split())
        else:
            listed = set(part.split(" or ")) if kind == "ambiguous" else {part}
    return kind, listed, words


def report(rows: list[Label]) -> str:
    """The figures of docs/directions.md, by file, as a Markdown table."""
    lines = ["| | Rows | Read exactly | Flagged | Misread |", "| --- | --- | --- | --- | --- |"]
    for must_be_read, what in ((True, "say one thing"), (False, "must be flagged")):
        for file in FILES:
            found = [row for row in rows if row.file == file and row.must_be_read is must_be_read]
            if found:
                counts = Counter(outcome(row) for row in found)
                figures = " | ".join(str(counts[one]) for one in Outcome)
                lines.append(f"| {file.replace('_', ' ')}: {what} | {len(found)} | {figures} |")
    return "\n".join(lines)


if __name__ == "__main__":
    every = labels()
    print(report(every))  # noqa: T201
    for row in every:
        if outcome(row) is not (Outcome.EXACT if row.must_be_read else Outcome.FLAGGED):
            print(f"{outcome(row)}: {row.text}\n   label {row.says}\n   read  {told(read(row.text, row.sku))}")  # noqa: T201
