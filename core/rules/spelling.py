"""How far apart two spellings are."""

from __future__ import annotations


def edit_distance(first: str, other: str, most: int) -> int:
    """Letters added, left out, changed, or swapped with the next one; more than ``most`` where it is more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(first, 1):
        earlier, before, row = before, row, [place]
        for at, target in enumerate(other, 1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != target))
            if place > 1 and at > 1 and letter == other[at - 2] and first[place - 2] == target:
                cost = min(cost, earlier[at - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
