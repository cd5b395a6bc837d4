# Everything that is done with a checkout. Each target makes the environment it needs, once.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv

export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN = $(VENV)/bin
PYTEST = "$(BIN)/python" -m pytest -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test verify bench pages agree lint lock clean python environment test-environment

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: environment ## the world with and without the chip ban, over 64 prior draws
	@"$(BIN)/spillover" compare no_ban ban --draws prior --replicates 64

test: test-environment ## the tests, but for the slow ones
	@$(PYTEST)

verify: test-environment ## the slow tests: statistics at full size
	@$(PYTEST) -m slow

bench: environment ## how fast it is
	@"$(BIN)/python" -m benchmarks.speed

PAGE = @"$(BIN)/python" -m studies
pages: environment ## the written pages of results anew (two hours on two cores)
	$(PAGE).scarcity --replicates 8 --workers 2 --page docs/scarcity.md
	$(PAGE).channels --replicates 8 --workers 2 --page docs/channels.md
	$(PAGE).talent --replicates 32 --workers 2 --page docs/talent.md
	$(PAGE).social_returns --replicates 8 --workers 2 --page docs/returns.md
	$(PAGE).rule_variants --replicates 16 --workers 2 --page docs/alternatives.md
	@"$(BIN)/spillover" compare no_ban ban --draws prior --replicates 200 --firms 400 --no-plot \
		--page docs/priors.md
	@"$(BIN)/spillover" claims test --all --page docs/claims.md
	$(PAGE).screening --replicates 3 --workers 2 --page docs/screening.md
	@"$(BIN)/python" -m analysis.reports.odd
	@"$(BIN)/python" -m analysis.reports.scenarios

OTHER ?= python3.13
agree: environment ## the same bits on another Python: make agree OTHER=python3.13
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

lock: ## both locks, from pyproject.toml (needs uv)
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra test --constraint requirements.lock --output-file requirements-test.lock

clean: ## remove the environment and all caches; results stay
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
