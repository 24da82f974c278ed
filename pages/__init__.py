"""The screens: a folder each, whose ``page.py`` Streamlit runs, and what they share in ``shared``.

No script stands beside this file: Streamlit would serve it by its name before app.py has run.
"""
