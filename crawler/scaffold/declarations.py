"""Write the declarations of a drafted source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from crawler.scaffold.articles import ArticleSelectors
from crawler.scaffold.ends import page_end
from crawler.scaffold.evidence import Evidence
from crawler.scaffold.python_source import Call, Raw, Regex, Value, assignment, one_line
from crawler.scaffold.schedule import MIN_DATES, schedule_of
from crawler.scaffold.urls import listing_pattern

PAGER_WORDS = ("下一页", "下页")  # links to the further pages of an article


def declarations(name: str, evidence: Evidence) -> Iterator[str]:
    """Yield the lines of each declaration of the source *name*."""
    rows, listing = evidence.rows, evidence.listing
    urls = [url for page in evidence.pages for url in (page.url, page.requested_url)]
    hosts = dict.fromkeys(filter(None, (urlsplit(url).hostname for url in (*urls, evidence.listed_url))))
    first = rows.first or listing.url
    yield assignment("name", name)
    yield assignment("site", encoded(evidence.home))
    yield assignment("hosts", tuple(hosts))
    yield assignment("channels", {"news": encoded(_relative(first, evidence.home))})
    yield assignment("default_channels", ("news",))
    suffix_comment = "FILL IN: the suffix that the site adds to each title" if evidence.lacks_suffix else ""
    yield assignment("title_suffixes", tuple(evidence.suffixes), suffix_comment)
    yield assignment("block_marks", (), "texts that only the site's own block pages have; captchas need no marks")
    yield from _page_ends(evidence)
    rate = (
        f"from {len(rows.dates)} dates in the listing"
        if len(rows.dates) >= MIN_DATES
        else "FILL IN: the listing has no dates"
    )
    schedule = schedule_of(urlsplit(listing.url).hostname or "", rows.dates)
    yield assignment("schedule", schedule, f"Beijing time; {rate}")
    yield from _urls(evidence, first)
    yield assignment("rows", rows.call, rows.comment)
    yield from _article(evidence)


def _page_ends(evidence: Evidence) -> Iterator[str]:
    found: dict[str, Value] = {}
    is_unknown = False
    article = evidence.found
    fields = (
        article.title,
        article.time,
        article.author,
        article.body,
        *(f"a:contains({word})" for word in PAGER_WORDS),
    )
    uses = (
        (evidence.listing, evidence.rows.selectors, evidence.article, evidence.rows.json),
        (evidence.article, fields, evidence.listing, evidence.json),
    )
    for page, selectors, other, is_json in uses:
        # Truncated JSON cannot be parsed.
        is_article = page is evidence.article
        ends = page_end(page, filter(None, selectors), other, is_article) if page and not is_json else {}
        is_unknown |= ends is None
        found |= {begin: Regex(end) for begin, end in (ends or {}).items()}
    comment = 'FILL IN: how pages without </html> end: see README, "The end of a page"' if is_unknown else ""
    if found:
        lines = [f'        r"{begin}": {one_line(end)},' for begin, end in found.items()]
        start = "    page_ends: ClassVar[Mapping[str, str]] = {"
        yield "\n".join([*([f"    # {comment}"] if comment else []), start, *lines, "    }"])
    elif comment:
        yield f"    # page_ends: {comment}"


def _urls(evidence: Evidence, first: str) -> Iterator[str]:
    if not evidence.pattern:
        yield "    # FILL IN: the URLs of articles: (?P<path>/…/(?P<id>…))"
        yield '    article_urls = (re.compile("fill-in-article"),)'
    else:
        yield "    # Check that other hosts (m.), sections and forms of articles match, and other pages do not."
        yield assignment("article_urls", (_compiled(evidence.pattern),))
    pattern = listing_pattern(first, evidence.rows.next_urls, evidence.rows.number)
    is_of_site = first.startswith(f"{evidence.home}/") or first == evidence.home
    if (
        pattern
        and is_of_site
        and not any(re.fullmatch(pattern, url) for url in (evidence.article_url, *evidence.rows.urls))
    ):
        yield assignment("listing_urls", _compiled(pattern))


def _compiled(pattern: str) -> Call:
    return Call("re.compile", (Regex(pattern),))


def _article(evidence: Evidence) -> Iterator[str]:
    listed = evidence.rows.json
    states = list(dict.fromkeys(filter(None, (found.state for found in (listed, evidence.json) if found))))
    state = next(iter(states), "")
    if state:
        comment = f"FILL IN: an override of json_of: articles have {states[1]}" if states[1:] else ""
        yield assignment("state", state, comment)
    keys = evidence.json_keys
    if keys:
        fields = {"title": keys.title, "date": keys.date, "author": keys.author}
        yield assignment("json_fields", {name: key for name, key in fields.items() if key})
        name = "list" if evidence.rows.is_whole else "state" if state else "json"
        yield assignment("bodies", {name: Call("JsonBody", (keys.body,))})
        return
    found = evidence.found
    meta = "meta[name=author]" if found.metadata_author == "meta" else ""
    fields = {"title": found.title, "date": found.time, "author": found.author or meta}
    missing = [name for name in fields if not fields[name] and not _is_dispensable(name, found)]
    comment = f"FILL IN: the CSS of {', '.join(missing)}, if the site shows it" if missing else ""
    yield assignment("fields", {name: css for name, css in fields.items() if css}, comment)
    comment = "" if found.body else "FILL IN: the CSS of the only node with the complete text"
    if evidence.needs_lines:
        comment = "if `body_of` finds no text"
    body = Call("Body", (found.body or "fill-in-body",), {"drop": _drop(found.drop)})
    yield assignment("bodies", {"page": body}, comment)


def _is_dispensable(name: str, found: ArticleSelectors) -> bool:
    """Return whether a draft without a selector for the field *name* is complete."""
    return (name == "date" and found.has_metadata_date) or (name == "author" and found.has_author)


def _drop(drop: str) -> Value:
    """Return the value of `drop`; a long one is a concatenation of literals."""
    if len(drop) < 80:
        return drop
    parts = drop.split(", ")
    lines = [one_line(f"{part}, ") for part in parts[:-1]] + [one_line(parts[-1])]
    return Raw("(" + "".join(f"\n                {line}" for line in lines) + "\n            )")


def _relative(url: str, home: str) -> str:
    """Return the path and query of *url* if it is on the site *home*, else *url*."""
    return url.removeprefix(home) if url.startswith(f"{home}/") else url


def encoded(url: str) -> str:
    """Return *url* with all characters percent-encoded that could end a string literal or a comment."""
    return quote(url, safe="/:?&=%@!$()*+,;~[]")
