"""The screens: a folder each, whose ``page.py`` Streamlit runs, and what they share in ``shared``.

What runs is ``shared/frame.py``, which app.py names; it runs the one screen that the address asks for.
"""
