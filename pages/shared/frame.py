"""The frame: who is asking, which pages they have, and the page itself. The script that app.py serves."""

from __future__ import annotations

import streamlit as st

from pages.shared.guard import FRAMED
from pages.shared.navigation import ICON, brand, navigate, sidebar
from pages.shared.notices import errors_shown, show_notices
from pages.shared.session import current_session
from pages.shared.startup import start

st.set_page_config(page_title="Refill Day", page_icon=str(ICON), layout="wide", initial_sidebar_state=210)
st.session_state[FRAMED] = True
brand()

with errors_shown():
    start()
    session = current_session()
    page = navigate(session)
    sidebar(session)
    show_notices()
    page.run()
