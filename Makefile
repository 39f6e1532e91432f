# Everything runs in environments of its own: .venv (Airflow 3) and .venv-airflow2, made from the pinned requirements.
# Needed: make, and Python 3.11 to 3.13 (for Airflow 2: 3.11 or 3.12).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

first_of = $(shell for python in $(1); do $$python --version >/dev/null 2>&1 && { echo $$python; break; }; done)
PYTHON ?= $(call first_of,python3.12 python3.11 python3.13 python3)
PYTHON_AIRFLOW2 ?= $(call first_of,python3.12 python3.11 python3)
VENV := .venv
VENV2 := .venv-airflow2
EXTRAS := $(addprefix --extra ,pandas polars sqlalchemy sandbox) # kerberos needs a C compiler, and has a file of its own
PIP_INSTALL := -m pip install --disable-pip-version-check --progress-bar off

# $(call install,environment,python,requirements)
define install
	@echo "… Creating $(1) with $$($(2) --version): a minute or two, once"
	@$(2) -m venv --clear $(1)
	@$(1)/bin/python $(PIP_INSTALL) -r $(3) \
	  | awk -v all=$$(grep -c == $(3)) '/^Collecting/ && !(++n % 25) {print "  " n " of " all " packages"; fflush()}'
	@$(1)/bin/python $(PIP_INSTALL) -q --no-deps --no-build-isolation -e .
	$(call install_kerberos,$(1))
	@touch $(1)/ready
endef

# $(call install_kerberos,environment): gssapi has no wheels for Linux, and is built where it can be
define install_kerberos
	@if command -v krb5-config >/dev/null && command -v cc >/dev/null; then \
	  $(1)/bin/python $(PIP_INSTALL) -q -r requirements/kerberos.txt \
	    || echo "… gssapi could not be built: the tests of integrated Windows sign-in are skipped"; \
	fi
endef

.PHONY: help demo test test-airflow2 lint format docs lock clean

help: ## list the commands
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 16

demo: $(VENV)/ready ## run the example DAGs on a local Redshift and show who signed in, and who was refused
	@$(VENV)/bin/rsauth demo

test: $(VENV)/ready ## run all tests on Airflow 3
	$(VENV)/bin/python -m pytest

test-airflow2: $(VENV2)/ready ## run every auth mode and all that differs on Airflow 2.11
	$(VENV2)/bin/python -m pytest tests/airflow tests/contract tests/distributed tests/ui tests/test_cli.py

lint: $(VENV)/ready ## check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(VENV)/ready ## put the code into shape
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(VENV)/ready ## write the generated parts of the documents
	$(VENV)/bin/python docs/generate.py

lock: $(VENV)/ready ## compile the pinned requirements anew
	$(VENV)/bin/python $(PIP_INSTALL) -q uv
	$(VENV)/bin/uv pip compile pyproject.toml requirements/airflow3.in $(EXTRAS) --group build --group test --group lint \
	  --universal --python-version 3.11 --upgrade --no-header --no-annotate -o requirements/airflow3.txt
	$(VENV)/bin/uv pip compile pyproject.toml requirements/airflow2.in $(EXTRAS) --group build --group test \
	  --universal --python-version 3.11 --upgrade --no-header --no-annotate -o requirements/airflow2.txt
	$(VENV)/bin/uv pip compile requirements/kerberos.in \
	  --universal --python-version 3.11 --upgrade --no-header --no-annotate -o requirements/kerberos.txt

clean: ## remove the environments and what tools left behind
	rm -rf $(VENV) $(VENV2) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/ready: requirements/airflow3.txt requirements/kerberos.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed; say which with: make PYTHON=/path/to/python3"; exit 1; }
	$(call install,$(VENV),$(PYTHON),requirements/airflow3.txt)

$(VENV2)/ready: requirements/airflow2.txt requirements/kerberos.txt pyproject.toml
	@$(PYTHON_AIRFLOW2) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	  || { echo "Airflow 2.11 needs Python 3.11 or 3.12; say which with: make PYTHON_AIRFLOW2=/path/to/python3"; exit 1; }
	$(call install,$(VENV2),$(PYTHON_AIRFLOW2),requirements/airflow2.txt)
