# One command each; `make` alone lists them. Needs Python 3.11 or newer, and nothing else.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test lint sure bench lock i18n browser

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv/bin/python
PIP := $(VENV) -m pip --disable-pip-version-check --quiet
BABEL := $(VENV) -m babel.messages.frontend -q
PO := $(wildcard app/translations/*/LC_MESSAGES/*.po)
COMPILE := -m uv pip compile --quiet --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 \
  --generate-hashes

help: ## list the commands
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1 \2/p' Makefile | awk '{ printf "  make %-7s", $$2; $$1 = $$2 = ""; print $$0 }'

setup: .venv/.runtime ## install what Floe needs into .venv

run: .venv/.runtime ## start Floe on this machine, with demo data; Ctrl-C stops everything
	@exec $(VENV) -m app.embedded --die-with-parent

lint: .venv/.development ## check style, types and the direction of imports
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

test: .venv/.development $(PO:.po=.mo) browser ## run all tests on real servers and in a real browser
	$(VENV) -m pytest -n 2 -m 'not browser and not fire' --cov=billing --cov=tenants \
	  --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(VENV) -m pytest -m 'browser or fire'

sure: lint test ## everything that must hold before a change is handed in

bench: .venv/.development ## measure; prints ratios, judges nothing
	$(VENV) -m bench

lock: .venv/.development ## write requirements.txt and tests/requirements.txt from the .in files
	$(PIP) install uv
	$(VENV) $(COMPILE) requirements.in -o requirements.txt
	$(VENV) $(COMPILE) tests/requirements.in -o tests/requirements.txt

i18n: .venv/.development ## collect the sentences to translate into app/translations, and compile them
	$(BABEL) extract -F app/translations/babel.cfg -k _l -k lazy_gettext --no-location --sort-output \
	  --project Floe --copyright-holder Floe -o messages.pot .
	$(BABEL) update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap -i messages.pot -d app/translations
	$(BABEL) compile -d app/translations

%.mo: %.po | .venv/.runtime
	$(BABEL) compile -i $< -o $@

# A .venv without its stamp was left half-made: it is made again.
.venv/.runtime: requirements.txt
	@test -n '$(PYTHON)' || { echo 'Floe needs Python 3.11 or newer; set PYTHON=/path/to/python3 if you have it.'; exit 1; }
	@test -f $@ || { echo 'Installing into .venv (about a minute, once) ...'; rm -rf .venv && $(PYTHON) -m venv .venv; }
	@rm -f .venv/.runtime .venv/.development
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

.venv/.development: tests/requirements.txt .venv/.runtime
	@echo 'Installing what the tests need ...'
	@$(PIP) install --require-hashes -r tests/requirements.txt
	@touch $@

browser: .venv/.development
	@for found in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	  test -n "$$found" && command -v "$$found" >/dev/null && exit 0; done; \
	$(VENV) -m playwright install chromium && exit 0; \
	test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium && exit 0; \
	echo 'The browser tests need Chromium: install it, or set CHROMIUM=/path/to/chromium.'; exit 1
