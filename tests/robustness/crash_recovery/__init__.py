"""Kill, stop and repeat crawls, and compare their corpus with the corpus of an undisturbed crawl."""

from tests.robustness.crash_recovery.targets import toy_site

__all__ = ["toy_site"]
