"""Runs on several machines: a queue in the ledger's PostgreSQL, and workers that run its jobs.

The queue is procrastinate's (extra `cluster`). The unit of work is the run of a source or an archive file, each in a
process of its own, as `press-corpus job` and `press-corpus backfill` run it.
"""
