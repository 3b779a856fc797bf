# Every target sets up what it needs by itself; a second run of any set-up takes less than a second.

PYTHON ?= python3
PY := .venv/bin/python
SETUP := $(PYTHON) deploy/setup.py
PACKAGES := bot dialogs estimator knowledge

# Quick tests first, on two cores: they name the culprit. Benchmarks have a target of their own.
QUICK := tests/unit tests/conversations
SLOW := $(filter-out $(QUICK) tests/benchmarks tests/support tests/__pycache__,$(patsubst %/,%,$(wildcard tests/*/)))

.DEFAULT_GOAL := help
.PHONY: help setup demo chat test lint bench

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

setup: ## install everything into .venv and fetch the embedding model
	@$(SETUP) --slack

demo: ## a local Slack in the browser with Cairn in it; no account, no token
	@$(SETUP) --slack
	@if ls .local-slack/node_modules/local-slack-*/bin/local-slack >/dev/null 2>&1; \
	then exec $(PY) -m bot demo; \
	else echo 'Opening the same conversation here in the terminal instead.' >&2; exec $(PY) -m bot chat; fi

chat: ## the same conversation in the terminal
	@$(SETUP)
	@exec $(PY) -m bot chat

test: ## all tests
	@$(SETUP) --dev --slack
	$(PY) -m pytest $(QUICK) -n 2 --dist loadfile
	$(PY) -m pytest $(SLOW)

lint: ## style, types, and the arrow between the packages
	@$(SETUP) --dev --no-model
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: ## speed of search, answers and models on this machine
	@$(SETUP) --dev
	$(PY) -m pytest tests/benchmarks --benchmark-columns=min,median,max,rounds
