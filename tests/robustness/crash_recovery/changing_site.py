"""A toy site that publishes, moves and breaks articles from run to run."""

from __future__ import annotations

import random

from tests.support.server import Answer

PAGE_SIZE = 5  # links on a listing page


class ChangingSite:
    """A site, for `play`, with two listings, the newest article first. Its articles are in the months of 2025."""

    def __init__(self, articles: int = 12) -> None:
        self.listings: dict[str, list[str]] = {"news": [], "tech": []}
        self.months: dict[str, int] = {}  # by article
        self.broken: set[str] = set()  # articles whose page is truncated
        for number in range(articles):
            self.publish("news" if number % 3 else "tech")

    def publish(self, *listings: str) -> str:
        """Publish an article at the top of these listings."""
        name = f"a{len(self.months):03}"
        self.months[name] = len(self.months) % 3 + 1
        for listing in listings:
            self.listings[listing].insert(0, name)
        return name

    def change(self, chance: random.Random) -> None:
        """Publish up to seven articles, move some to another month, and break some until the next change."""
        self.broken.clear()
        for _ in range(chance.randint(0, 7)):
            name = self.publish(*chance.choice((["news"], ["tech"], ["news", "tech"])))
            if chance.random() < 0.1:  # each article once: after its first refusal it is due at once
                self.broken.add(name)
        for name in chance.sample(sorted(self.months), 3) if chance.random() < 0.5 else ():
            self.months[name] = self.months[name] % 12 + 1

    def __call__(self, path: str, number: int) -> Answer:
        listing, _, page = path.strip("/").partition("-")
        if listing in self.listings:
            return self._listing(listing, int(page or 1))
        name = path[3:-5]
        if path.startswith("/a/") and name in self.months:
            text = "".join(f"<p>Paragraph {line} of {name}.</p>" for line in range(20))
            end = "" if name in self.broken else "</article></body></html>"
            return Answer(
                f"<html><head><title>{name}</title></head><body><h1>About {name}</h1>"
                f"<time>2025-{self.months[name]:02}-11</time><article>{text}{end}"
            )
        return Answer("not found", 404)

    def _listing(self, listing: str, page: int) -> Answer:
        names = self.listings[listing]
        links = "".join(
            f'<li><a href="/a/{name}.html">{name}</a></li>' for name in names[(page - 1) * PAGE_SIZE :][:PAGE_SIZE]
        )
        following = f'<a class="next" href="/{listing}-{page + 1}">next</a>' if page * PAGE_SIZE < len(names) else ""
        return Answer(f"<html><ul>{links}</ul>{following}</html>")
