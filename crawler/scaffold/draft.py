"""Draft the source of a new site from one listing page and one article page.

Declarations are derived from single nodes, keys and URLs, and chosen by what they match in the two pages. What cannot
be derived is marked FILL IN. A body that was not found has a selector that matches nothing ("fill-in-body"): the error
of a page names it.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from crawler.reading.page import Page
from crawler.scaffold.declarations import declarations, encoded
from crawler.scaffold.evidence import Evidence, read_sample, title_in
from crawler.scaffold.json_articles import json_article
from crawler.scaffold.rows import find_rows
from crawler.scaffold.template import (
    ID_WITH_FOLDERS,
    IMPORTS,
    NO_ARTICLE_PAGE,
    NO_SITE_AS_AUTHOR,
    OTHERS,
    SOURCE,
    STANDARD,
    TEXT_AUTHOR,
    TEXT_WITHOUT_ELEMENT,
)
from crawler.scaffold.urls import id_of


def check_name(name: str) -> None:
    """Raise ValueError for an invalid source *name*. It becomes the name of a module, a class and a folder."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} is not a valid source name: allowed are up to 40 lower-case letters, digits and underscores, "
            "starting with a letter, except Python keywords"
        )


def article_links(page: Page, article_url: str = "") -> list[str]:
    """Return the URLs of a listing page that probably lead to articles, in the order of the list.

    See `find_rows` for *article_url* and `CannotDraft`. [] for HTML with fewer than three such links.
    """
    return find_rows(page, article_url).urls


def has_text(listing: Page, article: Page) -> bool:
    """Return whether the page *article* contains the text of an article; a video or a special topic does not."""
    url = article.requested_url or article.url
    found = read_sample(article, title_in(find_rows(listing, url), url))[1]
    return bool(found.body) or json_article(article) is not None


def draft(name: str, listing: Page, article: Page | None, article_url: str = "") -> str:
    """Return the text of `crawler/spiders/<name>.py`, a source that reads the two pages.

    *article_url* is the URL of an article that was not fetched: the entries of *listing* are whole articles. Parts that
    could not be derived are marked FILL IN; without *article*, all parts of the article reader are. Raises ValueError
    for an invalid *name*, and `CannotDraft` for a listing of a form that is not supported.
    """
    check_name(name)
    evidence = Evidence(listing, article, article_url)
    suffix = next(iter(evidence.suffixes[-1:]), "")
    code = SOURCE.substitute(
        Name="".join(part.capitalize() for part in name.split("_")),
        title=re.sub(r"^[\W_]+|[\W_]+$", "", suffix) or "FILL IN the name of the site",
        host=urlsplit(evidence.home).hostname,
        pages="\n".join(f"    {encoded(page.url)}" for page in evidence.pages),
        declarations="\n".join(declarations(name, evidence)),
        methods="".join(_methods(evidence)),
        imports="$imports",
    )
    return code.replace("$imports", _imports(code))


def _methods(evidence: Evidence) -> Iterator[str]:
    if "/" in id_of(evidence.pattern):
        yield ID_WITH_FOLDERS
    if evidence.rows.is_whole:
        yield NO_ARTICLE_PAGE
    yield evidence.rows.code
    if evidence.json_keys:
        return
    if evidence.needs_lines:
        title = 'first_or_none(page, cls.fields["title"])' if evidence.found.title else "None"
        yield TEXT_WITHOUT_ELEMENT.replace("$title", title)
    found = evidence.found
    if found.has_text_byline and not found.author and found.metadata_author != "fields":
        yield TEXT_AUTHOR
    if found.metadata_author == "site":
        yield NO_SITE_AS_AUTHOR


def _imports(code: str) -> str:
    """Return the import lines of the names that *code* uses."""
    tree = ast.parse(code.replace("$imports", ""))
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used = [(module, [name for name in names if name in words]) for module, names in IMPORTS.items()]

    def lines(modules: Iterable[str]) -> list[str]:
        return [f"from {module} import {', '.join(names)}" for module, names in used if names and module in modules]

    own = [module for module in IMPORTS if module not in (*STANDARD, *OTHERS)]
    groups = [["import re", *lines(STANDARD)], lines(OTHERS), lines(own)]
    return "\n\n".join("\n".join(group) for group in groups if group)
