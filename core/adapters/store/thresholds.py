"""Thresholds and ladders as they are edited one at a time: dated rows put and taken back, a ladder written whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, delete, select

from core.adapters.store.engine import Work, insert_rows, upsert
from core.adapters.store.tables import LADDER_STEP, PHARMACY, SETTING, SKU
from core.domain.model import LadderStep, Setting


def setting_row(work: Work, scope: str, name: str, valid_from: date) -> Setting | None:
    """The row with this key."""
    value = work.connection.scalar(select(SETTING.c.value).where(*_setting(work, scope, name, valid_from)))
    return None if value is None else Setting(scope=scope, name=name, value=value, valid_from=valid_from)


def put_setting(work: Work, setting: Setting) -> None:
    """Add a row, or write over the one with its key."""
    upsert(work, SETTING, [setting.model_dump()])


def remove_setting(work: Work, scope: str, name: str, valid_from: date) -> None:
    """Take a row back."""
    work.connection.execute(delete(SETTING).where(*_setting(work, scope, name, valid_from)))


def _setting(work: Work, scope: str, name: str, valid_from: date) -> tuple[ColumnElement[bool], ...]:
    key = (SETTING.c.scope == scope, SETTING.c.name == name, SETTING.c.valid_from == valid_from)
    return (work.of_clinic(SETTING), *key)


def is_pharmacy(work: Work, code: str) -> bool:
    """Whether the clinic has a pharmacy of this code."""
    statement = select(PHARMACY.c.pharmacy).where(work.of_clinic(PHARMACY), PHARMACY.c.pharmacy == code)
    return work.connection.scalar(statement) is not None


def is_sku(work: Work, code: str) -> bool:
    """Whether the clinic has a SKU of this code."""
    return work.connection.scalar(select(SKU.c.sku).where(work.of_clinic(SKU), SKU.c.sku == code)) is not None


def first_actives(work: Work) -> set[str]:
    """The actives that ladders can be of: the first one of each SKU, in small letters."""
    rows = work.connection.scalars(select(SKU.c.actives).where(work.of_clinic(SKU)))
    return {actives[0].casefold() for actives in rows if actives}


def ladder_name(work: Work, active: str) -> str:
    """The active as the stored ladder writes it, whatever its capitals; as given where there is none."""
    rows = work.connection.scalars(select(LADDER_STEP.c.active).where(work.of_clinic(LADDER_STEP)).distinct())
    return next((name for name in sorted(rows) if name.casefold() == active.casefold()), active)


def ladder(work: Work, active: str) -> tuple[Decimal, ...]:
    """An active's weekly doses in mg, step by step."""
    statement = select(LADDER_STEP.c.weekly_mg).where(*_ladder(work, active)).order_by(LADDER_STEP.c.step)
    return tuple(work.connection.scalars(statement))


def put_ladder(work: Work, active: str, steps: Sequence[LadderStep]) -> None:
    """Write an active's ladder whole; no step takes the ladder away."""
    work.connection.execute(delete(LADDER_STEP).where(*_ladder(work, active)))
    insert_rows(work, LADDER_STEP, [step.model_dump() for step in steps])


def _ladder(work: Work, active: str) -> tuple[ColumnElement[bool], ...]:
    return work.of_clinic(LADDER_STEP), LADDER_STEP.c.active == active
