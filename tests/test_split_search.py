"""How hard carts are searched: proven where the size is a clinic's, limited by work alone, the gap never hidden."""

from __future__ import annotations

import ast
import time
from datetime import date
from pathlib import Path

import pytest

import core.rules.split
from core.domain.model import Days, Objective, Split
from core.rules.split.cart_split import split
from core.rules.split.instance import Choice
from core.rules.split.integer_model import OPTIONS, IntegerModel
from core.rules.split.proof import faults
from core.rules.split.search import WORK, Watch
from tests.benchmarks.splits import hard_cart

DAY = date(2026, 12, 4)
DAYS = Days(DAY, DAY)


def hard_split(
    lines: int, seed: int = 1, *, scarce: float = 1.0, objective: Objective = Objective.CHEAPEST, work: int = WORK,
    watch: Watch | None = None,
) -> Split:  # fmt: skip
    """The split of a hard cart, checked from scratch."""
    cart, context, program = hard_cart(lines, DAY, scarce=scarce, seed=seed)
    routed = split(cart, context, program, objective, DAYS, work=work, watch=watch, clock=lambda: 0.0)
    assert faults(routed, cart, context, program, DAYS) == []
    return routed


@pytest.mark.parametrize(
    ("seed", "objective", "total_cents"),
    [
        (2, Objective.CHEAPEST, 1_179_405),
        (4, Objective.CHEAPEST, 1_185_433),
        (6, Objective.CHEAPEST, 1_176_815),
        (4, Objective.FASTEST, 1_250_987),
    ],
)
def test_a_hundred_lines_are_proven_though_every_sku_is_scarce(
    seed: int, objective: Objective, total_cents: int
) -> None:
    routed = hard_split(100, seed, objective=objective)
    assert (routed.proven, routed.total_cents, routed.unfilled) == (True, total_cents, ())


def test_four_hundred_lines_are_proven_where_a_third_of_the_skus_is_scarce() -> None:
    routed = hard_split(400, scarce=0.3)
    assert (routed.proven, routed.bound, routed.total_cents) == (True, 4_630_405, 4_630_405)


def test_where_the_work_does_not_suffice_the_gap_is_shown_and_below_one_percent() -> None:
    routed = hard_split(200, work=WORK // 10)
    assert not routed.proven
    assert 0.99 * routed.total_cents < routed.bound < routed.total_cents


def test_less_work_never_claims_what_more_work_contradicts() -> None:
    best = hard_split(100, 4)
    for work in (0, WORK // 1000, WORK // 100):
        less = hard_split(100, 4, work=work)
        assert less.bound <= best.total_cents <= less.total_cents
        assert less.proven == (less.bound == less.total_cents)
        assert less == hard_split(100, 4, work=work)


def test_a_slow_machine_comes_to_the_same_split() -> None:
    def dawdles(_: object) -> bool:
        time.sleep(0.02)
        return True

    assert hard_split(60, 3) == hard_split(60, 3, watch=dawdles)


def test_nothing_that_decides_looks_at_a_clock() -> None:
    imports: dict[str, set[str]] = {}
    for file in Path(core.rules.split.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        imports[file.stem] = names
    assert [module for module, names in imports.items() if names & {"time", "datetime", "threading"}] == [
        module for module in imports if module in {"cart_split", "what_if"}
    ]
    assert "time_limit" not in OPTIONS
    assert (OPTIONS["threads"], OPTIONS["random_seed"], OPTIONS["mip_rel_gap"]) == (1, 1, 0.0)


def test_an_answer_of_the_solver_that_overdraws_stock_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_choices(
        model: IntegerModel, start: dict[int, Choice], *_: object
    ) -> tuple[dict[int, Choice], int | None]:
        cheapest: dict[int, Choice] = {}
        for line, choice in model.choices:
            cheapest.setdefault(line.position, choice)
        assert cheapest != start
        return cheapest, None

    monkeypatch.setattr(IntegerModel, "solved", first_choices)
    routed = hard_split(100)
    assert (routed.proven, len(routed.filled)) == (False, 100)
