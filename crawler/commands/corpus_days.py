"""The options `--since` and `--until` of `press-corpus corpus`: the first and the last day of publication."""

from __future__ import annotations

import argparse
from datetime import date

from scrapy.exceptions import UsageError


def day_range(opts: argparse.Namespace) -> tuple[str, str]:
    """Return the first and the last day, "" for an option that is not given. Raises UsageError."""
    for name in ("since", "until"):
        value = getattr(opts, name)
        try:
            is_day = not value or date.fromisoformat(value).isoformat() == value
        except ValueError:
            is_day = False
        if not is_day:
            raise UsageError(f"--{name} {value}: expected a day in the form YYYY-MM-DD", print_help=False)
    if opts.since and opts.until and opts.since > opts.until:
        raise UsageError(f"--since {opts.since} is after --until {opts.until}", print_help=False)
    return opts.since, opts.until
