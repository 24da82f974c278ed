"""Use cases: a previewed price list into the store, and the last one out of it again.

Prices are dated rows. Approving adds rows from today or a later day on and ends those that a person ends on the day
before; no row that was in force on an earlier day changes what it was then. What an approval did stands in its audit
entry, from which the undo takes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from core.adapters.files.headings import Headings, folded
from core.adapters.store import Store, Work, audits
from core.adapters.store import price_lists as rows
from core.domain.context import Context
from core.domain.errors import Refused, Stale
from core.domain.model import AggregatePrice, Offer
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record
from core.services.contexts import load_context
from core.services.price_lists.preview import (
    Change,
    Issuer,
    IssuerKind,
    Preview,
    PriceList,
    cents_of,
    in_force,
    preview,
)

APPROVED: Final = "approve price list"
UNDONE: Final = "undo price list"


class EndedOffer(NamedTuple):
    """An offer that an approval ended, and the last day that it had before (None: open)."""

    sku: str
    valid_from: date
    valid_to: date | None


class Approval(NamedTuple):
    """What approving a list did: cents by SKU of the prices added, and the offers ended."""

    number: int
    at: datetime
    email: str
    file: str
    valid_from: date
    added: Mapping[str, int]
    ended: tuple[EndedOffer, ...]


def approve(
    store: Store,
    person: Person,
    clinic: str,
    price_list: PriceList,
    previewed: Preview,
    *,
    accepted: Collection[int] = (),
    ended: Collection[str] = (),
) -> int:
    """Write the list's prices from its day on, doubtful rows where ``accepted``; how many were written.

    ``ended`` are SKUs gone from a pharmacy's list whose offers end the day before. Raises Stale where prices have
    changed since ``previewed``, Refused for a day before today or a list that changes nothing.
    """
    require(person, Action.SET_UP)

    def write(work: Work) -> int:
        context = load_context(work, patients=())
        if price_list.valid_from < work.today:
            raise Refused("A list comes into force today or later: quotes of earlier days stay as they were.")
        if preview(price_list, context) != previewed:
            raise Stale("Prices have changed since this preview; look at it again and approve what it says now.")
        written = previewed.written(accepted)
        ends = _ends(price_list, context, set(ended) & {price.sku for price in previewed.omitted})
        if not written and not ends:
            raise Refused("This list changes no price, so there is nothing to approve.")
        _add(work, price_list, written, context)
        last_day = price_list.valid_from - timedelta(days=1)
        rows.end_offers(work, price_list.issuer.code, {(end.sku, end.valid_from): last_day for end in ends})
        _record(work, person, price_list, written, ends)
        return len(written)

    return store.write(clinic, write)


def last_approval(work: Work, issuer: Issuer) -> Approval | None:
    """The issuer's newest approval; None where there is none or it was undone."""
    newest = audits.newest(work, 1, subject_of(issuer))
    if not newest or newest[0]["action"] != APPROVED:
        return None
    entry = newest[0]
    after = json.loads(entry["after"])
    ends = (
        EndedOffer(sku, date.fromisoformat(since), until and date.fromisoformat(until))
        for sku, since, until in after["ended"]
    )
    day = date.fromisoformat(after["valid_from"])
    return Approval(entry["number"], entry["at"], entry["email"], after["file"], day, after["added"], tuple(ends))


def remembered_columns(work: Work, issuer: Issuer) -> Headings:
    """What the headings of the issuer's last approved list meant: a Field's name by heading."""
    rows = audits.newest(work, _LOOKED_BACK, subject_of(issuer))
    approvals = (json.loads(row["after"]) for row in rows if row["action"] == APPROVED)
    return next((after.get("headings", {}) for after in approvals), {})


_LOOKED_BACK: Final = 4
"""Entries of one issuer among which the last approval is looked for: lists may have been undone since."""


def undo(store: Store, person: Person, clinic: str, issuer: Issuer, number: int) -> int:
    """Take back exactly what the issuer's last approval added, and open again what it ended; how many it added.

    ``number`` is the approval that the person saw. Raises Stale where it is not the last any more; Refused where a
    price of it was in force on an earlier day, an order has been placed with it, or it was changed since: a new list
    corrects it then.
    """
    require(person, Action.SET_UP)

    def take_back(work: Work) -> int:
        approval = last_approval(work, issuer)
        if approval is None or approval.number != number:
            raise Stale("Another list was approved or undone meanwhile; look again.")
        context = load_context(work, patients=())
        if reason := _why_kept(work, issuer, approval, context):
            raise Refused(f"{reason} Approve a new list from today on to correct it.")
        remove = rows.remove_offers if issuer.kind is IssuerKind.PHARMACY else rows.remove_aggregate_prices
        remove(work, issuer.code, approval.added, approval.valid_from)
        rows.end_offers(work, issuer.code, {(end.sku, end.valid_from): end.valid_to for end in approval.ended})
        withdrawn = {"file": approval.file, "valid_from": approval.valid_from, "entry": number, "added": approval.added}
        record(work, person, UNDONE, subject_of(issuer), withdrawn, None)
        return len(approval.added)

    return store.write(clinic, take_back)


def subject_of(issuer: Issuer) -> str:
    """What audit entries about the issuer's lists name."""
    return f"price list of {issuer.kind} {issuer.code}"


def _ends(price_list: PriceList, context: Context, skus: Iterable[str]) -> tuple[EndedOffer, ...]:
    if price_list.issuer.kind is not IssuerKind.PHARMACY:
        return ()
    offers = (context.offer(price_list.issuer.code, sku, price_list.valid_from) for sku in sorted(skus))
    return tuple(EndedOffer(offer.sku, offer.valid_from, offer.valid_to) for offer in offers if offer)


def _add(work: Work, price_list: PriceList, written: Iterable[Change], context: Context) -> None:
    if price_list.issuer.kind is IssuerKind.PHARMACY:
        rows.add_offers(work, [_offer(price_list, change, context).model_dump() for change in written])
    else:
        rows.add_aggregate_prices(work, [_aggregate_price(price_list, change).model_dump() for change in written])


def _offer(price_list: PriceList, change: Change, context: Context) -> Offer:
    """A new price changes neither what the pharmacy last told of its stock nor the quantities it takes."""
    pharmacy, day = price_list.issuer.code, price_list.valid_from
    before = context.offer(pharmacy, change.sku, day)
    kept = before.model_dump(include={"stock", "stock_at", "min_quantity", "max_quantity"}) if before else {}
    source = _source(price_list, change)
    return Offer(
        pharmacy=pharmacy, sku=change.sku, unit_cost_cents=change.after_cents, valid_from=day, source=source, **kept
    )


def _aggregate_price(price_list: PriceList, change: Change) -> AggregatePrice:
    return AggregatePrice(
        program=price_list.issuer.code,
        sku=change.sku,
        unit_price_cents=change.after_cents,
        valid_from=price_list.valid_from,
        source=_source(price_list, change),
    )


def _source(price_list: PriceList, change: Change) -> str:
    return f"price list {price_list.sheet.file}, row {change.row}"


def _record(
    work: Work, person: Person, price_list: PriceList, written: Iterable[Change], ends: Iterable[EndedOffer]
) -> None:
    changes = list(written)
    after: dict[str, Any] = {
        "file": price_list.sheet.file,
        "valid_from": price_list.valid_from,
        "added": {change.sku: change.after_cents for change in changes},
        "ended": list(ends),
        "headings": {folded(price_list.sheet.headings[at]): field.name for field, at in price_list.columns.items()},
    }
    before = {change.sku: change.before_cents for change in changes}
    record(work, person, APPROVED, subject_of(price_list.issuer), before, after)


def _why_kept(work: Work, issuer: Issuer, approval: Approval, context: Context) -> str | None:
    """Why an approval may not be undone, as a sentence; None where it may."""
    if approval.valid_from < work.today:
        return f"These prices have been in force since {approval.valid_from}, and quotes were made with them."
    if sku := next(_changed_since(issuer, approval, context), None):
        return f"The price of {sku} was changed after this list came in."
    if line := rows.ordered_since(work, issuer.code, _touched(approval), approval.at):
        return f"Line {line} was placed after this list came in."
    return None


def _changed_since(issuer: Issuer, approval: Approval, context: Context) -> Iterator[str]:
    """SKUs whose prices are not as the approval left them."""
    for sku, cents in approval.added.items():
        price = in_force(context, issuer, sku, approval.valid_from)
        as_added = price and price.valid_from == approval.valid_from and cents_of(price) == cents
        if not as_added or _stock_updated_since(price, approval):
            yield sku
    last_day = approval.valid_from - timedelta(days=1)
    for end in approval.ended:
        rows_of = {row.valid_from: row.valid_to for row in context.offer_rows(issuer.code, end.sku)}
        if rows_of.get(end.valid_from) != last_day:
            yield end.sku


def _stock_updated_since(price: Offer | AggregatePrice | None, approval: Approval) -> bool:
    return isinstance(price, Offer) and price.stock_at is not None and price.stock_at > approval.at


def _touched(approval: Approval) -> set[str]:
    return {*approval.added, *(end.sku for end in approval.ended)}
