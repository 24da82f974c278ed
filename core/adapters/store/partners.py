"""How pharmacies are connected, how they are, and what they pushed, as tables and their queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from core.adapters.store.base import Base, Made, OfClinic, choice, refers
from core.adapters.store.engine import Work, inserting
from core.adapters.store.orders import SubmissionRow
from core.domain.partners.link import Authentication, Health, Link, QuantityUnit


class PartnerLinkRow(OfClinic, Base):
    """A pharmacy's connection; columns are named as the fields of core/domain/partners/link.py. Holds no secret."""

    __tablename__ = "partner_link"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"),)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    adapter: Mapped[str]
    base_url: Mapped[str]
    authentication: Mapped[Authentication] = mapped_column(choice(Authentication))
    credentials: Mapped[str]
    practice_id: Mapped[int | None]
    vendor_id: Mapped[str]
    location_id: Mapped[str]
    network_id: Mapped[str]
    cold_service: Mapped[int | None]
    ambient_service: Mapped[int | None]
    quantity_unit: Mapped[QuantityUnit] = mapped_column(choice(QuantityUnit))
    per_minute: Mapped[int | None]
    at_once: Mapped[int]
    looks_up: Mapped[bool]
    poll_minutes: Mapped[int | None]
    push: Mapped[Authentication] = mapped_column(choice(Authentication, "push"))
    push_secret: Mapped[str]
    version: Mapped[int]


class PartnerProductRow(OfClinic, Base):
    """A pharmacy's own number of a SKU."""

    __tablename__ = "partner_product"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"), refers("sku", sku="sku"))
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str]


class PartnerHealthRow(OfClinic, Base):
    """How a pharmacy is: its breaker, shared by every worker."""

    __tablename__ = "partner_health"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"),)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    rests_until: Mapped[datetime | None]
    last_error: Mapped[str]
    last_error_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]


class PartnerPushRow(Made, Base):
    """What a pharmacy pushed, byte for byte, and what became of it. Append-only.

    ``body`` is the text of the request; bytes that are no UTF-8 text are written as base64, and ``encoding`` says so.
    """

    __tablename__ = "partner_push"
    pharmacy: Mapped[str]
    received_at: Mapped[datetime]
    content_type: Mapped[str]
    encoding: Mapped[str]
    body: Mapped[str]
    events: Mapped[int]
    problem: Mapped[str]
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"), Index(None, "clinic", "pharmacy", "received_at"))


class WorkerBeatRow(OfClinic, Base):
    """That a worker is alive. Written past the clinic's count of writes, since no screen is drawn from it."""

    __tablename__ = "worker_beat"
    worker: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]


_LINK: Final = [PartnerLinkRow.__table__.c[name] for name in Link._fields]
_HEALTH: Final = [PartnerHealthRow.__table__.c[name] for name in Health._fields]


def links(work: Work) -> dict[str, Link]:
    """The connections that were set up, by pharmacy."""
    found = work.connection.execute(select(*_LINK).where(PartnerLinkRow.clinic == work.clinic))
    return {row.pharmacy: Link._make(row) for row in found}


def put_link(work: Work, link: Link) -> None:
    """Keep one connection."""
    _put(work, PartnerLinkRow, [link._asdict()])


def products(work: Work) -> dict[str, dict[str, str]]:
    """Pharmacies' own numbers of SKUs, by pharmacy; one that has none is left out."""
    columns = (PartnerProductRow.pharmacy, PartnerProductRow.sku, PartnerProductRow.product)
    found: dict[str, dict[str, str]] = {}
    for pharmacy, sku, product in work.connection.execute(
        select(*columns).where(PartnerProductRow.clinic == work.clinic)
    ):
        found.setdefault(pharmacy, {})[sku] = product
    return found


def put_products(work: Work, pharmacy: str, numbers: Mapping[str, str]) -> None:
    """Keep a pharmacy's numbers of these SKUs; an empty one is taken away."""
    here = (PartnerProductRow.clinic == work.clinic, PartnerProductRow.pharmacy == pharmacy)
    work.connection.execute(delete(PartnerProductRow).where(*here, PartnerProductRow.sku.in_(sorted(numbers))))
    rows = [
        {"clinic": work.clinic, "pharmacy": pharmacy, "sku": sku, "product": product}
        for sku, product in sorted(numbers.items())
        if product
    ]
    if rows:
        work.connection.execute(insert(PartnerProductRow), rows)


def healths(work: Work) -> dict[str, Health]:
    """How pharmacies are, by pharmacy; one that nothing is known of is left out."""
    found = work.connection.execute(select(*_HEALTH).where(PartnerHealthRow.clinic == work.clinic))
    return {row.pharmacy: Health._make(row) for row in found}


def put_healths(work: Work, rows: Sequence[Health]) -> None:
    """Keep how these pharmacies are."""
    _put(work, PartnerHealthRow, [row._asdict() for row in rows])


def _put(work: Work, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        statement = inserting(work.connection, table)
        values = {name: statement.excluded[name] for name in rows[0] if name != "pharmacy"}
        statement = statement.on_conflict_do_update(index_elements=["clinic", "pharmacy"], set_=values)
        work.connection.execute(statement, [{"clinic": work.clinic, **row} for row in rows])


def sent_since(work: Work, since: datetime) -> dict[str, int]:
    """Submissions that were sent, or answered, since an instant, by pharmacy."""
    statement = (
        select(SubmissionRow.pharmacy, func.count())
        .where(SubmissionRow.clinic == work.clinic)
        .where(or_(SubmissionRow.sent_at > since, SubmissionRow.answered_at > since))
        .group_by(SubmissionRow.pharmacy)
    )
    return dict(work.connection.execute(statement).all())


def keep_push(work: Work, values: Mapping[str, Any]) -> None:
    """Keep what a pharmacy pushed."""
    work.connection.execute(insert(PartnerPushRow), {"clinic": work.clinic, **values})


def pushes(work: Work, limit: int) -> list[dict[str, Any]]:
    """The newest pushes without their bodies."""
    names = ("id", "pharmacy", "received_at", "content_type", "events", "problem")
    statement = select(*(PartnerPushRow.__table__.c[name] for name in names))
    statement = statement.where(PartnerPushRow.clinic == work.clinic).order_by(PartnerPushRow.received_at.desc())
    return [dict(row) for row in work.connection.execute(statement.limit(limit)).mappings()]


def heartbeat(work: Work, worker: str, started_at: datetime) -> None:
    """Note that a worker is alive."""
    statement = inserting(work.connection, WorkerBeatRow)
    statement = statement.on_conflict_do_update(
        index_elements=["clinic", "worker"], set_={name: statement.excluded[name] for name in ("started_at", "beat_at")}
    )
    row = {"clinic": work.clinic, "worker": worker, "started_at": started_at, "beat_at": work.now()}
    work.connection.execute(statement, row)


def heartbeats(work: Work) -> list[tuple[str, datetime, datetime]]:
    """(worker, started at, last alive at), the liveliest first."""
    statement = select(WorkerBeatRow.worker, WorkerBeatRow.started_at, WorkerBeatRow.beat_at)
    here = statement.where(WorkerBeatRow.clinic == work.clinic).order_by(WorkerBeatRow.beat_at.desc())
    return [(row.worker, row.started_at, row.beat_at) for row in work.connection.execute(here)]
