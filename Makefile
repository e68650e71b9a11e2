# make demo    install, crawl all sources over the bundled recordings, list the files
# make test    install, run all tests
# make quick   run the tests that take less than half a minute together: no crawls, no PostgreSQL, no Hugo
# make check   formatting, lint, types, import contracts, known vulnerabilities, language
# make format  format the code and apply the automatic fixes of the linter
# make bench   CPU time and memory, compared with other crawlers (in an environment of their own; BENCH_ARGS=--quick)
# make crawl   crawl the live sites, one source after the other
# make clean   remove environments and caches

PYTHON ?= python3
OUTPUT ?= output
ENV := .venv
BIN := $(ENV)/bin
READY := $(ENV)/.ready
# Without newspapers, which are many and slow (use `scrapy schedule`), without `epaper`, which needs a URL, and without
# `paper`, which reads local files.
SOURCES = $(shell $(BIN)/scrapy list | grep -vE '^(epaper|paper$$)')

.PHONY: demo test quick check format bench crawl clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

# Exit code 1 means "needs attention": the recordings contain refused pages on purpose.
demo: $(READY)
	@for source in $(SOURCES); do \
		$(BIN)/scrapy crawl $$source -s REPLAY=tests/fixtures/$$source -s OUTPUT_DIR=$(OUTPUT) || [ $$? -eq 1 ] || exit 1; \
	done
	@$(BIN)/scrapy crawl epaper -a url=http://epaper.shanqiao.example/ -s REPLAY=tests/fixtures/epaper -s OUTPUT_DIR=$(OUTPUT)
	@echo; echo "Articles in $(OUTPUT)/:"; find $(OUTPUT) -name '*.md' -not -path '*/.*' | sort
	@echo; echo "Rejected pages, kept for inspection in $(OUTPUT)/.rejected/:"; find $(OUTPUT)/.rejected -name error.txt | sort

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
	rm -rf $(ENV) $(ENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
