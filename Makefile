# `make run` and `make test` do everything on a fresh machine; the others are parts of them.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501

.PHONY: run test lint soak bench docs chromium clean

run: .venv/installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/tests-installed chromium
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: .venv/tests-installed chromium
	REFILL_SOAK=full $(BIN)/python -m pytest -n 2 --dist loadgroup

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks

docs: .venv/installed
	$(BIN)/python -m tests.reference > docs/reference.md
	$(BIN)/python -m tests.pages.screen_texts > docs/screen_texts.md

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Refill Day needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/tests-installed: .venv/installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

# The browser tests take the system's Chromium; where there is none and apt can install it, it is installed.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	       && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || echo "No Chromium and no way to install one here: the browser tests will be skipped by name."

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
