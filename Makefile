# The commands of this repository. `make` alone lists them.
# The first command creates `.venv`; a changed lock file is installed into it; nothing else on the machine changes. `make run`
# installs the packages that it needs, the other commands add the tools. Packages that you install into `.venv` stay. Packages in
# requirements/local.txt are installed automatically.

PYTHON = $(or $(suitable),python3)
BIN = .venv/bin
RUNNABLE = .venv/runnable
INSTALLED = .venv/installed
LOCAL = $(wildcard requirements/local.txt)
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--custom-compile-command "make lock" $(ARGS)

# Most tests wait for servers most of the time: three processes are not too many for two cores.
SIDE_BY_SIDE = -n 3

# The versions of Celery that tasks and results are exchanged with, each in an environment of its own.
CELERIES = 5.4 5.5 5.6 5.7

# What the API and the worker have to pass with the lowest and with the newest versions that pyproject.toml allows.
CORE = tests/contract tests/conformance/test_our_worker.py tests/http/submit/test_submit.py tests/http/tasks/test_tasks.py \
	tests/http/tasks/test_waiting.py tests/http/tasks/test_cancel.py tests/http/tasks/test_retry.py \
	tests/http/events/test_events.py tests/http/service/test_request_head.py tests/http/service/test_mount.py \
	tests/redis/test_address.py tests/redis/test_sentinel.py tests/worker/test_insides.py tests/worker/test_recovery.py \
	tests/worker/test_fallback.py tests/worker/test_transport.py

# What a worker has to pass on Celery's own pool, on which it runs with a Celery that it does not know inside.
RECOVERY = tests/worker/test_recovery.py tests/worker/test_rejected.py tests/worker/processes/test_pool_ends.py \
	tests/http/tasks/test_cancel.py

# The first of these names that is new enough; asked only when `.venv` is to be made.
suitable = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

# Only what stands on make's own command line is passed on: some shells export a HOST of their own.
typed = $(foreach name,HOST PORT DATA_DIR REDIS_URL,$(if $(findstring command,$(origin $(name))),CELERIAC_$(name)="$($(name))"))

.PHONY: help run test quick coverage conformance conformance-stock conformance-app conformance-lowest conformance-newest conformance-fallback check fix openapi docs screenshots bench bench-peers trials generated chaos soak lock audit sbom hostile images clean

help: ## list these commands
	@echo "make run PORT=8010 sets a port; HOST, DATA_DIR, REDIS_URL and RELOAD=1 work the same way. make test ARGS=-x passes -x to pytest."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 29

run: $(or $(wildcard $(INSTALLED)),$(RUNNABLE)) ## start Valkey, a worker and the API
	@exec env $(typed) $(BIN)/celeriac up $(if $(CELERIAC_TASKS),,worker/tasks) $(if $(RELOAD),--reload)

test: $(INSTALLED) ## run all tests; if at most five fail, run each once more, alone
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -p tests.support.suite.once_more $(ARGS)

quick: $(INSTALLED) ## run the tests that start no server, in seconds
	$(BIN)/python -m pytest --quick $(ARGS)

# Programs that tests start are measured, too: each process writes a file of its own.
coverage: $(INSTALLED) ## run all tests, and show which lines they reach
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m coverage run -m pytest $(SIDE_BY_SIDE) $(ARGS); ended=$$?; \
		$(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report; exit $$ended

conformance: conformance-stock conformance-app conformance-lowest conformance-newest conformance-fallback ## test with other versions of Celery, redis-py, FastAPI and others

conformance-stock: $(INSTALLED) $(CELERIES:%=.conformance/%/installed) ## exchange tasks and results with stock Celery 5.4 to 5.7
	@for version in $(CELERIES); do \
		.conformance/$$version/bin/python -m pip --disable-pip-version-check freeze | grep -E '^(celery|kombu|redis)='; \
		CELERY_PYTHON=$(CURDIR)/.conformance/$$version/bin/python $(BIN)/python -m pytest tests/conformance $(ARGS) || exit 1; \
	done

conformance-app: $(INSTALLED) $(CELERIES:%=.conformance/%/installed) ## run an existing app with and without Celeriac, with Celery 5.4 to 5.7 and in five pools
	@for version in $(CELERIES); do \
		CELERY_PYTHON=$(CURDIR)/.conformance/$$version/bin/python $(BIN)/python -m pytest tests/existing_app/twins \
			-m "trial or not trial" $$(test $$version = $(lastword $(CELERIES)) || echo -k prefork) $(ARGS) || exit 1; \
	done

conformance-lowest: $(INSTALLED) ## test the services with the lowest versions that pyproject.toml allows
	$(call resolve,$@,lowest-direct)
	.conformance/$@/bin/python -m pytest $(SIDE_BY_SIDE) $(CORE) $(ARGS)

conformance-newest: $(INSTALLED) ## test the services with the newest versions that pyproject.toml allows
	$(call resolve,$@,highest)
	.conformance/$@/bin/python -m pytest $(SIDE_BY_SIDE) $(CORE) $(ARGS)

conformance-fallback: $(INSTALLED) ## test the recovery on Celery's own pool
	TEST_CELERY=other $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(RECOVERY) $(ARGS)

check: $(INSTALLED) ## check lint, formatting, types, and that openapi.json is up to date
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m celeriac_api.openapi --check

fix: $(INSTALLED) ## fix lint and formatting automatically
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

openapi: $(INSTALLED) ## write openapi.json again
	$(BIN)/python -m celeriac_api.openapi

docs: $(INSTALLED) ## build the documentation into site/, with a search that works offline
	$(BIN)/python -m lab.site $(ARGS)

screenshots: $(INSTALLED) ## take the pictures of the page again, with the system's Chromium
	$(BIN)/python -m tests.page.screenshots

bench: $(INSTALLED) ## measure
	$(BIN)/python -m lab.bench $(ARGS)

bench-peers: $(INSTALLED) .peers/installed ## measure, also Flower, celery-fastapi, dramatiq, saq, taskiq, arq, streaq and docket
	$(BIN)/python -m lab.bench $(ARGS)

trials: $(INSTALLED) ## break one thing at a time, under stock Celery and under Celeriac; run what takes too long for make test
	$(BIN)/python -m pytest tests/lab/trials tests/lab/test_bench.py tests/files -m "trial or not trial" -s -v $(ARGS)

generated: $(INSTALLED) ## send made-up requests to each operation with Schemathesis, many more than make test sends
	TEST_EXAMPLES=100 $(BIN)/python -m pytest tests/http/service/test_schemathesis.py $(ARGS)

chaos: $(INSTALLED) ## break everything at random, and account for every task
	$(BIN)/python -m lab.chaos $(ARGS)

soak: $(INSTALLED) ## run a steady, mixed load for half an hour, and look for growth
	$(BIN)/python -m lab.soak $(ARGS)

lock: $(INSTALLED) ## write requirements/ again from pyproject.toml; ARGS=--upgrade uses newer versions
	$(LOCK) --extra all --group dev --output-file requirements/dev.txt
	$(LOCK) --extra all --group run --constraint requirements/dev.txt --output-file requirements/run.txt
	$(LOCK) --extra api --extra oidc --extra s3 --constraint requirements/dev.txt --output-file requirements/api.txt
	$(LOCK) --extra worker --extra s3 --constraint requirements/dev.txt --output-file requirements/worker.txt
	$(LOCK) --extra otel --constraint requirements/dev.txt --output-file requirements/otel.txt
	$(LOCK:pyproject.toml=) --group build --constraint requirements/dev.txt --output-file requirements/build.txt

audit: $(INSTALLED) .audit/installed ## ask whether a locked package has a known weakness; fails where nobody answers
	$(BIN)/python -m lab.audit --command ".audit/bin/python -m pip_audit" $(ARGS)

sbom: $(INSTALLED) ## write what is in each image to sbom/, as CycloneDX
	$(BIN)/python -m lab.sbom $(ARGS)

hostile: $(INSTALLED) ## flood an API with what hostile clients send, and measure what others notice
	$(BIN)/python -m lab.flood $(ARGS)

images: sbom ## build the images of API and worker, tagged with the version
	$(call image,api)
	$(call image,worker)

clean: ## remove .venv, .conformance, .peers and caches; the data directory stays
	rm -rf .venv .conformance .peers .audit sbom site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The data of make run (.celeriac, or your DATA_DIR) is not removed: delete it yourself if you do not need it."

# Read when it is needed: `make images` is the only one that does.
version = $(shell sed -n 's/^VERSION = "\(.*\)"$$/\1/p' celeriac/version.py)
image = docker build --target $(1) --build-arg VERSION=$(version) --build-arg REVISION=$(shell git rev-parse HEAD) \
	--tag celeriac-$(1):$(version) --tag celeriac-$(1):$(basename $(version)) --tag celeriac-$(1):latest .

# All that `make run` needs; whoever has the tools as well has it, too.
$(RUNNABLE): requirements/run.txt pyproject.toml $(LOCAL)
	$(call install,requirements/run.txt)
	@touch $@

$(INSTALLED): requirements/dev.txt pyproject.toml $(LOCAL)
	$(call install,requirements/dev.txt)
	@touch $(RUNNABLE) $@

# Into the .venv that there is, so that what else was installed stays; a new one where there is none, or its Python is gone.
# The checkout itself comes last: Python finds its packages where they lie, and `.venv/bin/celeriac` is the command.
define install
@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Celeriac needs Python 3.11\
 or newer, and $(PYTHON) is not. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks its venv module. Install it\
 (Debian: apt install python3-venv) or name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	echo "Setting up .venv with $(PYTHON); this takes half a minute, once."; \
	$(PYTHON) -m venv --clear .venv; }
@echo "Installing the packages of $(1) into .venv."
@$(BIN)/python -m lab.install $(1)
@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
endef

# An environment with these versions, resolved anew each time: there may be newer ones.
define resolve
@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .conformance/$(1)
@$(BIN)/uv pip compile pyproject.toml --extra all --resolution $(2) --upgrade --quiet --python .conformance/$(1)/bin/python \
	--output-file .conformance/$(1)/versions.txt
@$(BIN)/uv pip install --quiet --python .conformance/$(1)/bin/python --requirement .conformance/$(1)/versions.txt \
	hypothesis pytest pytest-timeout pytest-xdist
@grep -E '^(celery|kombu|billiard|redis|fastapi|starlette|pydantic|uvicorn|httpx)=' .conformance/$(1)/versions.txt
endef

# kombu[redis], for Celery 5.4 does not ask for all that kombu's Redis transport needs; pydantic and hiredis are what Celeriac
# needs beside an existing app, and the others are pools.
.conformance/%/installed: $(INSTALLED)
	@echo "Setting up $(@D) with Celery $*; this takes a minute, once."
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet 'celery[redis]==$*.*' 'kombu[redis]' \
		'pydantic>=2.13,<3' hiredis gevent eventlet
	@touch $@

.peers/installed: $(wildcard lab/bench/peers*.txt)
	@echo "Setting up .peers with the other programs that make bench-peers measures; this takes some minutes, once."
	@$(PYTHON) -m venv --clear .peers
	@.peers/bin/python -m pip --disable-pip-version-check install --quiet --requirement lab/bench/peers.txt
	@for each in taskiq arq; do $(PYTHON) -m venv .peers/$$each && .peers/$$each/bin/python -m pip \
		--disable-pip-version-check install --quiet --requirement lab/bench/peers_$$each.txt || exit 1; done
	@touch $@

.audit/installed: $(INSTALLED)
	@echo "Setting up .audit with pip-audit; this takes a minute, once."
	@$(BIN)/python -m venv --clear .audit
	@.audit/bin/python -m pip --disable-pip-version-check install --quiet 'pip-audit>=2.9,<3'
	@touch $@
