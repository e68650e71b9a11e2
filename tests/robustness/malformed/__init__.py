"""Nasty articles, made up by a seeded generator, on the whole way from page to site; and the fuzzing of each part."""
