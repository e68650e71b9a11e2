"""The newspapers that are known by name. One line makes another: a short name, the title, the entry address.

Each is a source of its own, `epaper-<name>`. The entry is the address under which the site shows its newest issue; of
which family the site is, its addresses say. (Any other paper: `-a url=`, with the address of its entry or of a page.)

No entry could be tried when this was written. SEEN: other crawlers of 2026 begin there. INFERRED: only the host is
known, and the forms of its addresses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.crawl.arguments import ArgumentError


@dataclass(frozen=True)
class Paper:
    """A newspaper on an e-paper system."""

    name: str  # behind `epaper-` in the source's name
    title: str  # as it is printed; "" when nobody knows yet
    entry: str
    home: str = ""  # the folder in which all of its pages lie (some hosts have several papers); "" = the entry's

    @property
    def host(self) -> str:
        return urlsplit(self.entry).hostname or ""

    def has(self, url: str) -> bool:
        """Whether an address is one of the paper's."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        home = self.home or re.sub(r"(?:pc/|html/)?(?:layout/)?[^/]*$", "", urlsplit(self.entry).path)
        return parts.hostname == self.host and (parts.path or "/").startswith(home)


PAPERS = (
    Paper("rmrb", "人民日报", "https://paper.people.com.cn/rmrb/pc/layout/index.html"),  # SEEN; B since 2024-12
    Paper("rmrbhwb", "人民日报海外版", "https://paper.people.com.cn/rmrbhwb/pc/layout/index.html"),  # SEEN; B
    Paper("gmrb", "光明日报", "https://epaper.gmw.cn/gmrb/html/layout/index.html"),  # SEEN; B since 2026, before nbs/nw
    Paper("wzb", "文摘报", "https://epaper.gmw.cn/wzb/html/layout/index.html"),  # SEEN; B
    Paper("zhdsb", "中华读书报", "https://epaper.gmw.cn/zhdsb/html/layout/index.html"),  # SEEN; B
    Paper("jjrb", "经济日报", "http://paper.ce.cn/pc/layout/index.html"),  # SEEN; B; https answers 504
    Paper("zgqnb", "中国青年报", "http://zqb.cyol.com/pc/layout/index.html"),  # SEEN; B
    Paper("jjckb", "经济参考报", "http://dz.jjckb.cn/www/pages/webpage2009/"),  # SEEN; A; the host's root answers 403
    Paper("kpsb", "科普时报", "https://digitalpaper.stdaily.com/http_www.kjrb.com/kjwzb/paperindex.htm"),  # SEEN; A
    Paper("hsb", "华商报", "http://ehsb.hspress.net/"),  # INFERRED; E
)


def requested_paper(source: str, paper: Paper | None, arguments: Mapping[str, str]) -> Paper | None:
    """The paper that the arguments of *source* name, or *paper*, which it is. Raises `ArgumentError`."""
    name, url = arguments.get("paper", "").strip(), arguments.get("url", "").strip()
    if name:
        named = _named(name)
        if paper not in (None, named):
            raise ArgumentError(f"{source} is a paper itself: paper= does not go with it")
        return named
    if paper or not url:
        return paper
    found = {_at(word) for word in re.split(r"[\s,]+", url) if word}
    if len({paper.name for paper in found if paper}) > 1:
        raise ArgumentError(f"url={url} names several papers; one at a time, please")
    return found.pop()


def entry_of(paper: Paper | None) -> str:
    """Where a paper's newest issue is. Raises `ArgumentError` when no paper was named."""
    if paper is None:
        names = ", ".join(paper.name for paper in PAPERS)
        raise ArgumentError(f"which paper? paper=NAME ({names}), or url=ADDRESS for any other")
    return paper.entry


def _named(name: str) -> Paper:
    """The paper of that name in the table. Raises `ArgumentError`."""
    papers = {paper.name: paper for paper in PAPERS}
    if name in papers:
        return papers[name]
    near = difflib.get_close_matches(name, papers, 1)
    raise ArgumentError(
        f"there is no paper {name!r}{f' ({near[0]} is meant?)' if near else ''}; allowed are: {', '.join(papers)}; any "
        "other is named by its address, url="
    )


def _at(url: str) -> Paper | None:
    """The paper of an address: one of the table, else one named after its host; None where there is no host."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if not host:
        return None
    unknown = Paper(re.sub(r"[^a-z0-9]+", "-", host).strip("-"), "", url, "/")
    return next((paper for paper in PAPERS if paper.has(url)), unknown)
