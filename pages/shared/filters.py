"""Filters in the address, so that a view can be shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from core.domain.context import Context

T = TypeVar("T")


def choose(
    label: str,
    options: Sequence[T],
    default: T,
    *,
    key: str,
    words: Callable[[Any], str] = str,
    tooltip: str | None = None,
    collapsed: bool = False,
) -> T:
    """One of a few options, as buttons."""
    chosen = st.segmented_control(
        label,
        options,
        default=default,
        required=True,
        format_func=words,
        key=key,
        bind="query-params",
        help=tooltip,
        label_visibility="collapsed" if collapsed else "visible",
    )
    return next((option for option in options if option == chosen), default)


def search_box(
    label: str,
    placeholder: str,
    *,
    key: str,
    tooltip: str | None = None,
    width: int | None = None,
    collapsed: bool = False,
) -> str:
    """What somebody types to find lines or patients; it never stands in the address."""
    text = st.text_input(
        label,
        key=key,
        type="search",
        live=True,
        max_chars=100,
        placeholder=placeholder,
        icon=":material/search:",
        help=tooltip,
        width=width or "stretch",
        label_visibility="collapsed" if collapsed else "visible",
    )
    return text or ""


def pharmacy_choice(
    label: str, context: Context, other: str, *, key: str, width: int, bound: bool = False
) -> str | None:
    """A pharmacy by name; None for the first option, which is called ``other``."""
    names = {code: pharmacy.name for code, pharmacy in sorted(context.pharmacies.items())}
    chosen = st.selectbox(
        label,
        [other, *names],
        format_func=lambda code: names.get(code, code),
        key=key,
        bind="query-params" if bound else None,
        width=width,
    )
    return chosen if chosen in names else None
