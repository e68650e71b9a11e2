"""SPIDER_MODULES of tests: a second invented site, for archives with pages of several sources."""
