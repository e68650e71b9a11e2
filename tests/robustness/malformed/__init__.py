"""Malformed articles from a seeded generator, crawled and checked up to the Hugo site, and a fuzzer of each part."""
