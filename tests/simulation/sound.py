"""What must hold after anything: every problem as a sentence, found from the rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.adapters.store import METADATA, Store
from core.adapters.store.order_views import OrderFilter
from core.domain.ledger import Account, PostingKind
from core.domain.model import IN_FLIGHT, LineState, SubmissionState
from core.domain.orders.daily_totals import COMPONENTS, DelayBasis, FulfillmentStage
from core.domain.orders.records import EventOutcome
from core.domain.roles import LOCAL
from core.services.audit_trail import verify_audit
from core.services.orders.verification import verify_ledger
from core.services.orders.views import search

S = LineState
ENDED = frozenset({S.REJECTED, S.CANCELLED, S.RETURNED, S.DELIVERED})
"""States in which the pharmacy has nothing more to do."""
Row = dict[str, Any]
ZONE = ZoneInfo("America/Chicago")
STAGES = {
    FulfillmentStage.SENDING: ("placed", "submitted"),
    FulfillmentStage.ANSWER: ("submitted", "accepted"),
    FulfillmentStage.COMPOUNDING: ("accepted", "shipped"),
    FulfillmentStage.TRANSIT: ("shipped", "delivered"),
    FulfillmentStage.TOTAL: ("placed", "delivered"),
}
TIMED = frozenset(end for _, end in STAGES.values())


class Rows(NamedTuple):
    """The tables that the invariants are about."""

    cart_line: list[Row]
    order_line: list[Row]
    attempt: list[Row]
    submission: list[Row]
    stock_reservation: list[Row]
    order_event: list[Row]
    ledger_entry: list[Row]
    daily_tally: list[Row]
    daily_rejection: list[Row]
    stage_hours: list[Row]
    delivery_delay: list[Row]
    offer: list[Row]


def rows_of(store: Store, clinic: str) -> Rows:
    """One moment of them."""
    tables = (METADATA.tables[name] for name in Rows._fields)
    with store.read(clinic) as work:
        return Rows._make(
            [
                dict(row)
                for row in work.connection.execute(
                    select(table).where(table.c.clinic == clinic).order_by(*table.primary_key)
                ).mappings()
            ]
            for table in tables
        )


def problems(store: Store, clinic: str, received: Counter[str], placed: Iterable[tuple[str, str]]) -> list[str]:
    """What does not hold at any moment. ``received`` counts messages by what pharmacies saw; ``placed`` are (checkout,
    cart line) that receipts were given for."""
    rows = rows_of(store, clinic)
    return [
        *verify_ledger(store, LOCAL, clinic).problems,
        *filter(None, [verify_audit(store, clinic).problem]),
        *_lines(rows),
        *_places(rows, placed),
        *_messages(rows, received),
        *_money(rows),
        *_stock(rows),
        *_rollups(rows),
    ]


def left_over(store: Store, clinic: str) -> list[str]:
    """What waits for nobody: once all pharmacies are done, every line has ended or is in somebody's queue."""
    waiting = {row.reference for row in search(store, LOCAL, clinic, OrderFilter(needs_action=True)).rows}
    rows = rows_of(store, clinic)
    return [
        f"{line['reference']} is {line['state'].value} for ever and in no queue"
        for line in rows.order_line
        if line["state"] not in ENDED and line["reference"] not in waiting
    ] + [
        f"{one['reference']} is {one['state'].value} for ever"
        for one in rows.submission
        if one["state"] in {SubmissionState.UNKNOWN, SubmissionState.SENDING, SubmissionState.QUEUED}
    ]


def paid(store: Store, clinic: str) -> dict[str, int]:
    """What the ledger says was taken and not given back, in cents by pharmacy order."""
    rows = rows_of(store, clinic)
    orders = {one["reference"]: one["pharmacy_order"] for one in rows.submission}
    of = {(one["line"], one["number"]): orders[one["submission"]] for one in rows.attempt}
    taken: Counter[str] = Counter()
    for entry in rows.ledger_entry:
        if entry["account"] is Account.PAYABLE:
            taken[of[entry["line"], entry["attempt"]]] += entry["cents"]
    return dict(taken)


def _lines(rows: Rows) -> Iterator[str]:
    """A line is its newest attempt; every earlier attempt has ended; two lines of one refill are not both under way."""
    by_line: dict[str, list[Row]] = {}
    for one in rows.attempt:
        by_line.setdefault(one["line"], []).append(one)
    submissions = {one["reference"]: one for one in rows.submission}
    for line in rows.order_line:
        attempts = sorted(by_line.get(line["reference"], ()), key=lambda one: one["number"])
        if not attempts or attempts[-1]["number"] != line["attempt"]:
            yield f"{line['reference']} has no attempt {line['attempt']}"
            continue
        *earlier, newest = attempts
        if (newest["state"], newest["pharmacy"]) != (line["state"], line["pharmacy"]):
            yield f"{line['reference']} is {line['state'].value}, its attempt {newest['state'].value}"
        if any(one["state"] not in {S.REJECTED, S.RETURNED} for one in earlier):
            yield f"{line['reference']} has an earlier attempt that has not ended"
        sent = submissions[newest["submission"]]["state"]
        if (newest["state"] is S.SUBMITTED) and sent is not SubmissionState.ACKNOWLEDGED:
            yield f"{line['reference']} is submitted, its submission {sent.value}"
        if newest["state"] is S.PLACED and sent in {SubmissionState.REJECTED, SubmissionState.WITHDRAWN}:
            yield f"{line['reference']} is placed, its submission {sent.value}"
        if newest["state"] is S.PLACED and sent is SubmissionState.ACKNOWLEDGED:
            yield f"{line['reference']} is placed, its submission acknowledged"
    under_way = Counter((one["patient"], one["sku"]) for one in rows.order_line if one["state"] in IN_FLIGHT)
    yield from (f"{count} lines of {patient}, {sku}" for (patient, sku), count in under_way.items() if count > 1)


def _places(rows: Rows, placed: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A placed line left its cart, for one checkout."""
    checkouts: dict[str, set[str]] = {}
    for checkout, line in placed:
        checkouts.setdefault(line, set()).add(checkout)
    yield from (f"cart line {line} is in {sorted(them)}" for line, them in checkouts.items() if len(them) > 1)
    yield from (f"cart line {line['id']} is placed and in a cart" for line in rows.cart_line if line["id"] in checkouts)
    numbers = Counter((line["checkout"], line["number"]) for line in rows.order_line)
    yield from (f"{name} is there {count} times" for name, count in numbers.items() if count > 1)


def _messages(rows: Rows, received: Counter[str]) -> Iterator[str]:
    """No message went out twice; what was answered or withdrawn is as the pharmacy has it."""
    yield from (f"{name} arrived {count} times" for name, count in received.items() if count > 1)
    states = {one["reference"]: one["state"] for one in rows.submission}
    yield from (f"{name} arrived and is not known here" for name in received if name not in states)
    for name, state in states.items():
        if state in {SubmissionState.QUEUED, SubmissionState.WITHDRAWN} and received[name]:
            yield f"{name} is {state.value} and has arrived"
        if state is SubmissionState.ACKNOWLEDGED and not received[name]:
            yield f"{name} is acknowledged and never arrived"


def _money(rows: Rows) -> Iterator[str]:
    """By the entries alone: what was captured of an attempt is at most what was authorised for it."""
    authorised: Counter[tuple[str, int]] = Counter()
    captured: Counter[tuple[str, int]] = Counter()
    for entry in rows.ledger_entry:
        key = entry["line"], entry["attempt"]
        if entry["account"] is Account.AUTHORISED and entry["kind"] in {PostingKind.AUTHORISE, PostingKind.MOVE}:
            authorised[key] += entry["cents"]
        if entry["account"] is Account.PAYABLE and entry["kind"] is PostingKind.CAPTURE:
            captured[key] += entry["cents"]
        if entry["account"] is Account.PAYABLE and entry["kind"] is PostingKind.MOVE:
            authorised[key] += entry["cents"]
            captured[key] += entry["cents"]
    yield from (f"{key}: captured {cents} of {authorised[key]}" for key, cents in captured.items()
                if cents > authorised[key])  # fmt: skip


def _stock(rows: Rows) -> Iterator[str]:
    """An attempt holds its packs until it is rejected or cancelled, and nobody holds what is not there."""
    held = {(one["line"], one["attempt"]) for one in rows.stock_reservation if one["released_at"] is None}
    live = {(one["line"], one["number"]) for one in rows.attempt if one["state"] not in {S.REJECTED, S.CANCELLED}}
    yield from (f"{key} holds stock and has ended" for key in sorted(held - live))
    yield from (f"{key} goes on and holds no stock" for key in sorted(live - held))
    taken: Counter[tuple[str, str]] = Counter()
    for one in rows.stock_reservation:
        if one["released_at"] is None:
            taken[one["pharmacy"], one["sku"]] += one["quantity"]
    for offer in rows.offer:
        key = offer["pharmacy"], offer["sku"]
        if offer["stock"] is not None and taken[key] > offer["stock"]:
            yield f"{taken[key]} packs of {offer['stock']} of {key} are reserved"


def _rollups(rows: Rows) -> Iterator[str]:
    """Rollups are a recount of history and ledger."""
    counted, codes, hours, delays = _recount(rows)
    names = [name for name in rows.daily_tally[0] if name not in _KEY] if rows.daily_tally else []
    for row in rows.daily_tally:
        ours = counted.pop((row["day"], row["pharmacy"], row["program"]), Counter())
        wrong = {name: (row[name], ours[name]) for name in names if row[name] != ours[name]}
        if wrong:
            yield f"rollup of {row['day']}, {row['pharmacy']}: {wrong} (kept, recounted)"
    yield from (f"no rollup for {key}: {dict(count)}" for key, count in counted.items() if any(count.values()))
    kept_codes = {(row["day"], row["pharmacy"], row["code"]): row["lines"] for row in rows.daily_rejection}
    if kept_codes != dict(codes):
        yield f"rejections: kept {kept_codes}, recounted {dict(codes)}"
    kept = {(row["day"], row["pharmacy"], row["stage"], row["hours"]): row["lines"] for row in rows.stage_hours}
    if kept != dict(hours):
        only_kept, only_counted = set(kept.items()) - set(hours.items()), set(hours.items()) - set(kept.items())
        yield f"stage hours: kept {only_kept}, recounted {only_counted}"
    keys = ("day", "pharmacy", "cold", "basis", "delay_days")
    kept_delays = {tuple(row[name] for name in keys): row["lines"] for row in rows.delivery_delay}
    if kept_delays != dict(delays):
        yield f"delays: kept {kept_delays}, recounted {dict(delays)}"


_KEY = frozenset({"clinic", "day", "pharmacy", "program"})


class _Recount(NamedTuple):
    counted: dict[tuple[date, str, str], Counter[str]]
    codes: Counter[tuple[date, str, str]]
    hours: Counter[tuple[date, str, str, int]]
    delays: Counter[tuple[date, str, bool, DelayBasis, int]]


def _recount(rows: Rows) -> _Recount:
    """Day by day from what was said of each attempt, in the order in which it became known, and from the ledger."""
    found = _Recount({}, Counter(), Counter(), Counter())
    cold = {one["reference"]: one["cold"] for one in rows.submission}
    attempts = {(one["line"], one["number"]): one for one in rows.attempt}
    said: dict[tuple[str, int], list[Row]] = {}
    for event in sorted(rows.order_event, key=lambda event: event["id"]):
        if event["outcome"] is EventOutcome.MOVED:
            said.setdefault((event["reference"], event["attempt"]), []).append(event)
    for key, attempt in attempts.items():
        _count_attempt(found, attempt, said.get(key, []))
        _count_delays(found, attempt, said.get(key, []), cold[attempt["submission"]])
    for entry in rows.ledger_entry:
        if entry["account"] is Account.PAYABLE:
            attempt = attempts[entry["line"], entry["attempt"]]
            for name, parts in COMPONENTS.items():
                _add(found, entry["day"], attempt, name, sum(entry[part] for part in parts))
    return found


def _add(found: _Recount, day: date, attempt: Row, name: str, number: int = 1) -> None:
    found.counted.setdefault((day, attempt["pharmacy"], attempt["program"]), Counter())[name] += number


def _count_attempt(found: _Recount, attempt: Row, said: list[Row]) -> None:
    first, captured = attempt["number"] == 1, False
    told: dict[str, datetime] = {}
    for event in said:
        day = event["at"].astimezone(ZONE).date()
        for state in (*event["implied"], event["status"]):
            if state == "placed":
                told.setdefault(state, event["at"])
                _add(found, day, attempt, "placed", int(first))
                _add(found, attempt["delivers_on"], attempt, "promised")
            if state in TIMED - set(told) and state == event["status"]:
                told[state] = event["at"]
                _count_stages(found, attempt, state, day, told)
            if state == "accepted" and not captured:
                captured = True
                _add(found, day, attempt, "accepted_first", int(first))
                _add(found, day, attempt, "answered_first", int(first))
            if state == "delivered":
                _add(found, attempt["delivers_on"], attempt, "promised_on_time", int(day <= attempt["delivers_on"]))
            if state in {"shipped", "delivered", "returned", "rejected", "cancelled"}:
                _add(found, day, attempt, state)
            if state == "rejected":
                found.codes[day, attempt["pharmacy"], attempt["reason_code"]] += 1
                _add(found, day, attempt, "answered_first", int(first and not captured))
            if state in {"rejected", "cancelled"}:
                _add(found, attempt["delivers_on"], attempt, "promised", -1)


def _count_delays(found: _Recount, attempt: Row, said: list[Row], cold: bool) -> None:
    """Days after the promise, by the last that was said of shipping and delivery."""
    days = {event["status"]: event["at"].astimezone(ZONE).date() for event in said}
    if "delivered" in days:
        where = days["delivered"], attempt["pharmacy"], cold
        found.delays[*where, DelayBasis.PROMISE, (days["delivered"] - attempt["delivers_on"]).days] += 1
        if "shipped" in days:
            transit, promised = days["delivered"] - days["shipped"], attempt["delivers_on"] - attempt["ships_on"]
            found.delays[*where, DelayBasis.SHIPMENT, (transit - promised).days] += 1


def _count_stages(found: _Recount, attempt: Row, state: str, day: date, told: Row) -> None:
    for stage, (start, end) in STAGES.items():
        if end == state and start in told:
            hours = max(int((told[end] - told[start]).total_seconds() // 3600), 0)
            found.hours[day, attempt["pharmacy"], stage.value, hours] += 1
