"""Thresholds and ladders as they are edited one at a time: dated rows put and taken back, a ladder written whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, delete, insert, select

from core.adapters.store.engine import Work, inserting
from core.adapters.store.tables import LadderStepRow, PharmacyRow, SettingRow, SkuRow
from core.domain.model import LadderStep, Setting


def setting_row(work: Work, scope: str, name: str, valid_from: date) -> Setting | None:
    """The row with this key."""
    row = work.connection.execute(select(SettingRow.value).where(*_setting(work, scope, name, valid_from))).first()
    return None if row is None else Setting(scope=scope, name=name, value=row.value, valid_from=valid_from)


def put_setting(work: Work, setting: Setting) -> None:
    """Add a row, or write over the one with its key."""
    statement = inserting(work.connection, SettingRow)
    keys = [column.name for column in SettingRow.__table__.primary_key]
    written = statement.on_conflict_do_update(index_elements=keys, set_={"value": statement.excluded.value})
    work.connection.execute(written, {"clinic": work.clinic} | setting.model_dump())


def remove_setting(work: Work, scope: str, name: str, valid_from: date) -> None:
    """Take a row back."""
    work.connection.execute(delete(SettingRow).where(*_setting(work, scope, name, valid_from)))


def _setting(work: Work, scope: str, name: str, valid_from: date) -> tuple[ColumnElement[bool], ...]:
    here = (SettingRow.clinic == work.clinic, SettingRow.scope == scope)
    return (*here, SettingRow.name == name, SettingRow.valid_from == valid_from)


def is_pharmacy(work: Work, code: str) -> bool:
    """Whether the clinic has a pharmacy of this code."""
    here = (PharmacyRow.clinic == work.clinic, PharmacyRow.pharmacy == code)
    return work.connection.scalar(select(PharmacyRow.pharmacy).where(*here)) is not None


def is_sku(work: Work, code: str) -> bool:
    """Whether the clinic has a SKU of this code."""
    here = (SkuRow.clinic == work.clinic, SkuRow.sku == code)
    return work.connection.scalar(select(SkuRow.sku).where(*here)) is not None


def first_actives(work: Work) -> set[str]:
    """The actives that ladders can be of: the first one of each SKU, in small letters."""
    rows = work.connection.scalars(select(SkuRow.actives).where(SkuRow.clinic == work.clinic))
    return {actives[0].casefold() for actives in rows if actives}


def ladder_name(work: Work, active: str) -> str:
    """The active as the stored ladder writes it, whatever its capitals; as given where there is none."""
    rows = work.connection.scalars(select(LadderStepRow.active).where(LadderStepRow.clinic == work.clinic).distinct())
    return next((name for name in sorted(rows) if name.casefold() == active.casefold()), active)


def ladder(work: Work, active: str) -> tuple[Decimal, ...]:
    """An active's weekly doses in mg, step by step."""
    statement = select(LadderStepRow.weekly_mg).where(LadderStepRow.clinic == work.clinic)
    steps = statement.where(LadderStepRow.active == active).order_by(LadderStepRow.step)
    return tuple(work.connection.scalars(steps))


def put_ladder(work: Work, active: str, steps: Sequence[LadderStep]) -> None:
    """Write an active's ladder whole; no step takes the ladder away."""
    here = (LadderStepRow.clinic == work.clinic, LadderStepRow.active == active)
    work.connection.execute(delete(LadderStepRow).where(*here))
    if steps:
        work.connection.execute(insert(LadderStepRow), [{"clinic": work.clinic} | step.model_dump() for step in steps])
