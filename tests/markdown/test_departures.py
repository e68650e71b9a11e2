"""Where the format departs from markdownify: forms that readers of the rendered page would lose or misread."""

from __future__ import annotations

import pytest

from crawler.markdown.convert import convert
from crawler.markdown.summary import CUT, summarize, summary_of
from crawler.reading.html import parse_fragment
from tests.support.cpu_time import within


def markdown(page: str) -> str:
    return convert(parse_fragment(page)).text


def example(name: str, page: str, expected: str) -> object:
    return pytest.param(page, expected, id=name)


def check(page: str, expected: str) -> None:
    assert markdown(page) == expected
    # markdownify, which converts h7, follows the same rules.
    assert markdown(f"{page}<h7>尾</h7>") == f"{expected}\n\n###### 尾"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("two ranges", "<p>2025~2027年净利10~12亿元</p>", r"2025\~2027年净利10\~12亿元"),
        example("one range", "<p>净利10~12亿元</p>", "净利10~12亿元"),
        example("closed by no other", "<p>5%~8%，6%~9%</p>", "5%~8%，6%~9%"),
        example("paragraphs", "<p>5~10</p><p>5~10</p>", "5~10\n\n5~10"),
        example("items", "<ul><li>5~10</li><li>5~10</li></ul>", "* 5~10\n* 5~10"),
        example("numbers in an item", "<ul><li><ol><li>5~10</li><li>5~10</li></ol></li></ul>",
                "* 1. 5~10\n  2. 5~10"),
        example("numbers in the lines of an item", "<ul><li>5~10<br>2. 5~10</li></ul>",
                "* 5\\~10  \n  2. 5\\~10"),
        example("lines of a paragraph", "<p>5~10<br>5~10</p>", "5\\~10  \n5\\~10"),
        example("over bold", "<p>5~<b>10</b>，5~10</p>", "5~**10**，5~10"),
        example("in a heading", "<h3>5~10和5~10</h3>", r"### 5\~10和5\~10"),
        example("cells", "<table><tr><td>5~10<td>5~10和5~10</table>",
                "|  |  |\n| --- | --- |\n| 5~10 | 5\\~10和5\\~10 |"),
        example("beside struck text", "<p>~<del>甲</del></p>", "&#126;~~甲~~"),
        example("beside a blank in marks", "<p><i>~ 甲 ~~</i>，<b>\u3000~<u><br>乙 ~ </u></b><i>~丙~</i></p>",
                "*\\~ 甲 \\~\\~*，**\\~  \n乙 \\~** *\\~丙\\~*"),
        example("one beside a blank in marks", "<p><i>\u200b\n~ 甲</i></p><p><b>乙 ~</b></p><s>~ 丙</s>",
                "*\\~ 甲*\n\n**乙 \\~**\n\n~~&#126; 丙~~"),
        example("one beside text in marks", "<p><b>~甲</b></p><i>乙~</i> 丙", "**~甲**\n\n*乙~* 丙"),
        example("in code", "<p><code>a~b~c</code></p>", "`a~b~c`"),
        example("fence", "<p>~~~</p><p>甲</p>", "\\~~~\n\n甲"),
        example("struck twice", "<p><s><del>甲</del>乙</s></p>", "~~甲乙~~"),
    ],
)  # fmt: skip
def test_tildes(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("exponent", "10<sup>-9</sup>和m<sup>2</sup>", "10⁻⁹和m²"),
        example("formula", "CO<sub>2</sub>与a<sub>n+1</sub>", "CO₂与aₙ₊₁"),
        example("text", "5<sup>th</sup>，V<sub>max</sub>", "5^(th)，V_(max)"),
        example("note", "甲<sup>[1]</sup>乙<sup>［注2］</sup>", "甲[1]乙［注2］"),
        example("link", '甲<sup><a href="#n">1</a></sup>', "甲[1](#n)"),
        example("bold", "x<sup><b>2</b></sup>", "x**²**"),
        example("in code", "<code>x<sup>2</sup>y<sub>ab</sub></code>", "`x²y_(ab)`"),
        example("after punctuation", "）<sub>a</sub>）<sub>b</sub>", r"）\_(a)）\_(b)"),
        example("empty", "甲<sup></sup>乙", "甲乙"),
    ],
)
def test_superscripts_and_subscripts(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("rowspan", "<table><tr><th>甲<th>乙<tr><td rowspan=2>1<td>2<tr><td>3</table>",
                "| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n| 1 | 3 |"),
        example("rowspan in the first row", "<table><tr><td rowspan=2>1<td>2<tr><td>3<td>4</table>",
                "|  |  |  |\n| --- | --- | --- |\n| 1 | 2 |  |\n| 1 | 3 | 4 |"),
        example("rowspan to the end of the head",
                "<table><thead><tr><th rowspan=9>1<th>2</thead><tr><td>3<td>4</table>",
                "| 1 | 2 |\n| --- | --- |\n| 3 | 4 |"),
        example("colspan", "<table><tr><th>1<th>2<th>3<tr><td colspan=2>甲<td>乙</table>",
                "| 1 | 2 | 3 |\n| --- | --- | --- |\n| 甲 |  | 乙 |"),
        example("colspan and rowspan", "<table><tr><td colspan=2 rowspan=2>甲<td>1<tr><td>2</table>",
                "|  |  |  |\n| --- | --- | --- |\n| 甲 |  | 1 |\n| 甲 |  | 2 |"),
        example("caption and columns", "<table><caption>表1</caption><colgroup><col></colgroup><tr><td>1<td>2</table>",
                "表1\n\n|  |  |\n| --- | --- |\n| 1 | 2 |"),
        example("empty row", "<table><tr></tr><tr><th>1<th>2<tr><td>3<td>4</table>",
                "| 1 | 2 |\n| --- | --- |\n| 3 | 4 |"),
        example("foot first", "<table><tfoot><tr><td>5<td>6</tfoot><thead><tr><td>1<td>2</thead><tr><td>3<td>4</table>",
                "| 1 | 2 |\n| --- | --- |\n| 3 | 4 |\n| 5 | 6 |"),
        example("wider rows", "<table><tr><th>1<tr><td>2<td>3</table>", "| 1 |  |\n| --- | --- |\n| 2 | 3 |"),
        example("pipes", "<table><tr><td>a|b<td><code>c|d</code></table>|e",
                "|  |  |\n| --- | --- |\n| a\\|b | `c\\|d` |\n\n|e"),
        example("pictures", "<table><tr><td><img src=/1.png alt='a|b'><tr><td>图</table>",
                "|  |\n| --- |\n| ![a\\|b](/1.png) |\n| 图 |"),
        example("wrapped cells", "<table><tr><td><div><p>1</p></div><td><section>2</section></table>",
                "|  |  |\n| --- | --- |\n| 1 | 2 |"),
        example("several blocks", "<table><tr><td><p>1</p><p>2</p><td>3</table>",
                "|  |  |\n| --- | --- |\n| 1  2 | 3 |"),
        example("several blocks in a column", "<table><tr><td><p>1</p><p>2</p><tr><td>3</table>", "1\n\n2\n\n3"),
        example("one cell", "<table><tr><td>甲</table>", "甲"),
        example("list in a cell", "<table><tr><td><ul><li>1</ul><td>2</table>", "* 1\n\n2"),
        example("heading in a cell", "<table><tr><td><h3>1</h3><td>2</table>", "### 1\n\n2"),
        example("table in a caption", "<table><caption><table><tr><td>1<td>2</table></caption><tr><td>3<td>4</table>",
                "|  |  |\n| --- | --- |\n| 1 | 2 |\n\n|  |  |\n| --- | --- |\n| 3 | 4 |"),
        example("foot of a layout table",
                "<table><tfoot><tr><td>3<td>4</tfoot><tr><td><h3>1</h3><td>2</table>", "### 1\n\n2\n\n3\n\n4"),
        example("table in a cell", "<table><tr><td><table><tr><td>1<td>2</table><td>3</table>",
                "|  |  |\n| --- | --- |\n| 1 | 2 |\n\n3"),
        example("text outside of cells", "<table>甲<tr><td>1<td>2</table>",
                "甲\n\n|  |  |\n| --- | --- |\n| 1 | 2 |"),
        example("rows in a form", "<table><form><tr><td>1<td>2</tr></form></table>",
                "|  |  |\n| --- | --- |\n| 1 | 2 |"),
        example("no content", "<p>甲</p><table><tr><td><td></table>乙", "甲\n\n乙"),
    ],
)  # fmt: skip
def test_tables(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("in a heading", "<h3>甲<img src=/1.png></h3>", "### 甲![](/1.png)"),
        example("in a link", '<a href="/x"><img src=/1.png alt="图"></a>', "[![图](/1.png)](/x)"),
        example("blanks and parentheses", '<img src="/图 (1).png"><a href="/a b(c">甲</a>',
                "![](/图%20%281%29.png)[甲](/a%20b%28c)"),
        example("other blanks", '<img src="/a\u3000b\u00a0.png">', "![](/a%E3%80%80b%C2%A0.png)"),
        example("unbalanced alt", '<img src="/1.png" alt="a]b[c"><img src="/2.png" alt="[1]">',
                r"![a\]b\[c](/1.png)![[1]](/2.png)"),
        example("unbalanced label", '<a href="/x">甲]乙</a><a href="/y">[1]</a>', r"[甲\]乙](/x)[[1]](/y)"),
        example("exclamation mark before a link", '注意!<a href="/x">甲</a>', r"注意\![甲](/x)"),
        example("link in a link", '<a href="/x">甲<span><a href="/y">乙</a></span></a>', "[甲](/x)[乙](/y)"),
        example("written link",
                "<p>见图[1](附录) [2](/x '甲') ![3](y)。</p>", r"见图[1\](附录) [2\](/x '甲') ![3\](y)。"),
        example("written link with blanks", "<p>(2)](3) [1](见 附录)</p>", "(2)](3) [1](见 附录)"),
        example("written link before a URL", "<p>[1]( https://a.example/a*b)</p>",
                r"[1\]( <https://a.example/a*b>)"),
        example("link inside of bold in a link", '<a href="/x">甲<b>乙<a href="/y">丙</a></b></a>',
                "[甲](/x)[**乙**](/x)**[丙](/y)**"),
        example("ideographic space in a written link",
                '[甲](乙\u3000丙<a href="/x">丁</a>', "[甲\\](乙\u3000丙[丁](/x)"),
        example("blank in an anchor", '<p>甲<a name="x"> 乙 </a>丙</p>', "甲 乙 丙"),
        example("bracket before a link", '[甲](<a href="/y">乙</a>', r"[甲\]([乙](/y)"),
    ],
)  # fmt: skip
def test_pictures_and_links(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("bold", "<b>一、</b><strong>行业</strong>概况", "**一、行业**概况"),
        example("italics", "<i>甲</i><em>乙</em>", "*甲乙*"),
        example("struck out", "<s>甲</s><del>乙</del>", "~~甲乙~~"),
        example("code", "<code>a</code><kbd>b</kbd>", "`ab`"),
        example("through elements", "<span><b>甲</b></span><font><u><b>乙</b></u>丙</font>", "**甲乙**丙"),
        example("through comments", "<b>甲</b><!-- x --><b>乙</b>", "**甲乙**"),
        example("many", "<b>甲</b>" * 4, "**甲甲甲甲**"),
        example("both", "<b><i>甲</i></b><b><i>乙</i></b>", "***甲乙***"),
        example("through a picture without an address", "<code>a</code><img src=''><code>b</code>", "`ab`"),
        example("code around empty code", "<kbd>a</kbd><samp></samp><code>b</code><code>c</code>", "`abc`"),
        example("code around an empty link", "<code>a</code><a href=/1></a><code>b</code>", "`ab`"),
        example("code around an anchor", "<code>a</code><a name=x></a><code>b</code>", "`ab`"),
        example("blank before a line break", "<p><b>甲 \n</b><b>乙</b></p>", "**甲\n乙**"),
        example("marks through spans", "<b><span><font>甲</font><u>乙</u></span></b>", "**甲乙**"),
        example("block in spans in a mark", "<b><span>甲<span><p>乙</p></span></span></b>", "**甲**\n\n**乙**"),
        example("code in a heading", "<h3><code>a</code><em><pre>b</pre></em></h3>", "### `a`*`b`*"),
        example("quotation", "<p><q>甲<b>乙</b></q><code><q>丙</q></code><s><q></q></s></p>", '"甲**乙**"`"丙"`~~""~~'),
        example("blank between", "<b>甲</b> <b>乙 </b><b>丙</b>", "**甲** **乙** **丙**"),
        example("nested", "<b>甲<b>乙</b></b>", "**甲**乙****"),
        example("bold with italics after italics", "子<i>甲</i><b>乙<i>丙</i>丁</b>子",
                "子*甲*\u200b**乙*丙*丁**子"),
        example("italics after bold with italics", "子<b>甲<i>乙</i></b><em>丙</em>子", "子**甲*乙***\u200b*丙*子"),
        example("bold after italics", "子<i>甲</i><b>乙</b>子", "子*甲***乙**子"),
        example("around blocks", "<b><div>甲</div>乙<div>丙</div></b>", "**甲**\n\n**乙**\n\n**丙**"),
        example("link around blocks", '<a href="/x"><img src="/1.png"><div>甲</div></a>',
                "[![](/1.png)](/x)\n\n[甲](/x)"),
        example("around a list", "<b><ul><li>甲<li>乙</ul></b>", "* **甲**\n* **乙**"),
        example("empty line", "<b>甲<br><br>乙</b>", "**甲**\n\n**乙**"),
        example("marker after a break", "<b>甲<br>- 乙</b>", "**甲**  \n**- 乙**"),
        example("marker after a zero-width space", "<b>甲<br>\u200b<u>- 乙</u></b>", "**甲**  \n**\u200b- 乙**"),
        example("marker after an element with a break", "<a href=/x><font>甲<br></font>&gt; 乙</a>",
                "[甲](/x)  \n[> 乙](/x)"),
        example("marker after a picture without an address", "<b>甲<br><img src=''>- 乙</b>", "**甲 - 乙**"),
        example("indented marker in a later line", "<b>甲\n\u3000- 乙\n\u200b\n1. 丙</b>", "**甲 - 乙 1. 丙**"),
        example("row of a table in a later line", "<b>甲|乙\n|-|-\n丙</b>", "**甲|乙 |-|-\n丙**"),
        example("zero-width last line", "<i>甲\n\u200b</i>丙<b>乙<br>\u3000\ufeff <i></i></b>丁", "*甲*丙**乙**丁"),
        example("zero-width first line", "甲<i>\u200b\n乙</i>，<b> \ufeff<br>丙</b>", "甲*乙*，**丙**"),
        example("only zero-width lines", "甲<i>\u200b\n\u200b</i>乙<b>\u200b</b>", "甲乙**\u200b**"),
        example("zero-width line in a heading", "<h1><i>甲\n\u200b</i> 丙</h1>", "*甲* 丙\n====="),
        example("empty line in a heading", "<h1>甲\n\u200b</h1><h2>甲\n\u3000\n乙</h2>", "甲\n=\n\n甲\n乙\n---"),
        example("marker in a line of a heading", "<h1>甲\n- 乙</h1>", "甲 - 乙\n====="),
        example("heading around a line in marks", "<h2><b>甲<q><hr></q>乙</b># 丙</h2>",
                '**甲"**\n------\n\n---\n\n**"乙**# 丙\n---------'),
        example("heading around a list", "<h3>甲<ul><li>乙</ul>丙</h3>", "### 甲\n\n* 乙\n\n### 丙"),
    ],
)  # fmt: skip
def test_marks(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example(
            "in a list at the start of an item",
            "<ul><li><ol><li>甲</li><li>[1]: /x</li></ol></li></ul>",
            "* 1. 甲\n  2. \\[1]: /x",
        ),
        example(
            "after a list at the start of an item",
            "<ol><li><ul><li>甲</li></ul></li><li>[1]: /x</li></ol>",
            "1. * 甲\n2. \\[1]: /x",
        ),
        example(
            "number in a line of an item",
            "<ol><li><ul><li>甲<br>2. [1]: /x</li></ul></li></ol>",
            "1. * 甲  \n     2. [1]: /x",
        ),
        example("definition", "<p>[1]: https://a.example/1</p>", r"\[1]: https://a.example/1"),
        example("text as a URL", "<p>[注]: 数据来自公司。</p>", r"\[注]: 数据来自公司。"),
        example("URL in the next line", "<p>[1]:<br>https://a.example/1</p>", "\\[1]:  \nhttps://a.example/1"),
        example("in an item", "<ul><li>[1]: /x</li></ul>", r"* \[1]: /x"),
        example("second line", "<p>甲<br>[1]: /x</p>", "甲  \n[1]: /x"),
        example("no definition", "<p>[1]: 甲 乙</p>", "[1]: 甲 乙"),
        example("footnote", "<p>甲<br>[^1]: 乙 丙</p>", "甲  \n\\[^1]: 乙 丙"),
        example("in a quote in an item", "<ul><li>甲<blockquote>[1]: /x</blockquote></li></ul>", "* 甲\n  > \\[1]: /x"),
        example("check box", "<ul><li>[x] 甲</li><li>[ ]</li></ul>", "* \\[x] 甲\n* \\[ ]"),
        example(
            "check box of cmark-gfm",
            "<ul><li>甲<p>9丁 [x] 乙</p>15 [ ] 丙</li></ul>",
            "* 甲\n\n  9丁 \\[x] 乙\n\n  15 \\[ ] 丙",
        ),
        example(
            "check box in a quote in an item",
            "<ul><li><blockquote><ol><li>[x] 甲</li></ol></blockquote></li></ul>",
            "* > 1. \\[x] 甲",
        ),
        example("label with escaped brackets", "<p>[甲](y)乙<br>[^1]:<br>5</p>", "\\[甲\\](y)乙  \n\\[^1]:  \n5"),
        example(
            "brackets over two lines of a quote",
            "<blockquote>[甲](y)乙](丙(丁\n)</blockquote>",
            "> [甲\\](y)乙\\](丙(丁\n> )",
        ),
        example("bullet without text", "<p>甲```乙\n+<br>丙```</p>", "甲&#96;&#96;&#96;乙\n+  \n丙&#96;&#96;&#96;"),
        example("linked letter with a blank", '<ul><li><a href="/x">X </a>甲</li></ul>', "* [&#88;](/x) 甲"),
        example("backslash before a break", r"<p>甲\<br>_乙_</p>", "甲\\\\  \n\\_乙\\_"),
        example(
            "quote with a code of two lines",
            "<ol><li><blockquote>`甲<br>乙`</blockquote></li></ol>",
            "1. > &#96;甲  \n   > 乙&#96;",
        ),
        example("linked letter", '<ul><li><a href="/x">X</a></li></ul>', "* [&#88;](/x)"),
        example("in a later item", "<ol><li>甲<p>乙</p></li><li>[1]: /x</li></ol>", "1. 甲\n\n   乙\n2. \\[1]: /x"),
        example("closing marks of a heading", "<h3>甲 #</h3><h3>C#</h3>", "### 甲 \\#\n\n### C#"),
        example("closing marks before a zero-width space", "<h3>甲 # \u200b</h3>", "### 甲 \\#"),
        example("backslash", r"<p>C:\.a \b</p>", r"C:\\.a \b"),
        example("code in text", "<p>`甲_乙`</p>", r"&#96;甲\_乙&#96;"),
        example("fence in text", "<p>```</p><p>甲</p>", "&#96;``\n\n甲"),
    ],
)
def test_text_that_markdown_would_drop(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("underscores", "<p>https://a.example/ab_cd_ef</p>", "https://a.example/ab_cd_ef"),
        example("in a sentence", "<p>见https://a.example/a_b，再看a_b</p>", r"见<https://a.example/a_b>，再看a\_b"),
        example("over elements", "<p>https://a.example/ab<span>_cd</span></p>", "https://a.example/ab_cd"),
        example("delimiters", "<p>https://a.example/_a_/b*c*</p>", r"<https://a.example/_a_/b*c>\*"),
        example("in a label", '<a href="/x">https://a.example/a_b</a>', r"[https://a.example/a\_b](/x)"),
        example(
            "own link", '<a href="https://a.example/a_b~c">https://a.example/a_b~c</a>', "<https://a.example/a_b~c>"
        ),
        example("without a scheme", "<p>www.a.example/a_b 甲</p>", "www.a.example/a_b 甲"),
        example("in bold", "<p>甲<b>https://a.example/1</b>乙</p>", "甲**\u200b<https://a.example/1>\u200b**乙"),
        example(
            "bold before a tilde",
            "<p>甲<b>https://a.example/1 </b>~乙<b>https://a.example/2</b>~丙~</p>",
            "甲**\u200b<https://a.example/1>** \\~乙**\u200b<https://a.example/2>\u200b**\\~丙\\~",
        ),
        example("tildes", "<p>https://a.example/~x 5~10 5~10</p>", r"<https://a.example/~x> 5\~10 5\~10"),
        example(
            "before an unsafe link",
            "<p>https://a.example/p.](ca:x 乙) https://b.example/x&amp;y](d:e)</p>",
            "<https://a.example/p>.&#93;(ca:x 乙) <https://b.example/x&y>&#93;(d:e)",
        ),
        example(
            "unsafe link with a URL",
            "<p>https://a.example/p.](cahttps://b.example/_n_/m*n*o，</p>",
            "<https://a.example/p>.](ca<https://b.example/_n_/m*n*o>，",
        ),
        example("tilde before a URL", "<p>5~8%{~https://a.example/a*b 甲</p>", r"5\~8%{\~<https://a.example/a*b> 甲"),
    ],
)
def test_addresses_in_text(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("details", "<details><summary>问</summary>答</details>文", "问\n\n答\n\n文"),
        example("figure", "甲<figure><img src=/1.png><figcaption>图</figcaption></figure>乙",
                "甲\n\n![](/1.png)\n\n图\n\n乙"),
        example("others", "<center>1</center><aside>2</aside><my-card>3</my-card><address>4</address>5",
                "1\n\n2\n\n3\n\n4\n\n5"),
        example("display: block",
                '甲<span style="color:red; DISPLAY : block">乙</span><b style="display:block">丙</b>丁',
                "甲\n\n乙\n\n**丙**\n\n丁"),
        example("empty", "5<p></p>10<div> </div>甲<span style='display:block'></span>1. 乙<aside></aside>",
                "5\n\n10\n\n甲\n\n1. 乙"),
        example("empty heading", "甲<h1></h1>乙<h3> \u200b</h3>丙", "甲\n\n乙\n\n丙"),
        example("empty in bold", "<b>甲<div></div>乙</b>", "**甲**\n\n**乙**"),
        example("empty at the ends of bold", "甲<b><div> </div>乙<div></div></b>丙", "甲\n\n**乙**\n\n丙"),
        example("empty in a link", "<p># 甲<a href=/x>乙<span style='display:block'></span>丙</a></p>",
                "# 甲[乙](/x)\n\n[丙](/x)"),
        example("empty in marks in a heading", "<h3><b>甲<div></div>乙</b></h3>", "### **甲** **乙**"),
        example("empty in a heading", "<h3>甲<div></div>乙</h3>", "### 甲 乙"),
        example("other styles",
                '甲<span style="display:inline-block">乙</span><i style="display:flex">丙</i>', "甲乙*丙*"),
        example("unknown inline elements", "甲<o:p>乙</o:p><small>丙</small>", "甲乙丙"),
        example("definitions", "<dl><dt>甲<dd>乙<dd>丙<dt><b>丁</b></dl>", "**甲**\n\n乙\n\n丙\n\n**丁**"),
    ],
)  # fmt: skip
def test_blocks(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("list in a list", "<ul><li>一</li><ul><li>一之一</li></ul><li>二</li></ul>", "* 一\n  + 一之一\n* 二"),
        example("numbers", "<ol><li>一</li><ol><li>甲</li></ol><li>二</li></ol>", "1. 一\n   1. 甲\n2. 二"),
        example("without an item before", "<ul><ul><li>甲</li></ul></ul>", "* 甲"),
        example("text in a list", "<ul>甲<li>乙</li>丙<li>丁</li></ul>", "甲\n\n* 乙\n\n  丙\n* 丁"),
        example(
            "a line in a list",
            "<ul><li>甲</li>乙 <b>丙</b> <code>丁</code><p>戊</p></ul>",
            "* 甲\n\n  乙 **丙** `丁`\n\n  戊",
        ),
        example(
            "indented paragraph in a quote",
            "<blockquote><ul><li>甲<p>　乙</p></li></ul></blockquote>",
            "> * 甲\n>\n>   乙",
        ),
        example("number after text", "<ol><li>甲<ol start=5><li>乙</li></ol></li></ol>", "1. 甲\n\n   5. 乙"),
        example("wrapped items", "<ol><div><li>甲</li><li>乙</li></div></ol>", "1. 甲\n2. 乙"),
        example("items without a list", "甲<li>乙</li><li>丙</li>", "甲\n\n* 乙\n* 丙"),
        example("text after a nested list", "<ul><li>甲<ul><li>乙</li></ul>丙</li></ul>", "* 甲\n  + 乙\n\n  丙"),
        example("item with an empty line", "<ul><li>\u200b<p>甲</p></li></ul>", "* 甲"),
        example("indented paragraph", "<ul><li><p>甲</p><p>　　乙</p></li></ul>", "* 甲\n\n  乙"),
    ],
)
def test_lists(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("breaks", "<pre>a<br>  b</pre>", "```\na\n  b\n```"),
        example("one element per line", "<pre><div>a</div><div><br></div><div>  b</div></pre>", "```\na\n\n  b\n```"),
        example("code per line", "<pre><code>a</code><code>b</code></pre>", "```\na\nb\n```"),
        example("items", "<pre><ol>\n<li>a</li>\n<li>b</li>\n</ol></pre>", "```\na\nb\n```"),
        example("lines", '<pre><span class="line">a</span><span class="line">b</span></pre>', "```\na\nb\n```"),
        example(
            "lines with breaks", '<pre><span class="line">a\n</span><span class="line">b</span></pre>', "```\na\nb\n```"
        ),
        example(
            "gutter", "<table><tr><td><pre>1\n2</pre><td><pre>a\nb</pre></table>", "```\n1\n2\n```\n\n```\na\nb\n```"
        ),
        example("not preformatted", "<p><code>a<br>b</code></p>", "```\na\nb\n```"),
        example("in text", "<p>甲<code>a<br>b</code></p>", "甲`a`  \n`b`"),
        example("picture", "<pre>a<img src=/1.png>b</pre>", "```\nab\n```\n\n![](/1.png)"),
        example("marks", "<pre><b>a</b><i> *b*</i></pre>", "```\na *b*\n```"),
    ],
)
def test_code(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        example("video", "甲<video src=/1.mp4>\n您的浏览器不支持\n</video>乙", "甲\n\n[视频](/1.mp4)\n\n乙"),
        example("source and poster", "<video poster=/p.png>\n<source src=/1.mp4>\n不支持\n</video>",
                "[![](/p.png)](/1.mp4)"),
        example("audio", "<audio><source src=/1.ogg></audio><video src=/2.mp3></video>",
                "[音频](/1.ogg)\n\n[音频](/2.mp3)"),
        example("player", '<iframe src="https://v.qq.com/txp/iframe/player.html?vid=x"></iframe>',
                "[视频](https://v.qq.com/txp/iframe/player.html?vid=x)"),
        example("other frame", '甲<iframe src="https://ad.example/1"></iframe>乙', "甲乙"),
        example("without an address", "甲<video poster=/p.png>不支持</video><audio></audio>乙", "甲乙"),
        example("unsafe", '甲<video src="javascript:x"></video>乙', "甲乙"),
        example("in a link", '<a href="/x">甲<video src=/1.mp4></video></a>', "[甲](/x)\n\n[视频](/1.mp4)"),
    ],
)  # fmt: skip
def test_media(page: str, expected: str) -> None:
    check(page, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲" * 79, "甲" * 79),
        ("甲" * 80, "甲" * 50 + "..."),
        ("\n　　" + "甲" * 80, "甲" * 47 + "..."),
        (" " * 20 + "甲" * 80, "甲" * 30 + "..."),  # 30 visible characters are enough
        (" " * 21 + "甲" * 80, "甲" * 50 + "..."),
        (" " * 60 + "甲" * 51, "甲" * 50 + "..."),
        (" " * 60 + "甲" * 50, "..."),  # the folded text is not longer than the cut
        ("甲 \n\u3000" * 40, ("甲 " * 25).strip() + " ..."),
    ],
)
def test_summary(text: str, expected: str) -> None:
    assert summarize(text) == expected
    assert summary_of(parse_fragment(f"<p>{text}</p>")) == expected


def test_summary_reads_as_much_of_the_text_as_it_needs() -> None:
    page = f"<p>{' ' * 5 * CUT}</p><p>{'甲' * 60}</p>"
    assert summary_of(parse_fragment(page)) == "甲" * 50 + "..."


def test_text_after_a_video_without_an_end_tag_stays() -> None:
    text = "正文" * 200
    assert text in markdown(f"<video src=/1.mp4>不支持<p>{text}</p>")


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr>" + "<td colspan=9999999>x" * 2_000,
        "<table>" + "<tr><td rowspan=65534>x<td>y" * 3_000,
        "<table><tr>" + "<td rowspan=65534>x" * 1_000 + "<tr><td>y" * 5_000,
        "<table><tr>" + "<td>x" * 5_000 + "<tr><td>y" * 5_000,
        f"<table><tr><td rowspan=65534>{'x' * 100_000}<td>1" + "<tr><td>y" * 5_000,
        "<table><tr><td>" * 600 + "x",
        "<b><a href=/x>" + "<p>x</p>" * 10_000,
        "<b><i>x" + "<div></div>y" * 20_000,
        "<b><i><s>" + "<div>x" * 600 + "<br><br>y" * 10_000,
        "<b>x</b>" * 20_000,
        "<span><b>x</b></span>" * 20_000,
        "<ul>" * 600 + "<li>x" * 5_000,
        "<pre>" + "<div>x</div>" * 20_000,
        "<code>" + "x<br>" * 20_000,
        "x<sup>2</sup>" * 20_000,
        "<h3>" + "<ul><li>x</ul>" * 5_000,
        "<p>" + "~x" * 50_000,
        "<p>" + "[1" * 50_000 + "]: x",
        "<p>" + "](" * 50_000,
        "<p>" + "https://a.example/_" * 10_000,
        "<a href=/x>" + "[" * 50_000,
        "<p>" + "`a" * 50_000,
        "<p>" + "\\" * 100_000,
        "<h3>" + "# " * 50_000,
        "<p>" + "www." * 30_000,
    ],
)
def test_hostile_bodies_are_converted_in_bounded_time_and_size(page: str) -> None:
    converted = within(5, lambda: convert(parse_fragment(page)))
    assert converted.by == "walk"
    assert len(converted.text) < 10 * len(page) + 1_000_000
