"""The dashboard, as ``streamlit run app.py`` or any ASGI server runs it.

Its script lies in ``pages/shared``: next to a folder named ``pages``, Streamlit would serve that folder's files
before the script has said who may see them.
"""

from __future__ import annotations

import streamlit as st

app = st.App("pages/shared/frame.py")
