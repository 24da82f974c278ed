"""Use case: the demo clinic thrown away, so that the clinic's own begins in an empty store."""

from __future__ import annotations

from typing import Final

from core.adapters.store import Store
from core.adapters.store.partners import links
from core.adapters.store.payments import payment_setup
from core.domain.errors import Refused
from core.domain.partners.link import SIMULATED
from core.domain.payments.operations import Method
from core.domain.roles import Action, Person, require

DEMO_CLINIC: Final = "juniper"
"""The code of the clinic in data/demo."""


def throw_demo_away(store: Store, person: Person) -> None:
    """Everything of the demo clinic, its orders and its audit trail included: the store's tables are made anew.

    Raises Refused where the store holds another clinic beside it, or a pharmacy or payments of the demo were connected:
    then it may hold what somebody works with.
    """
    require(person, Action.SET_UP)
    if store.clinics() != (DEMO_CLINIC,):
        raise Refused("This store holds more than the demo clinic, so nothing is thrown away.")
    with store.read(DEMO_CLINIC) as work:
        connected = [link for link in links(work).values() if link.adapter != SIMULATED]
        pays = payment_setup(work).method is not Method.ON_ACCOUNT
    if connected or pays:
        what = "A pharmacy of the demo clinic was connected" if connected else "The demo clinic takes payments"
        raise Refused(f"{what}, so it is kept: it may hold real orders.")
    store.remake()
