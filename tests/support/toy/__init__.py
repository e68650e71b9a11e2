"""SPIDER_MODULES of tests: an invented site that shows a complete source at a glance."""
