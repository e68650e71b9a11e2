"""Report what was read of a newspaper without a class, and what could not be determined, in lines for a person."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from crawler.items import Article, Listing
from crawler.newspapers.article import has_epaper_body
from crawler.newspapers.entry import way_to
from crawler.newspapers.labels import parse_label
from crawler.newspapers.urls import host_of, parse_article_url, parse_page_url
from crawler.reading.errors import Gone, PageError, Skipped
from crawler.reading.page import Page
from crawler.text.clean import one_line
from crawler.text.plural import plural

_PICTURE = re.compile(r"!\[")
_MAX_SHOWN = 3  # errors, and labels of pages
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
BY_STRUCTURE = "none: read by structure"


@dataclass
class Report:
    """Figures of the pages that were read. `add` each page with its result, then print `lines`."""

    entry: str  # URL that the user gave
    pages: list[str] = field(default_factory=list)  # labels of the newspaper pages, or their URLs
    listed: dict[str, str] = field(default_factory=dict)  # URL of each listed article -> label of its page
    errors: list[str] = field(default_factory=list)
    families: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)  # fields that articles have
    articles: int = 0
    issue: str = ""  # day of the first issue
    title: str = ""  # name of the newspaper
    lead: str = ""  # how the entry leads to the issue

    def add(self, page: Page, result: Listing | Article | PageError) -> str:
        """Add the result of *page*. Returns a line that describes it."""
        if isinstance(result, PageError):
            if page.link is None or not isinstance(result, Gone | Skipped):
                self.errors.append(f"{result.kind}: {page.url}: {one_line(str(result))}")
            return f"{'page' if page.link is None else 'article'} {page.url}: {result.kind}: {result}"
        if isinstance(result, Article):
            return self._add_article(page, result)
        return self._add_listing(page, result)

    def _add_listing(self, page: Page, listing: Listing) -> str:
        requested = parse_page_url(page.requested_url or page.url)
        issue = parse_page_url(page.url)
        if not listing.links and not listing.skipped and listing.next and (requested is None or len(listing.next) == 1):
            target = listing.next[0].url
            self.lead = self.lead or way_to(page, target)
            return f"entry {page.url}: leads to {target} ({way_to(page, target)})"
        family = issue.family if issue else ""
        self.families[family] += 1
        self.issue = self.issue or (
            issue.day if issue else next((link.date for link in listing.links if link.date), "")
        )
        labels = list(dict.fromkeys(link.page_label for link in listing.links if link.page_label))
        self.pages += labels or [page.url]
        self.listed |= {link.url: link.page_label for link in listing.links}
        shown = ", ".join(labels[:_MAX_SHOWN]) or "without a label"
        counts = f"{plural(len(listing.links), 'article')}, {plural(len(listing.next), 'other page')}"
        return f"page {page.url}: {shown}: {counts}"

    def _add_article(self, page: Page, article: Article) -> str:
        self.articles += 1
        self.title = self.title or article.publisher
        pictures = len(_PICTURE.findall(article.markdown))
        is_known = page.begins_like_json or has_epaper_body(page)
        self.found.update(name for name in ("author", "section", "page", "date") if getattr(article, name))
        self.found.update(["pictures"] * bool(pictures) + ["template"] * is_known)
        place = f"第{article.page}版 {article.section}".strip() if article.page else article.section or "no page"
        return (
            f"article {page.url}: {one_line(article.title)}: {place}, {article.date}, author {article.author or '-'}, "
            f"{plural(len(article.markdown), 'character')}, {plural(pictures, 'picture')}"
        )

    @property
    def family(self) -> str:
        """The family of the pages; "none: read by structure" if their URLs are of none; "" without pages."""
        if not self.families:
            return ""
        return self.families.most_common(1)[0][0] or BY_STRUCTURE

    def lines(self, name: str = "") -> list[str]:
        """Return the lines of the report. *name*: short name of the newspaper; "" = derived from its host."""
        if not self.families:
            why = self.errors[:1] or ["no response, see above"]
            return [
                f"newspaper {self.entry}: nothing could be read",
                f"reason: {why[0]}",
                "Next: open the URL in a browser; give the URL of a page of an issue on which the titles of its",
                "articles are links. A site with pictures or PDF files only, or with a login, cannot be read.",
            ]
        by = f" ({self.lead})" if self.lead else ""
        found = [
            f"newspaper {self.entry}",
            f"family: {self.family}",
            f"newest issue: {self.issue or 'day unknown'}{by}",
            f"pages: {len(self.pages)}; articles: {len(self.listed)} listed, {self.articles} read",
            f"sections: {self._sections()}",
        ]
        if self.articles:
            found.append(f"text: {self._text()}")
        found.append(f"missing: {', '.join(self._missing()) or 'nothing'}")
        found += [f"not read: {error}" for error in self.errors[:_MAX_SHOWN]]
        if len(self.errors) > _MAX_SHOWN:
            found.append(f"not read: {len(self.errors) - _MAX_SHOWN} more")
        if not self.listed:
            return [*found, "Next: give the URL of a page of the issue on which the titles of its articles are links"]
        return [*found, "Next: add the newspaper to crawler/spiders/papers.py:", *self.class_lines(name)]

    def class_lines(self, name: str = "") -> list[str]:
        """Return the class of the newspaper: the source for `crawler/spiders/papers.py`."""
        short = _NOT_IN_NAMES.sub("", name) or _short_name(self.entry)
        is_of_day = parse_page_url(self.entry) or parse_article_url(self.entry)
        note = "FILL IN the URL that shows the newest issue, without a day" if is_of_day else "SEEN"
        return [
            f"    class {short.capitalize()}(EpaperSpider):",
            f'        name = "epaper-{short.lower()}"',
            f'        title = "{self.title or "FILL IN"}"',
            f'        entry = "{self.entry}"  # {note}; {self.family}',
        ]

    def _sections(self) -> str:
        named = sum(bool(parse_label(label)[1]) for label in self.listed.values())
        named = max(named, self.found["section"])
        return f"found for {named} of {plural(len(self.listed), 'article')}" if named else "not found"

    def _text(self) -> str:
        if self.found["template"] == self.articles:
            return "an element of a known template"
        by_structure = f"{self.articles - self.found['template']} of {plural(self.articles, 'article')}"
        return f"by structure in {by_structure}: check a few of them"

    def _missing(self) -> list[str]:
        texts = {
            "section": "no section names", "page": "no page numbers", "date": "no date", "author": "no authors",
            "pictures": "no pictures",
        }  # fmt: skip
        return [text for name, text in texts.items() if self.articles and not self.found[name]]


def _short_name(url: str) -> str:
    """Return the part of the host that names the newspaper: "shanqiao" for "http://epaper.shanqiao.com.cn/"."""
    labels = [label for label in host_of(url).split(".") if label not in _COMMON_LABELS]
    return _NOT_IN_NAMES.sub("", max(labels, key=len, default="")) or "name"


_COMMON_LABELS = {
    "www",
    "epaper",
    "paper",
    "szb",
    "dzb",
    "com",
    "cn",
    "net",
    "org",
    "gov",
    "newspaper",
    "digital",
    "news",
}
