"""What a crawl costs: CPU time and memory, beside a bare download and beside others. `python -m tests.bench --help`."""
