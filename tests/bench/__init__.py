"""Benchmark of CPU time and memory: this crawler, a bare download, and other crawlers.

See `python -m tests.bench --help`.
"""
