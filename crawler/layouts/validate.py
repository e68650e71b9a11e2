"""Validate front matter with python-frontmatter and PyYAML, independently of the code of the layouts.

The validation is as strict as Hugo, which fails the build of the whole site for one unreadable file. Files that a
layout writes are readable, but people also edit files by hand.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler


class _Loader(yaml.CSafeLoader):
    """Reject duplicate keys, as YAML requires. PyYAML silently uses the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for key, count in Counter(str(key.value) for key, _ in node.value).items():
            if count > 1:
                raise yaml.YAMLError(f"duplicate key: {key} ({count} times)")
        return super().construct_mapping(node, deep)


class _Handler(YAMLHandler):
    def load(self, fm: str, **kwargs: object) -> Any:
        return yaml.load(fm, _Loader)  # noqa: S506 (a subclass of CSafeLoader)


def fault(text: str) -> str:
    """Return the first error in the front matter of a file as one line; "" without an error or without front matter.

    `date` must be in ISO 8601, and `title` must not be empty.
    """
    if not text.startswith("---"):
        return ""
    try:
        metadata = frontmatter.loads(text, handler=_Handler()).metadata
        datetime.fromisoformat(str(metadata.get("date", "")))
    except (yaml.YAMLError, ValueError) as error:
        return str(error).partition("\n")[0]
    return "" if metadata.get("title") else "no title"
