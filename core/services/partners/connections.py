"""Use cases of a pharmacy's connection: what is set up, a change of it, and the partner that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from core.adapters.pharmacies.registry import adapter_of, faults_of, transmission_of
from core.adapters.secrets import secret
from core.adapters.store import Store, Work
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.partners import healths, links, products, pushes, put_healths, put_link, put_products
from core.adapters.store.payments import payment_setup
from core.adapters.store.queue import make_due, open_at, waiting_at
from core.domain.errors import BadCell, BadInput, NotAllowed, Refused, Stale
from core.domain.partners.adapter import PharmacyAdapter, Transmission
from core.domain.partners.link import LONGEST_HEADER, Authentication, Health, Link
from core.domain.partners.protocol import Partner
from core.domain.roles import Action, Person, may, require
from core.domain.text_limits import why_not_kept
from core.services.audit_trail import record
from core.services.contexts import load_context

Partners = Callable[[str], Partner]
"""The partner of a pharmacy's code."""


class Connection(NamedTuple):
    """A pharmacy with its link, how it is, and the names of secrets that its link uses and that nobody has set."""

    name: str
    link: Link
    health: Health
    missing: tuple[str, ...]

    @property
    def adapter(self) -> PharmacyAdapter:
        """How it is reached."""
        return adapter_of(self.link)


def connections(store: Store, person: Person, clinic: str) -> dict[str, Connection]:
    """Every pharmacy of the clinic by code, connected or simulated."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        names = {code: pharmacy.name for code, pharmacy in pharmacies_of(work).items()}
        linked, health = links(work), healths(work)
    return {
        code: Connection(
            name, link := linked.get(code, Link(code)), health.get(code, Health(code)), tuple(_missing(link))
        )
        for code, name in sorted(names.items())
    }


def _missing(link: Link) -> list[str]:
    """Secrets are looked for where this process runs; a worker elsewhere may have others."""
    sends = transmission_of(link) is Transmission.WORKER and link.authentication is not Authentication.NONE
    used = [link.credentials] if sends else []
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
    entered = {sku: number.strip() for sku, number in numbers.items()}
    if bad := [sku for sku, number in entered.items() if not _plain(number)]:
        raise BadInput([BadCell("products", None, sku, None, "is not plain text of at most 100 signs") for sku in bad])

    def use_case(work: Work) -> int:
        context = load_context(work, ())
        unknown = {pharmacy} - context.pharmacies.keys() or entered.keys() - context.skus.keys()
        if unknown:
            raise Refused(f"There is no {', '.join(sorted(unknown))}.")
        before = products(work).get(pharmacy, {})
        changed = {sku: number for sku, number in entered.items() if before.get(sku, "") != number}
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

    An admin alone changes the address and the names of secrets. Raises BadInput for a link that cannot work, Stale if
    somebody changed it since ``link.version``, Refused where sheets wait to be handed over: another adapter would send
    them once more.
    """
    require(person, Action.SET_UP)
    problems = faults_of(link)
    texts = (link.base_url, link.vendor_id, link.location_id, link.network_id)
    problems += [("text", reason) for text in texts if (reason := why_not_kept(text))]
    if problems:
        raise BadInput([BadCell("connection", None, field, None, reason) for field, reason in problems])

    def use_case(work: Work) -> Link:
        if link.pharmacy not in pharmacies_of(work):
            raise Refused(f"There is no pharmacy {link.pharmacy}.")
        before = links(work).get(link.pharmacy, Link(link.pharmacy))
        if before.version != link.version:
            raise Stale(f"Somebody else changed {link.pharmacy} meanwhile; look again.", before._asdict())
        _may_change(work, before, link)
        if _destination(before) != _destination(link):
            _may_redirect(work, person, link)
        after = link._replace(version=link.version + 1)
        put_link(work, after)
        _afresh(work, link.pharmacy)
        changed = [name for name in Link._fields if getattr(before, name) != getattr(after, name)]
        sides = [{name: getattr(side, name) for name in changed if name != "version"} for side in (before, after)]
        record(work, person, "connect pharmacy", link.pharmacy, *sides)
        return after

    return store.write(clinic, use_case)


def _destination(link: Link) -> tuple[str, ...]:
    """Where patients' data and which secrets go."""
    return link.base_url, link.credentials, link.push_secret


def _may_redirect(work: Work, person: Person, link: Link) -> None:
    """Raises NotAllowed for who is no admin, Refused for a key of the payment provider: it would be sent there."""
    if not may(person, Action.MANAGE_PEOPLE):
        raise NotAllowed("Only an admin may change a pharmacy's address or the names of its secrets.")
    setup = payment_setup(work)
    if {link.credentials, link.push_secret} & ({setup.key_name, setup.webhook_key_name} - {""}):
        raise Refused("That is the payment provider's key; name the pharmacy's own secret.")


def _may_change(work: Work, before: Link, link: Link) -> None:
    """Raises Refused for a change after which something would be sent twice, made up, or believed of the wrong one."""
    earlier, later = transmission_of(before), transmission_of(link)
    leaves_paper = earlier is Transmission.PERSON and later is not Transmission.PERSON
    if leaves_paper and (waiting := waiting_at(work, link.pharmacy)):
        raise Refused(
            f"{waiting} of {link.pharmacy}'s submissions wait to be handed over on a sheet and would be sent once "
            "more: mark them as sent, or cancel their lines, first."
        )
    becomes_simulated = earlier is not Transmission.SIMULATED and later is Transmission.SIMULATED
    if becomes_simulated and (lines := open_at(work, link.pharmacy)):
        raise Refused(
            f"{link.pharmacy} really has {lines} lines that are not finished, and a simulated pharmacy would make up "
            "what becomes of them. Finish them first."
        )
    same_secret = (each for each in links(work).values() if link.push_secret and link.push_secret == each.push_secret)
    sharing = sorted(each.pharmacy for each in same_secret if each.pharmacy != link.pharmacy)
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
        linked = links(work)
        zones = {code: pharmacy.time_zone for code, pharmacy in pharmacies_of(work).items()}

    def partner(code: str) -> Partner:
        link = linked.get(code, Link(code))
        return _partner(link, zones[code], secret(link.credentials) if link.credentials else None)

    return partner


@lru_cache(maxsize=256)
def _partner(link: Link, time_zone: str, password: str | None) -> Partner:
    """One for each connection as it is set up: a new client would greet the pharmacy anew for every order."""
    return adapter_of(link).partner(link, time_zone, password)
