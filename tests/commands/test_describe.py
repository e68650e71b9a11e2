"""What `record` and `check-site` print of an article."""

from __future__ import annotations

from crawler.commands.describe import article_lines
from crawler.items import Article


def test_unread_time_is_printed() -> None:
    article = Article(source="toy", id="1", url="https://a.example/1", title="标题", date="2025-02-11", markdown="文")
    lines = [line for line in article_lines(article) if line.startswith("time")]
    assert lines == []
    chosen = {"date": "byline", "unread_time": "byline"}
    marked = Article(source="toy", id="1", url="https://a.example/1", title="标题", date="2025-02-11", chosen=chosen)
    lines = article_lines(marked)
    assert "date:       2025-02-11   [byline]" in lines
    assert "time:       not read: the page has a time of day   [byline]" in lines
