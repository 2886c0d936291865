# Each target's line of help stands behind its name; `make` alone prints them.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-codes demo-reset test prove check format lock docs screenshot bundle

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv, install what is pinned and what Debian must provide
	@scripts/setup

demo: setup ## Load the demonstration and serve it on http://127.0.0.1:8000 until Ctrl-C
	@exec .venv/bin/python -m demo

demo-codes: ## Show the codes that the demonstration's officers sign in with just now
	@.venv/bin/python -m demo.codes

demo-reset: ## Forget the demonstration's data; the next `make demo` starts anew
	@rm -rf var/demo

test: setup ## Run the fast suite on SQLite, in a browser and on PostgreSQL
	@scripts/test

prove: setup ## Run the long proofs, and walk the demonstration end to end
	@scripts/prove

check: setup ## Judge style, types, import law, rulebooks, migrations, translations, documents
	@scripts/check

format: setup ## Format the code and mend what ruff can mend
	@.venv/bin/ruff check --fix-only -q . ; .venv/bin/ruff format -q .

lock: ## Renew the hash-pinned locks from requirements*.in
	@scripts/lock

docs: setup ## Renew what is generated: command line help, keywords and schema of rulebooks
	@.venv/bin/python scripts/write_cli_docs.py
	@.venv/bin/python scripts/write_language_docs.py
	@.venv/bin/python scripts/write_library_docs.py

screenshot: setup ## Take the README's screenshots of a running demonstration
	@.venv/bin/python scripts/screenshot.py

bundle: setup ## Pack this release with all it needs for a machine without a network, into dist/
	@scripts/bundle
