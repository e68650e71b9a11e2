# ruff: noqa: E501
"""Pieces of text for malformed titles, texts, attributes and bodies. All of them are invented."""

from __future__ import annotations

ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e"]
BIDI = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069", "\u200e", "\u200f", "\u061c"]
CONTROLS = ["\x00", "\x01", "\x03", "\x07", "\x08", "\x0b", "\x0c", "\x0e", "\x10", "\x14", "\x1b[31m", "\x1f", "\x7f",
            "\x80", "\x85", "\x9f"]  # fmt: skip
ODD = [
    "\u2028", "\u2029", "\ufffe", "\uffff", "\ufffd", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0002070e",
    "\U000e0041", "\U0010ffff", "e\u0301" * 3, "Z\u0351\u036b\u0343", "\u3000", "\u00a0", "\u2003", "\ue000",
]  # fmt: skip
SURROGATES = ["\ud83d", "\ude00", "\udfff\ud800", "\ud800"]
PLAIN = ["字", "新能源汽车", "Plain words", "一季度增长 12.5%", "。", "，", "“引”", "AT&T", "a<b", "x > y", "5%", "{a}"]
YAML = [
    "---", "...", "+++", "title: x", "- a", "? a", ": b", "a: b: c", "# no comment", "!!python/object:os.system",
    "!!binary x", "&anchor", "*alias", "<<: *a", "%YAML 1.2", "@at", "`tick", "|", "|-", ">", ">-", "{a: b", "[a, b",
    "'", "''", '"', '\\"', "\\", "\\x41", "\\n", "null", "~", "true", "no", "0o17", "1e3", ".inf", "2024-02-30",
    "2024-01-01", "12:30:45", "=", "y", "\t", "\n---\n", "\n...\n", "\ndraft: true\n", "\nurl: /../../x\n",
]  # fmt: skip
TEMPLATES = [
    "{{", "}}", "{{<", ">}}", "{{%", "%}}", "{%", "%}", "{{< youtube x >}}", "{{% include x %}}", "{{</* x */>}}",
    "{% hint %}", "{% endhint %}", '{% include "../../etc" %}', "{{ .Site.Title }}", "{{{", "{{{<", "{{{{%",
    "{{< highlight go >}}", "{{< param x >}}", "{ {<", "{\u200b{<", "{{-", "{#", "${x}", "<%= x %>", "{{&lt;",
    "&#123;{<", "{&#123;%", "{{\\<", "\\{{<", "\\{%", "{{<x.inline>}}{{ .Page }}{{</x.inline>}}", "{.a onclick=x}",
    "{onclick=x}", '{style="x:y"}', "{#id}", "{=}", "{a=<}", "{id=}",
]  # fmt: skip
TAGS = [
    "<script>bad()</script>", "</script>", "<script", "<SCRIPT SRC=//e.vil>", "<img src=x onerror=bad()>",
    "<svg/onload=bad()>", "<xq>", "</xq>", "<iframe src=javascript:bad()>", "<style>", "<!--", "-->", "<!-- x -->",
    "<?php", "?>", "<![CDATA[", "]]>", "<!DOCTYPE x>", "<b onclick=bad()>", "<", "</", "<!", "<?",
    "<a href=javascript:bad()>x</a>", "<details open>", "<script\n>", "<div\n\n", "<pre><xq>", "<textarea>",
    "<p onclick=bad()>", "<xq\nonq=1>", "< script>", "<\u200bscript>", "<math>", "<base href=//e.vil>",
    "<meta http-equiv=refresh content=0>", "<form action=//e.vil>", "</article>", "</body></html>", "<xq onq='",
    "'>", '">', "<a", "<a href='", "<x:y>",
]  # fmt: skip
ENTITIES = [
    "&", "&amp;", "&lt;", "&lt;script&gt;", "&#60;xq&#62;", "&#x3c;xq&#x3e;", "&amp;lt;", "&ltscript", "&notin;",
    "&#0;", "&#xD800;", "&#x110000;", "&#99999999;", "&nosuch;", "&;", "&#;", "&#x;", "&Tab;", "&NewLine;",
    "&colon;", "&lpar;", "&lbrack;", "&grave;", "&#96;", "&lcub;", "&percnt;", "&zwj;", "&bsol;",
]  # fmt: skip
SCRIPTS = [
    "javascript:bad()", "JaVaScRiPt:bad()", "java\nscript:bad()", "java\tscript:bad()", " javascript:bad()",
    "\x01javascript:bad()", "javascript&colon;bad()", "javascript&#58;bad()", "&#106;avascript:bad()",
    "java&Tab;script:bad()", "javascript%3Abad()", "javascript\\:bad()", "j\\avascript:bad()", "data:text/html,<xq>",
    "data:text/html;base64,eHE=", "data:image/svg+xml,<svg/onload=bad()>", "data:image/png;base64,eA==",
    "vbscript:bad()", "VBSCRIPT:bad()", "file:///etc/passwd", "blob:x", "view-source:javascript:bad()",
    "javascript://a.example/%0abad()", "\u200bjavascript:bad()", "\ufeffjavascript:bad()", "\u3000javascript:bad()",
    "javascript\u200b:bad()", "feed:javascript:bad()", "JAVASCRIPT&#x3A;bad()", "javascript&#0000058bad()",
    "\\javascript:bad()", "<javascript:bad()>", "javascript:bad() \"x\"",
]  # fmt: skip
ADDRESSES = [
    "https://a.example/1", "http://a.example/a_b*c?x=1&lt;2&copy=3", "//b.example/x", "/rel/文.html", "#note",
    "?q=1", "../../etc/passwd", "mailto:a@b.example", "https://a.example/(x)", "https://a.example/)](x",
    "https://a.example/ x", "https://a.example/<xq>", "https://a.example/\\", "https://a.example/`",
    "https://a.example/{{<", "https://a.example/{%x%}", 'https://a.example/"onq="1', "https://a.example/'x",
    "http://[::1", "http://", "https:", ":", "", " ", "https://a.example/\n\nx", "https://a.example/\x00\x1b",
    "https://a.example/\u202e", "https://用户@例子.example/", "https://a.example/%", "HTTPS://A.EXAMPLE",
    "https:///x", "tel:123", "ftp://a.example/x", "x:y", "a b:c", "https://a.example/|", "https://a.example/]:",
    "https://a.example/&#41;", "https://a.example/" + "長" * 700, "https://a.example/\ud83d",
]  # fmt: skip
MARKDOWN = [
    "# a", "####### a", "a\n===", "a\n---", "===", "---", "***", "* * *", "- a", "+ a", "* a", "1. a", "1) a",
    "999999999. a", "1234567890. a", "> a", ">", "    code", "\tcode", "```", "````", "``` {", "~~~", "~~~ {a=b}",
    "~~~~", "`", "``", "` `", "`a`", "`<xq>`", "`<xq>", "<xq>`", "[a](javascript:bad())", "[a](<javascript:bad()>)",
    "[a]: javascript:bad()", "[a]:\njavascript:bad()", "[a]", "[a][]", "[a][b]", "![a](data:x)", "![a]", "[a]:",
    "[^1]", "[^1]: x", "[", "]", "](", "](javascript:bad())", "](<", ")", "<javascript:bad()>",
    "<https://a.example/>", "<a@b.example>", "<mailto:a@b.example>", "https://a.example/", "www.a.example",
    "a@b.example", "javascript:bad()", "**", "*", "_", "__", "***a", "~~", "~", "^", "|", "||", "| a | b |",
    "| --- |", "|---|", ":---:", "\\", "\\\\", "\\\n", "\\<xq>", "\\`", "\\[", "\\&lt;", "  ", "  \n", "\n", "\n\n",
    ": def", "a\n: def", "- [ ] x", "- [x] x", "$$x$$", "\\(x\\)", "==x==", "!!! note", ":smile:", "<<<<<", ">>>>>",
    "\n\n<xq>\n\n", "\n\n<div>\n", "---\n\n", "+++\n", "# `<xq>`", "[![a](x)](y)", "[a](x \"t", "[a](x 't')", "(c)",
    "...", "--", "&#8203;", "\n> ```\n", "\n    ```\n", "1. ```\n", "- ~~~ {x}",
]  # fmt: skip
TEXTS = [PLAIN, YAML, TEMPLATES, TAGS, ENTITIES, SCRIPTS, MARKDOWN, ADDRESSES, ODD, ZERO_WIDTH, BIDI, CONTROLS]

IDS = [
    "CON", "con", "NUL", "aux", "COM1", "lpt9", "README", "readme", "Index", "index", "_index", "SUMMARY", "summary",
    "..", ".", "../../../etc/passwd", "..\\..\\x", "/etc/passwd", "a/b", "a\\b", "C:", "~", "-rf", "--", ".hidden",
    ".state", "x.md", "x.html", "a\x00b", "a\nb", "a b", " ", "%2e%2e%2f", "a?b", "a#b", "a*b", "a|b", "<xq>", '"',
    "'", "$(x)", "`x`", "{{<", "{%", "\ufeff", "\u202e", "\U0001f600", "e\u0301", "é", "ß", "İ", "文章", "search",
    "categories", "tags", "page", "404", "0", "00", "robots",
]  # fmt: skip

# Complete bodies that did or might break out of text in the corpus files.
BODIES = [
    "<template><script>bad()</script><p>t</p></template><p>x</p>",
    "<noscript><p title='</noscript><xq onq=1>'>x</p></noscript>",
    "<table><td><script>bad()</script>{{&lt; x<td>| a | b |<tr><td>`<code>&lt;xq>|`</code></table>",
    "<table><tr><th>a|b</th><th>`</th></tr><tr><td><pre>&lt;xq>\n|</pre></td><td>`</td></tr></table>",
    "<table><tbody><tr><td colspan=99999999>a</td></tr></table>",
    "<pre>```\n~~~\n&lt;xq></pre><pre>\n````</pre>`<code>``</code>`",
    "<pre><code class='language-\"><xq>'>a</code></pre>",
    "<ul><li><pre>```\n&lt;xq></pre><blockquote>``` {a=<ul><li>~~~</ul></blockquote></ul>",
    "<blockquote><blockquote><ol start=999999999><li><p>a<li>b</ol></blockquote>{%</blockquote>",
    "<p>a<br>===<br>b<br>---<br></p><h1>h<br>i</h1><h2> </h2><h3># x #</h3><h6>\\</h6><h2>x {onclick=bad()}</h2>",
    "<h3>x {onclick=bad() style='x'}</h3><h4>{#a .b}</h4><h3>{=</h3>",
    "<!-- <script>bad()</script> --><!--> <xq onq=1> --><p>x</p><!-- unclosed",
    "<![CDATA[<xq onq=1>]]><?xml version='1'?><!DOCTYPE a [<!ENTITY x 'y'>]>&x;<p>x</p>",
    "<p>&lt;!DOCTYPE a [&lt;!ENTITY x 'y'>&lt;!ENTITY z '&amp;x;&amp;x;'>]>&amp;z;</p>",
    "<a href='https://a.example/'>[x](javascript:bad())</a><a href='https://a.example/'>]: javascript:bad()</a>",
    "<a href='https://a.example/' title='\" onq=\"1'>x</a><img src=https://a.example/1.png alt='](javascript:bad())' title='\n\n<xq>'>",
    "<a href='https://a.example/'><img src='data:image/svg+xml,<svg onload=bad()>' alt='x'><p>b</p></a>",
    "<a href=x><a href=y><b><i><a href=javascript:bad()>z</b></a></i>",
    "<p>[x]<a href='https://a.example/'>(javascript:bad())</a> [x<b>]</b>(javascript:bad())</p>",
    "<p>[x]</p><p>[x]: javascript:bad()</p><p>[x]:</p><p>javascript:bad()</p><p>[y]: &lt;data:x&gt;</p><p>[y]</p>",
    "<p>{<b></b>{<i>&lt;</i> x</p><p>{<span>%</span> y %}</p><p>{<!-- -->{<!-- -->% z</p>",
    "<svg onload=bad()><script>bad()</script><text>t</text><foreignObject><p onclick=bad()>x</foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;xq onq=1&gt;'>",
    "<video src=javascript:bad() poster=data:x>v<source src=vbscript:x></video><audio src=x onerror=bad()>a</audio>",
    "<iframe srcdoc='<script>bad()</script>'>&lt;script>bad()&lt;/script></iframe><object data=javascript:x>o</object><embed src=data:x>",
    "<form action=javascript:bad()><input value='<xq>' onfocus=bad() autofocus><textarea><xq></textarea><button formaction=javascript:x>b</button></form>",
    "<p style='x' onclick=bad() class='{{<'>x</p><div id='{%'>y</div><a name='z' href>w</a>",
    "<dl><dt>a<dd>b<dl><dt>&lt;xq><dd>: c</dl></dl><details><summary>s</summary>d</details>",
    "<ruby>字<rt>zi</rt></ruby><sub>1</sub><sup>[^1]</sup><q>q</q><kbd>`</kbd><samp>``</samp><var>v</var><s>~~</s>",
    "<b><pre>&lt;xq>\n\n&lt;/xq></pre></b><em><pre>```</pre></em><code>a<pre>b</pre>c</code>",
    "<code>&lt;xq></code><code>&lt;xq></code>`<code>&lt;xq></code>``<code>`&lt;xq>`</code>",
    "`<code>a</code> https://a.example/<code>&lt;xq></code>` <code>\\</code><code>&lt;xq>`</code>",
    "<p>`</p><p><code>&lt;xq></code>`</p><li>`<li><code>&lt;xq></code>",
    "<p>*<b>*</b>*<i>_</i>_<em> </em><strong></strong><del>~</del></p>",
    "<p>- a</p><p>1. b</p><p>> c</p><p>    d</p><p>\te</p><p># f</p><p>| g |</p><p>| - |</p><p>: h</p>",
    "<ul><li>- - -<li>***<li>===<li># x<li>> y<li>```<li>[ ] z<li>\t\tw</ul>",
    "a\x0bb\x0cc\x00d\x1be\x7ff\x85g\ufeffh\u2028i\u2029j",
    "<p>a</p>\n\n\n\n<p> </p><p>\u3000</p><p>\u200b</p>\u00a0<p>b\u3000</p>",
    "<soup>a</soup><fn_cache>b</fn_cache><h99>c</h99><h1x>d</h1x><list>e</list><hN>f</hN><_document_>g</_document_>",
    "<a:b c:d='e'>f</a:b><中 文='字'>g</中><1>h</1><->i</-><a@b>j</a@b>",
    "<p>x</p></div></div></article></body></html><article><p>y</p></article>",
    "<p>{{< a >}}<p>{{% b %}}<p>{% c %}<pre>{{< d >}}\n{% e %}</pre><code>{{% f %}}</code>",
    "<p>$$\\begin{x}$$ \\[ &lt;xq> \\]</p><p>::: warning</p><p>&lt;xq>:::</p>",
    "<p>---</p><p>title: x</p><p>---</p><p>+++</p>",
]  # fmt: skip
