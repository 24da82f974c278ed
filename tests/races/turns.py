"""Two people at once: truly at the same time, or one in the middle of the other, at a named point."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from core.adapters.store import Store
from core.domain.errors import RefillDayError

Act = Callable[[], object]


def tried(act: Act) -> object:
    """What it returns, or the refusal that it raises."""
    try:
        return act()
    except RefillDayError as refusal:
        return refusal


def at_once(acts: Sequence[Act]) -> list[object]:
    """All of them in threads that start together; what each returned or how it was refused."""
    start = threading.Barrier(len(acts))

    def run(act: Act) -> object:
        start.wait()
        return tried(act)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def just_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Act) -> list[object]:
    """``act`` runs once, whole, just before the named function is called for the first time; what it came to."""
    outcome: list[object] = []
    function = getattr(module, name)

    def interrupted(*given: Any, **named: Any) -> Any:
        if not outcome:
            outcome.append(None)
            outcome[0] = tried(act)
        return function(*given, **named)

    monkeypatch.setattr(module, name, interrupted)
    return outcome


def waiting_from(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Act) -> Callable[[], object]:
    """``act`` begins in a thread just before the named function is first called, and stands at the store's door before
    that function goes on; the function returned waits for it and says what it came to."""
    begun, at_the_door = threading.Event(), threading.Event()
    threads, outcome = ThreadPoolExecutor(1), list[Future[object]]()
    function, write_once = getattr(module, name), Store._write_once

    def knocking(self: Store, *given: Any) -> Any:
        if begun.is_set():
            at_the_door.set()
        return write_once(self, *given)

    def interrupted(*given: Any, **named: Any) -> Any:
        if not begun.is_set():
            begun.set()
            outcome.append(threads.submit(tried, act))
            assert at_the_door.wait(5)
        return function(*given, **named)

    monkeypatch.setattr(Store, "_write_once", knocking)
    monkeypatch.setattr(module, name, interrupted)
    return lambda: outcome[0].result(20)
