"""Use cases of a pharmacy's connection: what is set up, a change of it, and the partner that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from core.adapters.pharmacies.simulated import SimulatedPartner
from core.adapters.secrets import secret
from core.adapters.store import Store, Work
from core.adapters.store.contexts import load_context, pharmacies_of
from core.adapters.store.partners import healths, links, products, pushes, put_healths, put_link, put_products
from core.adapters.store.queue import make_due, open_at, waiting_at
from core.domain.errors import BadCell, BadInput, Refused, Stale
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.link import LONGEST_HEADER, Adapter, Authentication, Link, faults
from core.domain.partners.protocol import Message, NotSent, Partner
from core.domain.partners.rate_limit import Health
from core.domain.text_limits import why_not_kept
from core.services.people import Action, Person, record, require

Partners = Callable[[str], Partner]
"""The partner of a pharmacy's code."""

SIMULATED: Final = SimulatedPartner()


class ByHand:
    """A pharmacy that people write to and hear from: nothing is sent to it, and it says nothing by itself."""

    def send(self, message: Message, now: datetime) -> NotSent:
        """A person hands its sheet over."""
        return NotSent("Its orders are handed over by a person.", tried=False)

    def look_up(self, reference: str) -> None:
        """It is asked by phone."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """A person records what it says."""
        return ()


BY_HAND: Final = ByHand()


class Connection(NamedTuple):
    """A pharmacy with its link, how it is, and the names of secrets that its link uses and that nobody has set."""

    name: str
    link: Link
    health: Health
    missing: tuple[str, ...]


def connections(store: Store, person: Person, clinic: str) -> dict[str, Connection]:
    """Every pharmacy of the clinic by code, connected or simulated."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        names = {code: pharmacy.name for code, pharmacy in pharmacies_of(work).items()}
        found, well = links(work), healths(work)
    return {
        code: Connection(name, link := found.get(code, Link(code)), well.get(code, Health(code)), tuple(_missing(link)))
        for code, name in sorted(names.items())
    }


def _missing(link: Link) -> list[str]:
    """Secrets are looked for where this process runs; a worker elsewhere may have others."""
    used = [link.credentials] if link.adapter is Adapter.HTTP and link.authentication is not Authentication.NONE else []
    used += [link.push_secret] if link.push is not Authentication.NONE else []
    return [name for name in used if name and secret(name) is None]


class Product(NamedTuple):
    """A SKU that a pharmacy offers, and its number there; empty where it has none."""

    sku: str
    name: str
    product: str


def products_of(store: Store, person: Person, clinic: str, pharmacy: str) -> tuple[Product, ...]:
    """What a pharmacy offers, with its own numbers."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        numbers, context = products(work).get(pharmacy, {}), load_context(work, ())
    offered = {offer.sku for offer in context.offers if offer.pharmacy == pharmacy} | numbers.keys()
    return tuple(Product(sku, context.skus[sku].name, numbers.get(sku, "")) for sku in sorted(offered))


def number_products(store: Store, person: Person, clinic: str, pharmacy: str, numbers: Mapping[str, str]) -> int:
    """Change a pharmacy's own numbers of SKUs; an empty one is taken away. How many changed.

    Once a pharmacy has one number, an order with a SKU that has none is not sent. Raises BadInput for a number that
    cannot be sent, Refused for an unknown pharmacy or SKU.
    """
    require(person, Action.SET_UP)
    wanted = {sku: number.strip() for sku, number in numbers.items()}
    if bad := [sku for sku, number in wanted.items() if not _plain(number)]:
        raise BadInput([BadCell("products", None, sku, None, "is not plain text of at most 100 signs") for sku in bad])

    def use_case(work: Work) -> int:
        context = load_context(work, ())
        unknown = {pharmacy} - context.pharmacies.keys() or wanted.keys() - context.skus.keys()
        if unknown:
            raise Refused(f"There is no {', '.join(sorted(unknown))}.")
        before = products(work).get(pharmacy, {})
        changed = {sku: number for sku, number in wanted.items() if before.get(sku, "") != number}
        if changed:
            put_products(work, pharmacy, changed)
            was = {sku: before.get(sku, "") for sku in changed}
            record(work, person, "number products", pharmacy, was, changed)
        return len(changed)

    return store.write(clinic, use_case)


def _plain(number: str) -> bool:
    return number.isascii() and number.isprintable() and len(number) <= LONGEST_HEADER


class Push(NamedTuple):
    """Something that a pharmacy pushed, without what it said."""

    id: str
    pharmacy: str
    received_at: datetime
    content_type: str
    events: int
    problem: str


def recent_pushes(store: Store, person: Person, clinic: str, limit: int = 50) -> tuple[Push, ...]:
    """The newest pushes of the clinic's pharmacies."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return tuple(Push(**row) for row in pushes(work, limit))


def connect(store: Store, person: Person, clinic: str, link: Link) -> Link:
    """Change how a pharmacy is connected; the audit trail keeps both sides, which hold names of secrets only.

    Raises BadInput for a link that cannot work, Stale where somebody changed it since ``link.version``, Refused where
    sheets wait to be handed over: another adapter would send them once more.
    """
    require(person, Action.SET_UP)
    wrong = [BadCell("connection", None, field, None, reason) for field, reason in faults(link)]
    texts = (link.base_url, link.vendor_id, link.location_id, link.network_id)
    wrong += [BadCell("connection", None, "text", None, reason) for text in texts if (reason := why_not_kept(text))]
    if wrong:
        raise BadInput(wrong)

    def use_case(work: Work) -> Link:
        if link.pharmacy not in pharmacies_of(work):
            raise Refused(f"There is no pharmacy {link.pharmacy}.")
        before = links(work).get(link.pharmacy, Link(link.pharmacy))
        if before.version != link.version:
            raise Stale(f"Somebody else changed {link.pharmacy} meanwhile; look again.", before._asdict())
        _may_change(work, before, link)
        after = link._replace(version=link.version + 1)
        put_link(work, after)
        _afresh(work, link.pharmacy)
        changed = [name for name in Link._fields if getattr(before, name) != getattr(after, name)]
        sides = [{name: getattr(side, name) for name in changed if name != "version"} for side in (before, after)]
        record(work, person, "connect pharmacy", link.pharmacy, *sides)
        return after

    return store.write(clinic, use_case)


def _may_change(work: Work, before: Link, link: Link) -> None:
    """Raises Refused for a change after which something would be sent twice, made up, or believed of the wrong one."""
    leaves_sheets = before.adapter is Adapter.SHEET and link.adapter is not Adapter.SHEET
    if leaves_sheets and (waiting := waiting_at(work, link.pharmacy)):
        raise Refused(
            f"{waiting} of {link.pharmacy}'s submissions wait to be handed over on a sheet and would be sent once "
            "more: mark them as sent, or cancel their lines, first."
        )
    becomes_a_script = before.adapter is not Adapter.SIMULATED and link.adapter is Adapter.SIMULATED
    if becomes_a_script and (lines := open_at(work, link.pharmacy)):
        raise Refused(
            f"{link.pharmacy} really has {lines} lines that are not finished, and a simulated pharmacy would make up "
            "what becomes of them. Finish them first."
        )
    others = (other for other in links(work).values() if other.pharmacy != link.pharmacy)
    sharing = sorted(other.pharmacy for other in others if link.push_secret and link.push_secret == other.push_secret)
    if sharing or (link.push_secret and link.push_secret == link.credentials):
        whose = f"by {sharing[0]}" if sharing else "for our own requests"
        raise Refused(f"{link.push_secret} is used {whose} already: a pharmacy's pushes have a secret of their own.")


def _afresh(work: Work, pharmacy: str) -> None:
    """What went wrong before counts no more, and what waits is tried at once."""
    health = healths(work).get(pharmacy)
    if health is not None:
        put_healths(work, [health._replace(failures=0, rests_until=None)])
    make_due(work, pharmacy)


def try_again(store: Store, person: Person, clinic: str, pharmacy: str) -> None:
    """A person knows that a pharmacy is back: its breaker is closed, and what waits is sent by the next round."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> None:
        if pharmacy not in pharmacies_of(work):
            raise Refused(f"There is no pharmacy {pharmacy}.")
        _afresh(work, pharmacy)
        record(work, person, "try pharmacy again", pharmacy)

    store.write(clinic, use_case)


def connected(store: Store, clinic: str) -> Partners:
    """The clinic's partners as they are set up now; each is made when it is first asked for."""
    with store.read(clinic) as work:
        found = links(work)
        zones = {code: pharmacy.time_zone for code, pharmacy in pharmacies_of(work).items()}

    def partner(code: str) -> Partner:
        link = found.get(code, Link(code))
        if link.adapter is not Adapter.HTTP:
            return SIMULATED if link.adapter is Adapter.SIMULATED else BY_HAND
        return _orders(link, zones[code], secret(link.credentials) if link.credentials else None)

    return partner


@lru_cache(maxsize=256)
def _orders(link: Link, time_zone: str, password: str | None) -> Partner:
    """One client for each connection as it is set up: a new one would greet the pharmacy anew for every order."""
    from core.adapters.pharmacies.json_order.client import JsonOrders

    return JsonOrders(link, time_zone, password)
