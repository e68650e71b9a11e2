# make demo    set up, crawl all sources over the bundled recordings, show what was made
# make test    set up, run all tests
# make check   formatting, lint, types, known vulnerabilities
# make bench   what a crawl costs, beside others (the others in an environment of their own; BENCH_ARGS=--quick)
# make crawl   live: all sources, one after the other, politely

PYTHON ?= python3
OUTPUT ?= output
ENV := .venv
BIN := $(ENV)/bin
READY := $(ENV)/.ready
# Newspapers are many and slow: a schedule is better for them. `epaper` alone is none of them, `paper` reads local files.
SOURCES = $(shell $(BIN)/scrapy list | grep -vE '^(epaper|paper$$)')

.PHONY: demo test check format bench crawl clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

# Exit code 1 means "something to look at": the recordings hold refused pages on purpose.
demo: $(READY)
	@for source in $(SOURCES); do \
		$(BIN)/scrapy crawl $$source -s REPLAY=tests/fixtures/$$source -s OUTPUT_DIR=$(OUTPUT) || [ $$? -eq 1 ] || exit 1; \
	done
	@$(BIN)/scrapy crawl epaper -a url=http://epaper.shanqiao.example/ -s REPLAY=tests/fixtures/epaper -s OUTPUT_DIR=$(OUTPUT)
	@echo; echo "Articles in $(OUTPUT)/:"; find $(OUTPUT) -name '*.md' -not -path '*/.*' | sort
	@echo; echo "Pages that were refused, kept for inspection in $(OUTPUT)/.rejected/:"; find $(OUTPUT)/.rejected -name error.txt | sort

test: $(READY)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.support.audit

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The peers want other versions of what we share with them, and bring what Scrapy loads unasked. (Old pips fail on one
# of their requirements.)
$(ENV)-bench/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENV)-bench
	$(ENV)-bench/bin/python -m pip install --quiet --upgrade pip
	$(ENV)-bench/bin/python -m pip install --quiet --editable ".[bench,fast]"
	touch $@

bench: $(READY) $(ENV)-bench/.ready
	$(BIN)/python -m tests.bench --peers $(ENV)-bench/bin/python $(BENCH_ARGS)

crawl: $(READY)
	@worst=0; for source in $(SOURCES); do \
		$(BIN)/scrapy crawl $$source -s OUTPUT_DIR=$(OUTPUT); code=$$?; [ $$code -le $$worst ] || worst=$$code; \
	done; exit $$worst

clean:
	rm -rf $(ENV) $(ENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
