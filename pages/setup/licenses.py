"""Licenses that have ended or soon will, of pharmacies and prescribers: said wherever Setup is opened."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from core.services.load_warnings import WARNED_DAYS
from pages.shared.formats import count, full_day, listed, plain
from pages.shared.session import ReferenceData

_MOST_NAMED = 6


def license_warnings(reference: ReferenceData) -> None:
    """One line for what has ended, and one for what ends within the days warned of."""
    licenses = ending_licenses(reference)
    for past, words in ((True, "ended"), (False, f"will end within {WARNED_DAYS} days")):
        named = [f"{name} ({full_day(day)})" for day, name in licenses if (day < reference.today) is past]
        if named:
            more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
            st.warning(
                plain(f"{count(len(named), 'license')} {words}: {listed(named[:_MOST_NAMED])}{more}."),
                icon=":material/event_busy:",
            )


def ending_licenses(reference: ReferenceData) -> list[tuple[date, str]]:
    """The last day and the words of each license that has ended or ends within the days warned of, first ends first."""
    context, today = reference
    held = [
        *(
            (row.expires_on, f"{context.pharmacies[row.pharmacy].name} {row.state} {row.kind}")
            for row in context.licences
        ),
        *(
            (row.expires_on, f"{prescriber.name} {row.state}")
            for prescriber in context.prescribers.values()
            for row in prescriber.licences.values()
        ),
    ]
    last = today + timedelta(days=WARNED_DAYS)
    return sorted((day, name) for day, name in held if day is not None and day <= last)
