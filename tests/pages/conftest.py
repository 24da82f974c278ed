"""Pages under AppTest, which must behave like a server on which somebody has opened the frame already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


class AfterTheFrame(PagesManager):
    """AppTest starts every run as a fresh server, which runs a page without app.py; this one has had a visitor."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        PagesManager.uses_pages_directory = False


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", AfterTheFrame)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()
