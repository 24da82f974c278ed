"""A refill day with four patients due, three of whom something waits for; and what people do with its page."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.model import CartLine
from core.domain.roles import LOCAL
from core.services.cart.additions import add_everyone_due
from core.services.cart.contents import open_cart
from tests.builders import FRIDAY, a_patient, a_prescription
from tests.stores import CLINIC, a_folder, load

PATIENTS = (
    a_patient(),
    a_patient(patient="P2", first_name="Bea", last_name="Stone", zip=""),
    a_patient(patient="P3", first_name="Cara", last_name="Voss", allergies=("semaglutide",)),
    a_patient(patient="P4", first_name="Dee", last_name="Wynn", phone="555"),
)
"""Clean; no ZIP code; allergic to what is due; a telephone number that is none."""


def a_due_clinic(store: Store) -> None:
    """Each patient has a prescription of two packs that runs out on FRIDAY."""
    prescriptions = tuple(
        a_prescription(
            rx=f"RX{number}", patient=f"P{number}", quantity=2, days_supply=56, last_filled_on=date(2026, 10, 9)
        )
        for number in range(1, 5)
    )
    load(store, a_folder(patients=PATIENTS, prescriptions=prescriptions))


def a_full_cart(store: Store) -> None:
    """Everybody due is in the cart."""
    a_due_clinic(store)
    add_everyone_due(store, LOCAL, CLINIC, FRIDAY)


def lines(store: Store) -> dict[int, CartLine]:
    """The stored cart by line number."""
    return {line.number: line for line in open_cart(store, LOCAL, CLINIC, FRIDAY).cart.lines}


def figures(shown: AppTest) -> dict[str, str]:
    """The key figures, without what keeps them from being Markdown."""
    assert not shown.exception
    return {metric.label: metric.value.replace("\\", "") for metric in shown.metric}


def grid(shown: AppTest) -> Any:
    """The cart's grid."""
    return next(table for table in shown.dataframe if table.proto.editing_mode)


def typed(shown: AppTest, *edits: dict[str, Any]) -> AppTest:
    """The page after somebody typed in the grid: ``{"row": 0, "Quantity": 1}``, as the browser sends it."""
    rows = {edit["row"]: {name: value for name, value in edit.items() if name != "row"} for edit in edits}
    states = shown._tree.get_widget_states()
    editor = grid(shown)
    state = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    states.widgets.add(id=editor.proto.id, string_value=json.dumps(state))
    return shown._run(states)


def labels(shown: AppTest) -> list[str]:
    """What the buttons say."""
    return [button.label.replace("\\", "") for button in shown.button]


def press(shown: AppTest, label: str) -> AppTest:
    """The page after the first button with this label."""
    return next(button for button in shown.button if button.label.replace("\\", "") == label).click().run()
