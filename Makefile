# All that you do with a checkout. Each target installs the environment that it needs, once.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv

export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN = $(VENV)/bin
PYTEST = "$(BIN)/python" -m pytest -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test quick verify bench docs results agree lint lock clean python environment \
	test-environment

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: environment ## the ban's effect over 64 prior draws
	@"$(BIN)/spillover" compare no_ban ban --draws prior --replicates 64

test: test-environment ## all tests except the slow ones
	@$(PYTEST)

# Records, walls, rules and broken laws on the small world: half a minute. No commands, no figures.
QUICK = tests/records/test_parameters.py tests/records/test_claims.py tests/records/test_renamed.py \
	tests/model/core tests/model/test_scenario.py tests/model/controls/test_rules.py \
	tests/test_architecture.py tests/test_words.py \
	tests/laws/test_accounts.py::test_a_broken_law_is_noticed
quick: test-environment ## records, walls, rules and laws, to run after every edit
	@$(PYTEST) $(QUICK)

verify: test-environment ## the slow tests: statistics at full size
	@$(PYTEST) -m slow

bench: environment ## how fast the model runs on this machine
	@"$(BIN)/python" -m benchmarks.speed

docs: environment ## pages built from the code: parameters, scenarios, ODD, command line
	@"$(BIN)/python" -m docs.build

STUDY = @"$(BIN)/python" -m studies
PAGES = docs/results
results: environment ## all pages of docs/results and the README's result (two hours on two cores)
	$(STUDY).levels --replicates 10 --workers 2 --page $(PAGES)/levels.md
	$(STUDY).scarcity --replicates 8 --workers 2 --page $(PAGES)/scarcity.md
	$(STUDY).channels --replicates 8 --workers 2 --page $(PAGES)/channels.md
	$(STUDY).talent --replicates 32 --workers 2 --page $(PAGES)/talent.md
	$(STUDY).social_returns --replicates 8 --workers 2 --page $(PAGES)/social-returns.md
	$(STUDY).rule_variants --replicates 16 --workers 2 --page $(PAGES)/rule-variants.md
	$(STUDY).screening --replicates 3 --workers 2 --page $(PAGES)/screening.md
	@"$(BIN)/spillover" compare no_ban ban --draws prior --replicates 200 --firms 400 \
		--page $(PAGES)/prior-draws.md
	@"$(BIN)/spillover" claims test --all --page $(PAGES)/claims.md
	$(STUDY).readme --write

OTHER ?= python3.13
agree: environment ## identical results on another Python: make agree OTHER=python3.13
	@$(MAKE) --no-print-directory environment PYTHON="$(OTHER)" VENV="$(VENV)-other"
	@one=$$(mktemp -d); trap 'rm -rf "$$one"' EXIT; \
	SPILLOVER_CACHE_DIR=$$one/a "$(BIN)/python" -m benchmarks.digest > $$one/first; \
	SPILLOVER_CACHE_DIR=$$one/b "$(VENV)-other/bin/python" -m benchmarks.digest > $$one/second; \
	cat $$one/first; diff $$one/first $$one/second && echo "both Pythons agree"

lint: test-environment ## style and types
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/mypy"

# Keeps the versions that are there; make lock UV_FLAGS=--upgrade takes the newest.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(UV_FLAGS) --group build pyproject.toml

lock: ## write both lock files from pyproject.toml (needs uv)
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra test --constraint requirements.lock --output-file requirements-test.lock

clean: ## remove the environment and caches; results stay
	@test ! -f "$(VENV)/pyvenv.cfg" || rm -rf "$(VENV)"
	@rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "spillover needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }

# The environment's stamp, one for each lock it holds: Python's version, the checkout, the lock's
# digest. Written last, so that an interrupted set-up is repeated. The test lock holds all that the
# other does, so run and test share one environment.
STAMP = "$(PYTHON)" -c 'import hashlib, os, sys; \
	lock = open(sys.argv[1], "rb").read(); \
	print(sys.version.split()[0], os.getcwd(), hashlib.sha256(lock).hexdigest())'

environment: LOCKS = requirements.lock
test-environment: LOCKS = requirements-test.lock requirements.lock
environment test-environment: python
	@set -e; \
	current() { "$(BIN)/python" -c '' && $(STAMP) $$1 | cmp -s - "$(VENV)/$$1.stamp"; } 2>/dev/null; \
	set -- $(LOCKS); \
	if current $$1; then exit 0; fi; \
	echo "Installing $$1 into $(VENV) (once, a minute or two)" >&2; \
	if ! current requirements.lock; then \
		"$(PYTHON)" -m venv $$(test ! -f "$(VENV)/pyvenv.cfg" || echo --clear) "$(VENV)"; \
	fi; \
	rm -f "$(VENV)"/*.stamp; \
	"$(BIN)/python" -m pip install --quiet --require-hashes -r $$1; \
	"$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation -e .; \
	for lock in $(LOCKS); do $(STAMP) $$lock > "$(VENV)/$$lock.stamp"; done
