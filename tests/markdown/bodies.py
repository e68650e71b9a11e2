"""Random bodies of articles: nested blocks, inline marks and the characters that have a meaning in Markdown."""

from __future__ import annotations

from html import escape
from random import Random

LETTERS = [*"甲乙丙丁戊己庚辛字文章abcXY59"]
SPECIAL = ["~", "|", "[", "]", "(", ")", "](", "](/y)", "[甲](y)", "![x](y)", "[甲](乙丙)",
           "*", "_", "`", "```", "~~", "~~~", "-", "+", "#", "=", "1.", "2. ", "- ", "+ ",
           "# ", "> ", "---", "===", "[1]", "[1]: ", "[^1]", "[^1]: ", "[x] ", "\\", "!", "<", "<b>", "&", "&amp;",
           "&lt;", "{", "{{<", "{%", "}", "：", "。", "，", "“", "”", "（", "）",
           "%", "￥", "$", "：", "、", ",", ".", "'", '"',
           "**", "__", "5~10", "2025~2027年", "5%~8%", "~/x"]  # fmt: skip
BLANKS = [" ", "  ", "\n", "　", "\u00a0", "\u200b", " \n "]
ADDRESSES = ["https://a.example/s/ab_cd_ef", "http://b.example/~x/y?a=1&b=2", "https://c.example/_n_/m*n*o",
             "https://d.example/p.", "www.e.example/a_b"]  # fmt: skip
PICTURES = ["https://i.example/1.png", "/p/图 (1).jpg", "https://i.example/a_b~c.gif?x=1&y=2", ""]
ALTS = ["", "图片", "a]b", "[1]", "`", "a~b~c", "*", "|", "\\"]
INLINE = ["b", "strong", "em", "i", "del", "s", "a", "a", "code", "span", "span", "font", "u", "q", "sup", "sub",
          "block span", "kbd", "samp", "o:p", "small", "ruby", "anchor", "empty", "twins"]  # fmt: skip
BLOCKS = ["p", "p", "p", "div", "section", "blockquote", "h1", "h2", "h3", "h4", "ul", "ol", "table", "table", "dl",
          "pre", "details", "center", "figure", "my-card", "hr", "video", "audio", "h5", "h6", "iframe", "br", "items",
          "aside", "address"]  # fmt: skip
MARKS = ["b", "strong", "em", "i", "del", "s", "code", "a href=/1"]


class Bodies:
    """Generates HTML from *random*."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.left = 0  # elements that may still be added

    def body(self) -> str:
        self.left = self.random.randint(3, 25)
        parts = []
        while self.left > 0:
            parts.append(self.block(3) if self.random.random() < 0.85 else self.inline(2))
        page = "".join(parts)
        # "#" at the start of a line ends with the line: marks and links in it must not go on in the next line.
        return page.replace("\n", " ").replace("<br>", " ") if "#" in page else page

    def one(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def text(self) -> str:
        parts = []
        for _ in range(self.random.randint(0, 5)):
            kind = self.random.random()
            if kind < 0.5:
                parts.append(self.one(LETTERS))
            elif kind < 0.85:
                parts.append(self.one(SPECIAL))
            elif kind < 0.95:
                parts.append(self.one(BLANKS))
            else:
                parts.append(f"{self.one(['', ' ', '见'])}{self.one(ADDRESSES)}{self.one([' ', '，', '', '甲'])}")
        return escape("".join(parts))

    def inline(self, depth: int) -> str:
        parts = [self.text()]
        for _ in range(self.random.randint(0, 3)):
            self.left -= 1
            kind = self.random.random()
            if kind < 0.12:
                parts.append(self.picture())
            elif kind < 0.2:
                parts.append("<br>" * self.random.choice([1, 1, 2]))
            elif kind < 0.24:
                parts.append("<!-- x -->")
            elif depth:
                parts.append(self.element(self.one(INLINE), depth))
            parts.append(self.text() if self.chance(0.7) else "")
        return "".join(parts)

    def element(self, tag: str, depth: int) -> str:
        if tag in ("sup", "sub"):
            return f"<{tag}>{self.one(['2', '10', '-9', 'n+1', 'th', '[1]', '甲', 'x_y'])}</{tag}>"
        if tag in ("code", "kbd", "samp"):
            inner = self.text() if self.chance(0.8) else f"{self.text()}<br>{self.text()}"
            return f"<{tag}>{inner}</{tag}>"
        if tag == "ruby":
            return f"<ruby>{self.one(LETTERS)}<rp>(</rp><rt>{self.text()}</rt><rp>)</rp></ruby>"
        if tag == "anchor":
            return f"<a name='x'>{self.text() if self.chance(0.3) else ''}</a>"
        if tag == "empty":
            mark = self.one(MARKS)
            return f"<{mark}>{self.one(['', '', ' ', '<br>', '<span></span>'])}</{mark.split()[0]}>"
        if tag == "twins":  # the same mark twice, as editors write it
            mark = self.one(MARKS)
            between = self.one(["", "", " ", "<!-- -->", "<span></span>"])
            return between.join(f"<{mark}>{self.inline(depth - 1)}</{mark.split()[0]}>" for _ in "12")
        inner = self.block(1) if self.chance(0.06) else self.inline(depth - 1)
        if tag == "a":
            address = self.one(["https://l.example/1", "/x y(z)", "https://l.example/a_b", "#n", "javascript:x"])
            title = ' title="t&quot;\\"' if self.chance(0.1) else ""
            return f'<a href="{address}"{title}>{inner}</a>'
        if tag == "block span":
            return f'<span style="display:block">{inner}</span>'
        return f"<{tag}>{inner}</{tag}>"

    def picture(self) -> str:
        address, alt = escape(self.one(PICTURES)), escape(self.one(ALTS))
        if address and self.chance(0.2):
            lazy = f'<img src="/img/loading.gif" {self.one(["data-src", "data-original"])}="{address}" alt="{alt}">'
            return lazy + (f'<noscript><img src="{address}"></noscript>' if self.chance(0.3) else "")
        return f'<img src="{address}" alt="{alt}">'

    def block(self, depth: int) -> str:
        self.left -= 1
        tag = self.one(BLOCKS) if depth else "p"
        if tag in ("ul", "ol"):
            return f"<{tag}>{self.items(depth)}</{tag}>"
        if tag == "table":
            return self.table(depth)
        if tag == "dl":
            definitions = "".join(f"<dd>{self.content(depth)}</dd>" for _ in range(self.random.randint(1, 2)))
            return f"<dl><dt>{self.inline(1)}</dt>{definitions}</dl>"
        if tag == "pre":
            lines = [self.text() for _ in range(self.random.randint(1, 3))]
            form = self.random.random()
            if form < 0.4:
                return f"<pre>{chr(10).join(lines)}</pre>"
            if form < 0.6:
                return f"<pre><code>{'<br>'.join(lines)}</code></pre>"
            if form < 0.8:
                return f"<pre><code>{chr(10).join(f'<b>{line}</b>' for line in lines)}</code></pre>"
            return f"<pre>{''.join(f'<div>{line}</div>' for line in lines)}</pre>"
        if tag in ("hr", "br"):
            return f"<{tag}>"
        if tag == "items":  # outside of a list
            return self.items(depth)
        if tag == "iframe":
            address = self.one(["https://v.qq.com/txp/iframe/player.html?vid=a_b", "https://ad.example/1", ""])
            return f'<iframe src="{address}"></iframe>'
        if tag in ("video", "audio"):
            source = self.one(['src="https://v.example/1.mp4"', 'src="/v.mp4" poster="/p (1).png"', ""])
            inner = self.one(["", "", "<source src='/v (2).mp4'><source src='/v.ogg'>"])
            return f"<{tag} {source}>{inner}您的浏览器不支持</{tag}>"
        if tag == "figure":
            return f"<figure>{self.picture()}<figcaption>{self.inline(1)}</figcaption></figure>"
        if tag == "details":
            return f"<details><summary>{self.inline(1)}</summary>{self.content(depth)}</details>"
        return f"<{tag}>{self.inline(2) if tag[0] in 'hp' else self.content(depth)}</{tag}>"

    def content(self, depth: int) -> str:
        if depth < 2 or self.chance(0.6):
            return self.inline(2)
        return "".join(
            self.block(depth - 1) if self.chance(0.7) else self.inline(1) for _ in range(self.random.randint(1, 3))
        )

    def items(self, depth: int) -> str:
        parts = []
        for _ in range(self.random.randint(1, 3)):
            parts.append(f"<li>{self.content(depth)}</li>")
            if self.chance(0.1):
                parts.append(self.one(["<br>", "\n", "<!-- x -->"]))
            if depth > 1 and self.chance(0.2):
                tag = self.one(["ul", "ol"])
                parts.append(f"<{tag}>{self.items(depth - 1)}</{tag}>")
            elif self.chance(0.05):
                parts.append(self.text())
        return "".join(parts)

    def table(self, depth: int) -> str:
        columns, rows = self.random.randint(1, 3), []
        head = self.random.random()
        number_of_rows = self.random.randint(1, 3)
        for row in range(number_of_rows):
            cells, column = [], 0
            while column < columns:
                tag = "th" if row == 0 and head < 0.4 else "td"
                attributes, width = "", 1
                if columns > 1 and self.chance(0.1) and row < number_of_rows - 1:
                    attributes += ' rowspan="2"'
                if column < columns - 1 and self.chance(0.1):
                    attributes, width = attributes + ' colspan="2"', 2
                inner = self.content(depth) if depth > 1 and self.chance(0.1) else self.inline(1)
                inner = f"<p>{self.inline(1)}</p>" if self.chance(0.2) else inner
                cells.append(f"<{tag}{attributes}>{inner}</{tag}>")
                column += width
            rows.append(f"<tr>{''.join(cells)}</tr>")
        caption = f"<caption>{self.inline(1)}</caption>" if self.chance(0.1) else ""
        caption += "<colgroup><col><col></colgroup>" if self.chance(0.1) else ""
        if head > 0.9 and len(rows) > 1:  # the foot first, as HTML 4 asks
            return f"<table>{caption}<thead>{rows[0]}</thead><tfoot>{rows[1]}</tfoot>{''.join(rows[2:])}</table>"
        if head > 0.8:
            return f"<table>{caption}<thead>{rows[0]}</thead><tbody>{''.join(rows[1:])}</tbody></table>"
        return f"<table>{caption}{''.join(rows)}</table>"
