"""Find title, date, author and text of an article in JSON: in a response, or in the scripts of an HTML page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.reading.json_values import value_at
from crawler.reading.page import Page
from crawler.scaffold.json_keys import Keys, keys_of, plain, quoted_key
from crawler.scaffold.json_lists import MAX_NODES, states_of


@dataclass(frozen=True)
class JsonArticle:
    """The text of an article in the JSON of its page. The keys of `keys` are relative to the JSON."""

    state: str  # see `Site.state`; "" for a JSON response
    keys: Keys
    title: str
    text: str  # without tags


def json_article(page: Page, listed: str = "") -> JsonArticle | None:
    """Return the article in the JSON of *page*, or None. The object with the title *listed* has priority."""
    best, best_rank = None, (False, 0)
    for state, data in states_of(page):
        for path, value in _objects(data):
            keys = keys_of([value], page.fetched_at)
            if not (keys.title and keys.body) or "." in keys.body:
                continue
            title = plain(str(value_at(value, keys.title)))
            words = plain(str(value_at(value, keys.body)))
            rank = (bool(listed) and title == listed, len(words))
            if rank > best_rank:
                best, best_rank = JsonArticle(state, _below(path, keys), title, words), rank
    return best


def _objects(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the JMESPath of each object in *data*, and the object."""
    waiting: deque[tuple[str, Any]] = deque([("", data)])
    for _ in range(MAX_NODES):
        if not waiting:
            return
        path, value = waiting.popleft()
        if isinstance(value, dict):
            yield path, value
            for key, each in value.items():
                if key.isdigit() and len(value) == 1:  # {id: article}
                    waiting.append((f"{path}.* | [0]" if path else "* | [0]", each))
                elif key.isascii() and key.replace("_", "").replace("-", "").replace("$", "").isalnum():
                    waiting.append((f"{path}.{quoted_key(key)}" if path else quoted_key(key), each))
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", each) for index, each in enumerate(value[:5]))


def _below(path: str, keys: Keys) -> Keys:
    """Return *keys* relative to the object that contains the object at *path*."""
    if not path:
        return keys
    title, date, author, body = (
        f"{path}.{key}" if key else "" for key in (keys.title, keys.date, keys.author, keys.body)
    )
    return Keys(title=title, date=date, author=author, body=body)
