# The two commands are `make up` and `make test`. What is up to date costs nothing and needs no network.

PYTHON ?= python3
VENV := .venv
UV := UV_NO_PROGRESS=1 $(VENV)/bin/uv
# uv brings certificates of its own; where a proxy has others, the system knows them.
SYNC = sync() { $(UV) pip sync --quiet --require-hashes --python $(VENV)/bin/python "$$@"; }; \
	again() { echo "Again, with the certificates of this system ..."; sync --system-certs "$$@"; }; \
	install() { sync "$$@" || again "$$@"; }; install
UV_VERSION := 0.13.8
MANAGE := $(VENV)/bin/python manage.py

.DEFAULT_GOAL := help
.PHONY: help up install test check demo lock bench chaos upgrade-drill live fuzz clean

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

up: $(VENV)/run.stamp  ## run everything, here and now; Ctrl-C stops it
	@exec $(MANAGE) up

install: $(VENV)/dev.stamp  ## .venv from the lock files, with the tools

test: $(VENV)/dev.stamp  ## the whole suite, on every database that answers
	@$(VENV)/bin/python -m tests.legs

check: $(VENV)/dev.stamp  ## what has to hold before a push
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --fail-level WARNING
	@$(MAKE) --no-print-directory test

demo: $(VENV)/run.stamp  ## a fresh demo database in var/
	@$(MANAGE) demo

lock: $(VENV)/bin/uv  ## choose versions anew, within what pyproject.toml allows
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile pyproject.toml --upgrade --quiet \
		--python-version 3.11 --generate-hashes -o requirements.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile pyproject.toml --group dev --upgrade --quiet \
		--python-version 3.11 --generate-hashes -c requirements.lock -o requirements-dev.lock

bench: $(VENV)/dev.stamp  ## the benchmarks, side by side
	@for bench in bench/*.py; do echo "== $$bench"; $(VENV)/bin/python $$bench || exit 1; done

chaos: $(VENV)/dev.stamp  ## break everything on purpose, and look whether a page was lost
	@exec $(VENV)/bin/python -m tests.chaos $(CHAOS)

upgrade-drill: $(VENV)/dev.stamp  ## from the version before (FROM=<commit>) to this one, while alerts come in
	@exec $(VENV)/bin/python -m tests.upgrade --from "$(FROM)"

live: $(VENV)/dev.stamp  ## alert clients of others, really installed, against the whole installation
	@exec $(VENV)/bin/python -m tests.live $(CLIENT)

fuzz: $(VENV)/dev.stamp  ## what nobody should send, much of it, to every door and the whole API
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} exec $(VENV)/bin/python -m pytest -q tests/fuzz

clean:  ## remove .venv and every cache; var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# requirements-dev.lock holds everything of requirements.lock, so whoever has the tools keeps them.
$(VENV)/run.stamp: requirements.lock | $(VENV)/bin/uv
	@echo "Installing what requirements.lock names ..."
	@$(SYNC) $$(test -e $(VENV)/dev.stamp && echo requirements-dev.lock || echo requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock requirements.lock | $(VENV)/bin/uv
	@echo "Installing what requirements-dev.lock names ..."
	@$(SYNC) requirements-dev.lock
	@touch $(VENV)/run.stamp $@

$(VENV)/bin/uv:
	@for python in "$(PYTHON)" python3.11; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || continue; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$$python has no venv; install it first (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
		echo "Making $(VENV) with $$("$$python" -V) ..."; \
		"$$python" -m venv $(VENV) \
			&& $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); exit $$?; \
	done; \
	echo "Watchbill needs Python 3.11, and neither $(PYTHON) nor python3.11 is one; install it" \
		"(Debian 12: apt-get install python3 python3-venv) or say make PYTHON=/where/it/is." >&2; exit 1
