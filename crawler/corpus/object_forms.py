"""The forms of a corpus in object storage, by the values of the setting OBJECT_LAYOUT."""

from __future__ import annotations

from crawler.corpus.object_corpus import ObjectCorpus
from crawler.corpus.shard_corpus import ShardCorpus

FORMS: dict[str, type[ObjectCorpus]] = {each.form: each for each in (ObjectCorpus, ShardCorpus)}
