# make run | test | check | bench | chaos: each does all its own set-up. Needs Python 3.11 or newer with venv, and make.

.PHONY: run test test-all check bench chaos chaos-long pictures fuzz clean
.DEFAULT_GOAL := run

VENV := .venv
BENCH := .venv-bench
PY := $(VENV)/bin/python
ARGS ?=
TEST_ARGS ?= -n auto --dist loadfile

run: $(VENV)/.run
	@exec $(PY) main.py serve $(ARGS)

test: check
	$(PY) -m pytest $(TEST_ARGS) $(ARGS)

# The same with every dialogue on both databases.
test-all: export MINSHENG_TEST_ALL = 1
test-all: test

check: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.run $(BENCH)/.bench
	$(BENCH)/bin/python -m bench $(or $(ARGS),all)

# Desks that are killed, cut off and lied to; see docs/reliability.md. Ten minutes at most.
chaos: $(VENV)/.dev
	$(PY) -m tests.chaos $(ARGS)

# The same with 1,000 kills and everything else more often, without a limit of time.
chaos-long: $(VENV)/.dev
	$(PY) -m tests.chaos --kills 1000 --factor 20 $(ARGS)

# A million odd inputs for each decoder; ARGS="--decoder wechat --inputs 10000" for less.
fuzz: $(VENV)/.dev
	$(PY) -m tests.fuzz $(ARGS)

# The pictures of the README; needs Chromium.
pictures: $(VENV)/.dev
	$(PY) -m tests.pictures

clean:
	rm -rf $(VENV) $(BENCH) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A stamp is younger than its lock file when what the lock names is installed.
$(VENV)/.run: requirements.lock
	$(call install,$(VENV),$<)
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	$(call install,$(VENV),$<)
	@touch $@ $(VENV)/.run

$(BENCH)/.bench: requirements-bench.lock
	$(call install,$(BENCH),$<)
	@touch $@

# The first Python that is new enough makes the environment; a broken or old one is made anew.
define install
@set -e; \
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
if ! $(1)/bin/python -c "$$new_enough" 2>/dev/null; then \
  found=; \
  for python in $$PYTHON python3 python3.13 python3.12 python3.11 python3.14 python; do \
    if command -v "$$python" >/dev/null 2>&1 && "$$python" -c "$$new_enough" 2>/dev/null; then found=$$python; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "Minsheng needs Python 3.11 or newer, and none was found on the PATH." >&2; \
    echo "Install it (on Debian and Ubuntu: apt-get install python3 python3-venv), or say PYTHON=/path/to/python3 make ..." >&2; \
    exit 1; \
  fi; \
  if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
    echo "$$found has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
    exit 1; \
  fi; \
  echo "Making $(1) with $$("$$found" --version)"; \
  "$$found" -m venv --clear $(1); \
fi; \
echo "Installing $(2) into $(1)"; \
$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(2) || { \
  echo "Could not install what $(2) names; see above." >&2; exit 1; }
endef
