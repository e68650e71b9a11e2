"""Build the site of a corpus.

Hugo needs about 120 KiB of memory for each article. A large site is therefore built year by year, and the lists, which
come from the ledger, in a last step.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from crawler.corpus.lock import lock
from crawler.corpus.store import UNDATED, Store
from crawler.layouts import title_and_markdown
from crawler.markdown.plain_text import plain_text
from crawler.website.articles import Site
from crawler.website.hugo import HugoRun, run_hugo
from crawler.website.pages import SiteArticle
from crawler.website.shards import pairs, write_index

_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What the user chooses. *url* is the address of the published site, with a slash at its end."""

    url: str
    title: str
    large: int  # articles above which the site is built year by year


def build(
    store: Store, site: Site, target: Path, options: SiteOptions, mark: str, report: Callable[[str], None]
) -> None:
    """Write the site to the folder *target*, with an empty file *mark*. *report* gets the name of each step.

    The site is built beside *target* and then moved there, in the place of an earlier site. One build of a corpus is
    active at a time. Raises `HugoError`, `LockedError`, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(lock(store.root / ".state" / "site.lock", "press-corpus site")), _work_folder(target) as work:
        public = work / "public"
        for step, run in _runs(store, site, options):
            report(step)
            run_hugo(run, site, work, public)
        if len(site.articles) > options.large:
            _write_sitemap_index(public, options.url)
        report("search index")
        _write_search(store, site, public / "search")
        (public / "llms.txt").write_text(_llms(site, options), encoding="utf-8")
        (public / mark).touch()
        _replace(public, target)


def _runs(store: Store, site: Site, options: SiteOptions) -> Iterator[tuple[str, HugoRun]]:
    """Yield the runs of Hugo with their names: one run, or of a large site one for each year and one for the lists."""
    place = (store.root, options.url, options.title)
    if len(site.articles) <= options.large:
        files = [*site.excluded, "*/[0-9]*/**", f"*/{UNDATED}/**"]
        yield f"{len(site.articles)} articles and their lists", HugoRun(*place, site.articles, files, site.pages)
        return
    years = _by_year(site.articles)
    for number, (year, articles) in enumerate(years.items(), start=1):
        files = [*site.excluded, f"*/{year}/**"]
        run = HugoRun(*place, articles, files, sitemap=f"sitemap-{year}.xml")
        yield f"articles of {year} ({number} of {len(years)})", run
    fed = {article.path: article for page in site.pages for article in page.feed}  # the feeds have their texts
    files = [f"/{path}.md" for path in fed]
    yield "lists and feeds", HugoRun(*place, [*fed.values()], files, site.pages, "sitemap-lists.xml")


@contextmanager
def _work_folder(target: Path) -> Iterator[Path]:
    """Create a folder beside *target*, and delete it at the end. A build that was killed may have left an old one."""
    work = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _by_year(articles: Iterable[SiteArticle]) -> dict[str, list[SiteArticle]]:
    """Return the articles by the year in their path, or `UNDATED`."""
    years: dict[str, list[SiteArticle]] = defaultdict(list)
    for article in articles:
        years[article.path.split("/")[1]].append(article)
    return years


def _write_sitemap_index(public: Path, url: str) -> None:
    """Write `sitemap.xml`, the index of the sitemaps of the years (sitemaps.org)."""
    names = sorted(path.name for path in public.glob("sitemap-*.xml"))
    places = "".join(f"<sitemap><loc>{escape(url + name)}</loc></sitemap>" for name in names)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<sitemapindex xmlns="{_SITEMAPS}">{places}</sitemapindex>\n'
    (public / "sitemap.xml").write_text(text, encoding="utf-8")


def _write_search(store: Store, site: Site, folder: Path) -> None:
    """Write the search index. Articles whose file is gone since the start have no text, and are not found."""
    newest = sorted(site.articles, key=lambda article: article.order, reverse=True)
    keys = []
    for article in newest:
        markdown = ""
        with suppress(OSError, ValueError):
            markdown = title_and_markdown((store.root / f"{article.path}.md").read_text(encoding="utf-8"))[1]
        keys.append(pairs(f"{article.title}\n{plain_text(markdown)}"))
    write_index(folder, newest, keys)


def _llms(site: Site, options: SiteOptions) -> str:
    """Return `llms.txt` (llmstxt.org): the lists and feeds of the site, for language models."""
    lines = [f"# {options.title}", "", f"> {len(site.articles)} articles of China's tech and finance press.", ""]
    lines += ["## Sources", ""]
    sources = [page for page in site.pages if page.feed and page.path]
    for page in sources:
        address = f"{options.url}{page.path}/"
        lines.append(f"- [{page.title}]({address}): {page.number} articles; [JSON Feed]({address}feed.json)")
    months = next((page.links for page in site.pages if page.path == "months"), ())
    lines += ["", "## Months", ""]
    lines += [f"- [{title}]({options.url}{path}/): {number} articles" for title, path, number in months]
    return "\n".join(lines) + "\n"


def _replace(public: Path, target: Path) -> None:
    """Move the new site to *target*, in the place of an earlier one."""
    old = public.with_name("old")
    if target.exists():
        target.rename(old)
    public.rename(target)
