# Every target installs what it needs into .venv. On a fresh machine: Python 3.11+ and make are enough.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help run test test-hard check format lock prices clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.local ## Serve every route on http://127.0.0.1:$PORT (8000)
	@PORT=$(PORT) $(BIN)/python -m promptyard_local

test: $(VENV)/.dev ## Run the tests
	$(BIN)/python -m pytest -n 2 -m "not hard"

test-hard: $(VENV)/.dev ## Run the tests that take longer
	$(BIN)/python -m pytest -m hard

check: $(VENV)/.dev ## Format, lint, types, import rules: checks, changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p promptyard -p functions -p promptyard_local -p asgi_stream_runtime
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev ## Pin the dependencies of pyproject.toml anew, with hashes
	$(BIN)/python scripts/lock.py

prices: $(VENV)/.dev ## Make the catalogue of models and prices anew
	$(BIN)/python scripts/make_catalogue.py

clean: ## Remove what the targets above made; the data in .promptyard stays
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist

# The stamps say which requirements are in the environment; a newer file installs again.
$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Promptyard needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.local: $(VENV)/.venv requirements/local.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.local requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
