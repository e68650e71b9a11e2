"""A second reader of front matter, which shares no code with the layouts: python-frontmatter with PyYAML.

It is as strict as Hugo: for that, one file that it cannot read is a whole site that it does not build. What a layout
writes can be read; but files are edited by hand, too.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler


class _Loader(yaml.CSafeLoader):
    """Takes each key once, as YAML asks for. (PyYAML takes the last of several, without a word.)"""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for key, number in Counter(str(key.value) for key, _ in node.value).items():
            if number > 1:
                raise yaml.YAMLError(f"{key} stands there {number} times")
        return super().construct_mapping(node, deep)


class _Handler(YAMLHandler):
    def load(self, fm: str, **kwargs: object) -> Any:
        return yaml.load(fm, _Loader)  # noqa: S506 (it is a safe one)


def fault(text: str) -> str:
    """What is wrong with the front matter of a file; "" for nothing, and for a file without."""
    if not text.startswith("---"):
        return ""
    try:
        metadata = frontmatter.loads(text, handler=_Handler()).metadata
        datetime.fromisoformat(str(metadata.get("date", "")))
    except (yaml.YAMLError, ValueError) as error:
        return str(error).partition("\n")[0]
    return "" if metadata.get("title") else "no title"
