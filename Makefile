# make demo    install what a crawl needs, crawl all sources over the bundled recordings into demo/, list the files
# make test    install the development tools, run all tests
# make quick   run the tests that take less than half a minute together: no crawls, no PostgreSQL, no Hugo
# make check   formatting, lint, types, import contracts, known vulnerabilities, language
# make format  format the code and apply the automatic fixes of the linter
# make bench   CPU time and memory, compared with other crawlers (in an environment of their own; BENCH_ARGS=--quick)
# make crawl   crawl the live sites, one source after the other
# make clean   remove environments, caches and the demo

PYTHON ?= python3
OUTPUT ?= output
ENV := .venv
BIN := $(ENV)/bin
RUNTIME := $(ENV)/.runtime
READY := $(ENV)/.ready
# Without newspapers, which are many and slow (use `scrapy schedule`), without `epaper`, which needs a URL, and without
# `paper`, which reads local files.
SOURCES = $(shell $(BIN)/scrapy list | grep -vE '^(epaper|paper$$)')

.PHONY: demo test quick check format bench crawl clean
.DEFAULT_GOAL := demo

# $(call install,EXTRAS,DESCRIPTION): install the package with EXTRAS, and print how long it took.
define install
	@echo "Installing $(2) into $(ENV)/ (downloads from PyPI) ..."; start=$$(date +%s); \
	$(PYTHON) -m venv $(ENV) && \
	$(BIN)/python -m pip install --disable-pip-version-check --editable ".$(1)" && \
	echo "Installed in $$(($$(date +%s) - start)) s."
	@touch $@
endef

# Two steps in one environment: the demo and a first crawl need a third of the packages that the tests need.
$(RUNTIME): pyproject.toml
	$(call install,,the crawler)

$(READY): $(RUNTIME)
	$(call install,[dev],the development tools)

demo: OUTPUT = demo
demo: $(RUNTIME)
	@echo "Starting the demo ..."
	@$(BIN)/press-corpus demo -s OUTPUT_DIR=$(OUTPUT)

test: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

quick: $(READY)
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.support.audit
	$(BIN)/python -m tests.support.language

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# An environment of their own: the peers need other versions of shared dependencies, and install packages that Scrapy
# would load. pip is upgraded because old versions fail on one of the requirements.
$(ENV)-bench/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENV)-bench
	$(ENV)-bench/bin/python -m pip install --quiet --upgrade pip
	$(ENV)-bench/bin/python -m pip install --quiet --editable ".[bench,fast]"
	touch $@

bench: $(READY) $(ENV)-bench/.ready
	$(BIN)/python -m tests.bench --peers $(ENV)-bench/bin/python $(BENCH_ARGS)

# Ends with a table of the sources. The recipe exits with 1 if one of them needs attention; make itself then exits with 2.
crawl: $(READY)
	@$(BIN)/scrapy job $(SOURCES) -s OUTPUT_DIR=$(OUTPUT) || exit 1

clean:
	rm -rf $(ENV) $(ENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo
