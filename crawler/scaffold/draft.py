"""Draft the source of a new site from one listing page and one article page.

Selectors and URL patterns are derived from single nodes and URLs, and chosen by what they match in the two pages. If a
selector cannot be derived, the draft has one that matches nothing ("fill-in-body"): the error of a page names it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import text, text_at
from crawler.reading.title import title_element
from crawler.scaffold.articles import ArticleSelectors, article_selectors, title_suffixes
from crawler.scaffold.listings import entries_of, listing_dates, listing_selectors
from crawler.scaffold.schedule import MIN_DATES, schedule_of
from crawler.scaffold.template import COMMENTS, IMPORTS, ROW_DATE, SOURCE
from crawler.scaffold.urls import form_of, id_of, pattern_of

MAX_LINE = 120


def check_name(name: str) -> None:
    """Raise ValueError for an invalid source *name*. It becomes the name of a module, a class and a folder."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} is not a valid source name: allowed are up to 40 lower-case letters, digits and underscores, "
            "starting with a letter, except Python keywords"
        )


def article_links(page: Page) -> list[str]:
    """Return the URLs of a listing page that probably lead to articles, in document order.

    They are the largest group of links within the site with one URL form, the same ancestor tags, and texts as long as
    titles. [] if there are fewer than three, and for RSS, Atom and JSON.
    """
    return list(entries_of(page))


def has_text(listing: Page, article: Page) -> bool:
    """Return whether the page *article* contains the text of an article; a video or a special topic does not."""
    return bool(_read(listing, article)[1].body)


def draft(name: str, listing: Page, article: Page | None) -> str:
    """Return the text of `crawler/spiders/<name>.py`, a source that reads the two pages.

    Parts that could not be derived are marked FILL IN; without *article*, all parts of the article reader are. Raises
    ValueError for an invalid *name*.
    """
    check_name(name)
    listed_url = (article.requested_url or article.url) if article else next(iter(entries_of(listing)), "")
    form = form_of(listed_url)
    entries = entries_of(listing, form) if form else {}
    # The URL after a redirect to https, www. or m.; the first one if the redirect led to another form.
    article_url = article.url if article and form_of(article.url) == form else listed_url
    pattern = pattern_of([listed_url, article_url], list(entries)) if form else ""
    title, found = _read(listing, article) if article else (None, ArticleSelectors())
    suffixes = title_suffixes(article, title) if article else []
    has_suffix = article is None or title is None or text(title) != text_at(article, "head > title")
    pages = [page for page in (listing, article) if page]
    urls = [url for page in pages for url in (page.url, page.requested_url)]
    hosts = [urlsplit(url).hostname for url in (*urls, listed_url)]
    home = "{0.scheme}://{0.netloc}".format(urlsplit(article_url or listing.url))
    selectors = listing_selectors(listing, entries) | found.by_constant()
    dates = listing_dates(listing, selectors)
    code = SOURCE.substitute(
        name=name,
        Name="".join(part.capitalize() for part in name.split("_")),
        site=re.sub(r"^[\W_]+|[\W_]+$", "", suffixes[-1]) if suffixes else "FILL IN",
        host=urlsplit(home).hostname,
        pages="\n".join(f"    {_encoded(page.url)}" for page in pages),
        home=_encoded(home),
        listing=_encoded(listing.url),
        article=_compiled(pattern),
        id='match["id"].replace("/", "-")' if "/" in id_of(pattern) else 'match["id"]',
        hosts=_tuple(dict.fromkeys(filter(None, hosts))),
        suffixes=_tuple(suffixes),
        suffixes_comment=""
        if suffixes or not has_suffix
        else "  # FILL IN: the suffix that the site adds to each title",
        schedule=schedule_of(urlsplit(listing.url).hostname or "", dates),
        rate=f"from {len(dates)} dates in the listing"
        if len(dates) >= MIN_DATES
        else "FILL IN: the listing has no dates",
        row_date=ROW_DATE if selectors["ROW_TIME"] else "",
        row_value=", date=date" if selectors["ROW_TIME"] else "",
        date='"page": text_at(page, TIME), ' if selectors["TIME"] or not found.has_metadata_date else "",
        author=_author(found),
        drop="        body = without(body, all_of(body, DROP))\n" if selectors["DROP"] else "",
        **{group: _assignments(group, selectors, found) for group in COMMENTS},
        imports="$imports",
    )
    return code.replace("$imports", _imports(code))


def _read(listing: Page, article: Page) -> tuple[HtmlElement | None, ArticleSelectors]:
    """Return the node of the title in *article*, and its selectors."""
    url = article.requested_url or article.url
    form = form_of(url)
    title = title_element(article, text(entries_of(listing, form).get(url)) if form else "")
    return title, article_selectors(article, title)


def _encoded(url: str) -> str:
    """Return *url* with all characters percent-encoded that could end a string literal or a comment."""
    return quote(url, safe="/:?&=%@!$()*+,;~[]")


def _tuple(words: Iterable[str]) -> str:
    """Return the tuple literal of *words*."""
    quoted = [f'"{word}"' for word in words]
    return f"({quoted[0]},)" if len(quoted) == 1 else f"({', '.join(quoted)})"


def _compiled(pattern: str) -> str:
    """Return the expression that compiles *pattern*, within the line length."""
    if not pattern:
        return 're.compile("fill-in-article")  # FILL IN: the URLs of articles: (?P<path>/…/(?P<id>…))'
    line = f're.compile(r"{pattern}")'
    return line if len(f"ARTICLE = {line}") <= MAX_LINE else f're.compile(\n    r"{pattern}"\n)'


def _author(found: ArticleSelectors) -> str:
    """Return the expression that reads the author: AUTHOR, the text, and the metadata unless it names the site."""
    node = "byline(text_at(page, AUTHOR), cls.title_suffixes)" if found.author or not found.has_author else ""
    if found.metadata_author == "site":
        return " or ".join(filter(None, (node, "text_byline(text_lines(body))")))
    values = [f'"page": {node}'] if node else []
    values.append('"text": text_byline(text_lines(body))')
    values += ['"meta": candidates.metas.get("author", "")'] if found.metadata_author == "meta" else []
    line = f"candidates.author({{{', '.join(values)}}})"
    if len(line) + len("            author=,") <= MAX_LINE:
        return line
    lines = "".join(f"                    {value},\n" for value in values)
    return f"candidates.author(\n                {{\n{lines}                }}\n            )"


def _assignments(group: str, selectors: dict[str, str], found: ArticleSelectors) -> str:
    """Return the lines that assign the selectors of *group*, each with its comment."""
    lines = [
        _assignment(constant, selectors[constant], comment)
        for constant, comment in COMMENTS[group].items()
        if selectors[constant] or not _is_dispensable(constant, found)
    ]
    return "\n".join(lines)


def _is_dispensable(constant: str, found: ArticleSelectors) -> bool:
    """Return whether a draft without a selector for *constant* is complete."""
    return (
        constant in ("ROW_TIME", "DROP")
        or (constant == "TIME" and found.has_metadata_date)
        or (constant == "AUTHOR" and found.has_author)
    )


def _assignment(constant: str, css: str, comment: str) -> str:
    """Return the line that assigns the selector *css* to *constant*, within the line length."""
    if not css:
        return f'{constant} = "fill-in-{constant.lower().replace("_", "-")}"  # FILL IN: {comment}'
    if len(line := f'{constant} = "{css}"  # {comment}') <= MAX_LINE:
        return line
    if len(line := f'{constant} = "{css}"') <= MAX_LINE:
        return f"# {comment[0].upper()}{comment[1:]}.\n{line}"
    parts = css.split(", ")
    lines = [f'    "{part}, "' for part in parts[:-1]] + [f'    "{parts[-1]}"']
    return "\n".join((f"{constant} = (  # {comment}", *lines, ")"))


def _imports(code: str) -> str:
    """Return the import lines of the names that *code* uses."""
    words = set(re.findall(r"\w+", code))
    used = [(module, [name for name in names if name in words]) for module, names in IMPORTS.items()]
    return "\n".join(f"from {module} import {', '.join(names)}" for module, names in used if names)
