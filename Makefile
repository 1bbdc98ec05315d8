# The words to learn: make demo, make test, make check, make bench. `make` alone lists them.
#
# Everything is installed into .venv by python3 and pip alone, from requirements.lock: exact
# versions with their hashes, for Python 3.11 to 3.14 on Linux, macOS and Windows.

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
OUT    ?= out
SHORT  ?=

BIN    := $(VENV)/bin
PY     := $(BIN)/python
STAMP  := $(VENV)/.installed
MORE   := $(VENV)/.installed-more
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
            --only-binary :all:

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install test test-slow test-browser demo docs check format bench picture lock clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## put everything needed into .venv (the other words do this by themselves)

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "make: '$(PYTHON)' was not found. Install Python 3.11 or newer," >&2; \
	  echo "      or name it: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: '$(PYTHON)' is $$($(PYTHON) --version 2>&1); Python 3.11 or newer is needed." >&2; \
	  echo "      Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: '$(PYTHON)' comes without venv or ensurepip." >&2; \
	  echo "      On Debian and Ubuntu: apt-get install python3-venv; then run make again." >&2; \
	  exit 1; }
	@echo "Installing into $(VENV) (once; about a minute) ..."
	@rm -f $(STAMP)
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --editable .
	@touch $@

# What only the site and the tests in a browser need: half as much again as all the rest.
$(MORE): $(STAMP) requirements-more.lock
	@echo "Installing what the site and the browser need into $(VENV) (once) ..."
	@$(PIP) -r requirements-more.lock
	@touch $@

test: $(STAMP) ## run the tests (PYTEST_ARGS="-k name -x" passes options on)
	$(PY) -m pytest -n $(JOBS) --dist worksteal -m "not slow" $(PYTEST_ARGS)

test-slow: $(STAMP) ## the tests that take long: notebooks, examples of the pages, stores killed ...
	$(PY) -m pytest -n $(JOBS) --dist worksteal -m slow $(PYTEST_ARGS)

test-browser: $(MORE) ## try the published pages in Chromium, which must be installed
	SDMODEL_BROWSER=1 $(PY) -m pytest -n0 -s tests/browser $(PYTEST_ARGS)

docs: $(MORE) ## write the site of the documentation into out/docs/html; a warning is an error
	$(PY) -m sphinx -W --keep-going -n -q docs $(OUT)/docs/html
	@echo "$(OUT)/docs/html/index.html"

demo: $(STAMP) ## the macro model, its scenarios, sweeps and tests into out/ (SHORT=1: in a minute)
	$(PY) -m sensitivity.demo --out $(OUT) $(if $(SHORT),--short)

check: $(STAMP) ## formatting, lint and strict types; changes nothing
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy

format: $(STAMP) ## format the code and mend what ruff can mend
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: $(STAMP) ## speed, side by side with the readers and engines of others
	$(PY) tests/benchmarks/side_by_side.py
	$(PY) tests/benchmarks/compiled.py
	$(PY) tests/benchmarks/language.py
	$(PY) tests/benchmarks/analysis.py
	$(PY) tests/benchmarks/watch.py
	$(PY) tests/benchmarks/ensembles.py --samples 256 --seconds 20

picture: $(STAMP) ## draw the core model's sketch into docs/ anew
	$(PY) tests/draw_model.py

# Resolves pyproject.toml anew for every Python and platform at once. To see whether its lower
# bounds still hold, add `--resolution lowest-direct -o /tmp/lowest.lock` and run the tests on that.
lock: ## write requirements.lock anew (the only word that needs uv: pip install uv)
	@command -v uv >/dev/null 2>&1 || { echo "make: uv was not found: pip install uv" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --extra dev --custom-compile-command "make lock" \
	  --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-emit-index-url --no-emit-find-links --extra docs --extra browser \
	  --constraints requirements.lock --custom-compile-command "make lock" \
	  --output-file requirements-more.lock pyproject.toml

clean: ## remove what make and the tests have written, .venv included
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
