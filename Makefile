# All that one does with this project. The README's settings may stand in the environment or behind `make`,
# as in: make run PORT=8001 DATA_DIR=/srv/shop

.DEFAULT_GOAL := help
.PHONY: help setup run test chromium check stubs messages bench soak shell lock clean

PYTHON := .venv/bin/python
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# By the first Python that runs (a pyenv shim may not), is of a version we know, and can make environments.
define setup
@for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
		&& exec $$python bin/setup $(1); \
done; echo 'Python 3.11, 3.12 or 3.13 with venv is needed; on Debian: apt install python3-venv' >&2; exit 1
endef

help:  ## List what there is
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

setup:
	$(call setup)

run:  ## Open the shop: database, web, job and gRPC server until Ctrl-C (PORT=8000, DATA_DIR=var)
	$(call setup,static)
	@exec $(PYTHON) manage.py run --with-parent

# With a DATABASE_URL, too, the tests are not the production form: plain HTTP, a secret of their own.
test check soak: export DEBUG = on

test: chromium setup check  ## Check and test everything (BROWSER=off leaves the browser tests out)
	$(PYTHON) -m pytest -n auto --dist loadfile $(if $(filter off,$(BROWSER)),-m "not soak and not browser")
	@echo
	@echo "Checked: format, lint, types, import rules, stubs, languages, migrations, templates, deployment, API document."
	@echo "Tested on PostgreSQL: all but the long loops of 'make soak'."
	@echo "Browser tests: $(if $(filter off,$(BROWSER)),NOT RUN (BROWSER=off),run in $(CHROMIUM))."

chromium:
ifneq ($(BROWSER),off)
	@test -x "$(CHROMIUM)" || { echo 'The browser tests need a Chromium: install one (Debian: apt install chromium),' \
		'name it by CHROMIUM=/path, or leave them out by BROWSER=off' >&2; exit 1; }
endif

# Into the folder that is its argument.
protoc = $(PYTHON) -m grpc_tools.protoc -I. --python_out=$(1) --grpc_python_out=$(1) cart/rpc/cart.proto

stubs: setup  ## Make the gRPC stubs anew, after a change of cart/rpc/cart.proto
	$(call protoc,.)

messages: setup  ## Take new texts into locale/ and compile it, after a change of texts or translations
	$(PYTHON) manage.py messages

check: setup  ## Check format, lint, types, import rules, stubs, languages, migrations, templates, deployment, API document
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@made=$$(mktemp -d) && trap 'rm -r "$$made"' EXIT && $(call protoc,"$$made") && \
		for stub in cart_pb2.py cart_pb2_grpc.py; do diff -u "cart/rpc/$$stub" "$$made/cart/rpc/$$stub" \
			|| { echo "$$stub is not made of cart.proto as it is: make stubs" >&2; exit 1; }; done
	$(PYTHON) -m djlint --lint --quiet templates
	$(PYTHON) manage.py messages --check
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py spectacular --validate --fail-on-warn --file /dev/null
	DEBUG=off SECRET_KEY="$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')" \
		$(PYTHON) manage.py check --deploy --fail-level WARNING

bench: setup  ## Measure shops of ten thousand and a million books (which are made first, in minutes)
	$(call setup,static)
	$(PYTHON) -m bench --books 10000 --books 1000000 --reprice --prebooks 100000

soak: setup  ## Run the long loops: kills, races, restarts
	$(PYTHON) -m pytest -m soak --hypothesis-profile soak --timeout 1800 -o faulthandler_timeout=2400

shell: setup  ## Open a Python prompt inside the shop
	@exec $(PYTHON) manage.py shell

lock: setup  ## Rewrite constraints.txt: what requirements.txt brings along, in its newest versions
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	grep -v '^-c' requirements.txt > .venv/lock/requirements.txt
	.venv/lock/bin/python -m pip install --quiet -r .venv/lock/requirements.txt
	.venv/lock/bin/python -m pip freeze > constraints.txt

clean:  ## Remove what can be made again; the data in var/ stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
