"""How pharmacies are connected, how they are, and what they pushed: queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, insert_rows, upsert
from core.adapters.store.tables import (
    PARTNER_HEALTH,
    PARTNER_LINK,
    PARTNER_PRODUCT,
    PARTNER_PUSH,
    SUBMISSION,
    WORKER_BEAT,
)
from core.domain.partners.link import Health, Link


def links(work: Work) -> dict[str, Link]:
    """The connections that were set up, by pharmacy."""
    statement = select(*columns_of(PARTNER_LINK, Link)).where(work.of_clinic(PARTNER_LINK))
    return {row.pharmacy: Link._make(row) for row in work.connection.execute(statement)}


def put_link(work: Work, link: Link) -> None:
    """Keep one connection."""
    upsert(work, PARTNER_LINK, [link._asdict()])


def products(work: Work) -> dict[str, dict[str, str]]:
    """Pharmacies' own numbers of SKUs, by pharmacy; one that has none is left out."""
    columns = (PARTNER_PRODUCT.c.pharmacy, PARTNER_PRODUCT.c.sku, PARTNER_PRODUCT.c.product)
    numbers: dict[str, dict[str, str]] = {}
    rows = work.connection.execute(select(*columns).where(work.of_clinic(PARTNER_PRODUCT)))
    for pharmacy, sku, product in rows:
        numbers.setdefault(pharmacy, {})[sku] = product
    return numbers


def put_products(work: Work, pharmacy: str, numbers: Mapping[str, str]) -> None:
    """Keep a pharmacy's numbers of these SKUs; an empty one is taken away."""
    replaced = (PARTNER_PRODUCT.c.pharmacy == pharmacy, PARTNER_PRODUCT.c.sku.in_(sorted(numbers)))
    work.connection.execute(delete(PARTNER_PRODUCT).where(work.of_clinic(PARTNER_PRODUCT), *replaced))
    kept = [(sku, product) for sku, product in sorted(numbers.items()) if product]
    insert_rows(
        work, PARTNER_PRODUCT, [{"pharmacy": pharmacy, "sku": sku, "product": product} for sku, product in kept]
    )


def healths(work: Work) -> dict[str, Health]:
    """How pharmacies are, by pharmacy; one that nothing is known of is left out."""
    statement = select(*columns_of(PARTNER_HEALTH, Health)).where(work.of_clinic(PARTNER_HEALTH))
    return {row.pharmacy: Health._make(row) for row in work.connection.execute(statement)}


def put_healths(work: Work, rows: Sequence[Health]) -> None:
    """Keep how these pharmacies are."""
    upsert(work, PARTNER_HEALTH, [row._asdict() for row in rows])


def sent_since(work: Work, since: datetime) -> dict[str, int]:
    """Submissions that were sent, or answered, since an instant, by pharmacy."""
    statement = (
        select(SUBMISSION.c.pharmacy, func.count())
        .where(work.of_clinic(SUBMISSION))
        .where(or_(SUBMISSION.c.sent_at > since, SUBMISSION.c.answered_at > since))
        .group_by(SUBMISSION.c.pharmacy)
    )
    return dict(work.connection.execute(statement).all())


def keep_push(work: Work, values: Mapping[str, Any]) -> None:
    """Keep what a pharmacy pushed."""
    insert_rows(work, PARTNER_PUSH, [values])


def pushes(work: Work, limit: int) -> list[dict[str, Any]]:
    """The newest pushes without their bodies."""
    names = ("id", "pharmacy", "received_at", "content_type", "events", "problem")
    statement = select(*(PARTNER_PUSH.c[name] for name in names))
    statement = statement.where(work.of_clinic(PARTNER_PUSH)).order_by(PARTNER_PUSH.c.received_at.desc())
    return [dict(row) for row in work.connection.execute(statement.limit(limit)).mappings()]


def heartbeat(work: Work, worker: str, started_at: datetime) -> None:
    """Note that a worker is alive."""
    upsert(work, WORKER_BEAT, [{"worker": worker, "started_at": started_at, "beat_at": work.now()}])


def heartbeats(work: Work) -> list[tuple[str, datetime, datetime]]:
    """(worker, started at, last alive at), the liveliest first."""
    statement = select(WORKER_BEAT.c.worker, WORKER_BEAT.c.started_at, WORKER_BEAT.c.beat_at)
    newest_first = statement.where(work.of_clinic(WORKER_BEAT)).order_by(WORKER_BEAT.c.beat_at.desc())
    return [(row.worker, row.started_at, row.beat_at) for row in work.connection.execute(newest_first)]
