# `make run` and `make test` do everything on a fresh machine; the others are parts of them.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501
UV := 0.13.9
LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
  $(UPGRADE)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# What is left out of `make quick`: whatever starts a server, a browser, PostgreSQL or other processes, the screens, long
# runs of random weeks and files, partners, payments, quotes, and what is marked slow. `make test` runs everything.
SLOW := crash hostile pages partners payments quotes_out races scaling simulation

.PHONY: run test quick lint soak bench docs screenshots lock chromium nginx clean

run: .venv/installed
	REFILL_DEMO_SIGNIN=on $(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/tests-installed chromium nginx
	$(BIN)/python -m pytest -n 2 --dist loadgroup

quick: .venv/tests-installed
	$(BIN)/python -m pytest -n 2 -q -m "not browser and not postgres and not server and not slow" $(SLOW:%=--ignore=tests/%)

lint: .venv/tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: .venv/tests-installed chromium nginx
	REFILL_SOAK=full $(BIN)/python -m pytest -n 2 --dist loadgroup

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks

docs: .venv/installed
	$(BIN)/python -m tests.reference > docs/reference.md
	$(BIN)/python -m tests.pages.screen_texts > docs/screen_texts.md

# The README's pictures, as the browser tests see the screens.
screenshots: .venv/tests-installed chromium
	REFILL_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -q tests/browser/test_screens.py -k light

# Pins everything that is installed, with its hashes, for every Python and system that Refill Day runs on. What was pinned
# stays; `make lock UPGRADE=--upgrade` takes the newest of what requirements.txt leaves open.
lock: .venv/bin/python
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	.venv/lock/bin/uv $(LOCK) requirements.txt --output-file requirements.lock
	.venv/lock/bin/uv $(LOCK) tests/requirements.txt --constraints requirements.lock --output-file tests/requirements.lock

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Refill Day needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.lock
	$(INSTALL) -r requirements.lock
	touch $@

.venv/tests-installed: .venv/installed tests/requirements.lock
	$(INSTALL) -r tests/requirements.lock
	touch $@

# The browser tests take the system's Chromium; where there is none and apt can install it, it is installed.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	       && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || echo "No Chromium and no way to install one here: the browser tests will be skipped by name."

# One test starts the proxy of docs/deployment.
nginx:
	@PATH=$$PATH:/usr/sbin command -v nginx >/dev/null \
	  || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	       && apt-get update -qq && apt-get install -y -qq nginx-light openssl; } \
	  || echo "No nginx and no way to install one here: the tests of the proxy will be skipped by name."

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
