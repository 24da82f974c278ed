"""A process dies at its first start, in a backup, or while a folder is loaded: all of it is there or nothing is."""

from __future__ import annotations

from pathlib import Path

from core.adapters.files import export_folder
from core.adapters.store import Store, open_store
from core.adapters.store.backup import backup
from core.services.clinic_export import zipped
from tests.crash.acts import back_up, open_new, run_command
from tests.crash.killing import (
    BENCH,
    Holdings,
    a_clinic,
    assert_books_hold,
    holdings,
    killed_after,
    moments,
    seconds_of,
    the_folder,
)
from tests.soak import KILLS

FEWER = KILLS // 3


def test_a_first_start_killed_at_any_moment_starts_again(tmp_path: Path) -> None:
    def address(name: object) -> str:
        return f"sqlite:///{tmp_path / f'{name}.db'}"

    seconds = seconds_of(open_new, address("calm"))
    for number, moment in enumerate(moments(FEWER, seconds, "first start")):
        killed_after(moment, open_new, address(number))
        store = open_store(address(number))
        assert holdings(store, a_clinic(store, "first")).rows["patient"] == len(BENCH.folder.patients)
        store.close()


def test_a_backup_killed_at_any_moment_leaves_a_whole_one_or_none(store: Store, store_url: str, tmp_path: Path) -> None:
    a_clinic(store, "first")
    seconds = seconds_of(back_up, store_url, tmp_path / "calm.db")
    for number, moment in enumerate(moments(FEWER, seconds, "backup")):
        file = tmp_path / f"{number}.db"
        killed_after(moment, back_up, store_url, file)
        if not file.exists():
            backup(store, file)
        copy = open_store(f"sqlite:///{file}")
        assert holdings(copy, "first") == holdings(store, "first")
        copy.close()


def test_a_folder_killed_while_it_loads_is_whole_or_absent(store: Store, store_url: str, tmp_path: Path) -> None:
    def loading(clinic: str) -> list[str]:
        file = tmp_path / f"{clinic}.zip"
        file.write_bytes(zipped(export_folder(the_folder(clinic))))
        return ["load", str(file), "--clinic", clinic, "--db", store_url]

    seconds = seconds_of(run_command, loading("calm"))
    everything, nothing = holdings(store, "calm"), holdings(store, "nobody")
    for number, moment in enumerate(moments(FEWER, seconds, "load")):
        clinic = f"killed-{number}"
        killed_after(moment, run_command, loading(clinic))
        assert holdings(store, clinic) in (nothing, everything)
        run_command(loading(clinic))
        assert_loaded(store, clinic, everything)


def assert_loaded(store: Store, clinic: str, everything: Holdings) -> None:
    """Every row is there once; a load that found everything in place left one entry more in the audit trail."""
    rows, entries = holdings(store, clinic).rows, everything.rows["audit_entry"]
    assert {**rows, "audit_entry": entries} == everything.rows
    assert rows["audit_entry"] in (entries, entries + 1)
    assert_books_hold(store, clinic)
