"""Generate a folder of malformed newspaper files from a seed. All text is invented."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"  # PDF viewers have this font: the files need not embed it
pdfmetrics.registerFont(UnicodeCIDFont(FONT))

_SUBJECTS = ("山桥镇的邮车", "新修的水库", "河边的纸厂", "镇上的图书馆", "第二中学", "老车站", "OpenWell 小组")
_PREDICATES = (
    "每天清晨出发",
    "在春天重新开放",
    "迎来了第一批访客",
    "比去年多了 12% 的收入",
    "仍在等待答复",
    "公布了新的计划",
)
_ENDS = ("。", "，大家都很高兴。", ",当地人这样说。", "(见第三版)。", "？", "！")


def sentence(rng: random.Random) -> str:
    return rng.choice(_SUBJECTS) + rng.choice(_PREDICATES) + rng.choice(_ENDS)


def text(rng: random.Random, paragraphs: int = 4) -> str:
    """Return a headline and paragraphs."""
    parts = ["".join(sentence(rng) for _ in range(rng.randint(2, 6))) for _ in range(paragraphs)]
    return "\n\n".join([rng.choice(_SUBJECTS) + f"的第{rng.randint(1, 9999)}天", *parts]) + "\n"


def pdf(pages: list[str], password: str = "", drawn: bool = False) -> bytes:
    """Return a PDF with the text of each page or, if *drawn*, only a rectangle on each page."""
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=StandardEncryption(password, canPrint=0) if password else None, invariant=1)
    for page in pages:
        if drawn:
            canvas.rect(100, 100, 300, 500, fill=1)
        else:
            canvas.setFont(FONT, 10)
            for number, start in enumerate(range(0, len(page), 40)):
                canvas.drawString(60, 780 - 14 * number, page[start : start + 40].replace("\n", ""))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def html(inner: str, end: str = "</body></html>") -> bytes:
    return f"<html><head><title>山桥镇</title></head><body>{inner}{end}".encode()


LONG = pdf([f"第{number}页" for number in range(500)])


def _bodies(rng: random.Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield suffix and a function that returns the body, for each kind of file."""
    good = text(rng)
    yield ".txt", lambda: good.encode()
    yield ".txt", lambda: b""
    yield ".txt", lambda: b" \r\n\t " * rng.randint(1, 99)
    yield ".txt", lambda: b"\xef\xbb\xbf"
    yield ".txt", lambda: rng.randbytes(rng.randint(1, 9999))
    yield ".txt", lambda: bytes(rng.randint(1, 999))
    yield ".txt", lambda: good.encode("gb18030")
    yield ".txt", lambda: good.encode("utf-16")
    yield ".txt", lambda: good.encode("utf-16-le")
    yield ".txt", lambda: good.encode("utf-32")
    yield ".txt", lambda: ("這個小鎮的圖書館每個週末都為讀者開放，還準備了點心。" * 20).encode("big5")
    yield ".txt", lambda: ("この町の図書館は毎週末に開いています。" * 20).encode("shift_jis")
    yield ".txt", lambda: good.encode()[: rng.randint(10, 200)]
    yield ".txt", lambda: good.encode() + good.encode("gb18030")
    yield ".txt", lambda: good.replace("。", "\0").encode()
    yield ".txt", lambda: ("山" * rng.randint(100_000, 300_000)).encode()
    yield ".txt", lambda: b"a" * (4 * 2**20 + 1)
    yield ".txt", lambda: ("山桥" * 10 + "\n").encode() * 9000
    yield ".txt", lambda: "\n".join(rng.choice("甲乙丙丁") * rng.randint(1, 9) for _ in range(500)).encode()
    yield ".txt", lambda: ("---\ntitle: x\n---\n{{< x >}} {% x %} <script>x</script>\n" + good).encode()
    yield ".txt", lambda: (good + "\u202e\u2028\x0c\x85" + "\U0001f600" * 9).encode()
    yield ".txt", lambda: good.encode().replace(b"\n", b"\r")
    yield ".txt", lambda: pdf([good])
    yield ".pdf", lambda: pdf([good])
    yield ".pdf", lambda: b""
    yield ".pdf", lambda: good.encode()
    yield ".pdf", lambda: b"%PDF-1.7\n" + rng.randbytes(500)
    yield ".pdf", lambda: pdf([good])[: rng.randint(20, 900)]
    yield ".pdf", lambda: _flipped(rng, pdf([good, good]))
    yield ".pdf", lambda: pdf([good], password="geheim")
    yield ".pdf", lambda: pdf(["", ""], drawn=True)
    yield ".pdf", lambda: pdf([""])
    yield ".pdf", lambda: LONG
    yield ".pdf", lambda: pdf([sentence(rng) * 3 for _ in range(30)])
    yield ".html", lambda: html(f"<h1>{good[:9]}</h1><p>{good}</p><table><tr><td>1</table>")
    yield ".html", lambda: html(f"<p>{good}</p>", end="")
    yield ".html", lambda: html("<div>" * 3000 + good)
    yield ".html", lambda: html("")
    yield ".htm", lambda: html("<img src='a.jpg'>")
    yield ".htm", lambda: html(f"<p>{good}<a href='javascript:x()'>x</a><img src='../../../etc/passwd'></p>")
    yield ".html", lambda: html("<p>" + "&lt;script&gt;" * 99 + good)
    yield ".html", lambda: html(f"<p>{good}").replace(b"<head>", b"<head><meta charset=gbk>")
    yield ".html", lambda: f"<html><meta charset=utf-8><body><p>{good}</p></body></html>".encode("gbk")
    yield ".html", lambda: rng.randbytes(3000)
    yield ".html", lambda: f"<p>{good}</p></html>".encode("utf-16")


def _flipped(rng: random.Random, body: bytes) -> bytes:
    """Return *body* with some bytes changed."""
    changed = bytearray(body)
    for _ in range(rng.randint(1, 60)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


# Names of files without suffix.
NAMES = (
    "a b", "..", "...x", "-rf", "~", "x\ny", "x\ty", "a'b\"c", "$(id)", "`id`", "{{< x >}}", "](javascript:x)",
    "<script>",
    "%2e%2e%2f", "c:x", "http:x", "爆火", "（上）", "\u202etxt", "\u3000", "e\u0301", "\U0001f600", "README", "index",
    "CON",
    "2025-02-30_A1_x", "2099-01-01_x", "2025-02-05", "20250205", "20250205-x", "2025-02-05_A08_山桥", "a" * 240,
    "山" * 80,
)  # fmt: skip
# Contents of the YAML files next to some files.
_METADATA = (
    b"", b"title: \xff\xfe", b"- a\n- b\n", b"titel: x\n", b"title: [a, b]\n", b"date: 2025-02-30\n",
    b"title: x: y: z\n",
    b"a: &a [x]\nb: &b [*a,*a]\n", b"!!python/object/apply:os.system [id]\n", b"url: javascript:x\n", b"[" * 5000,
    "title: 山桥镇的一天\ndate: 2025-02-05\nauthor: 记者\npage: 08\n".encode(),
)  # fmt: skip


def make(root: Path, number: int, seed: int) -> list[Path]:
    """Create *number* files in *root*, among them symbolic links and pipes; return their paths."""
    rng = random.Random(seed)
    paths: list[Path] = []
    outside = root.parent / "outside.txt"
    outside.write_text("what nobody asked for: 山桥镇的秘密。" * 9, encoding="utf-8")
    while len(paths) < number:
        for suffix, body in _bodies(rng):
            folder = root / rng.choice((".", "甲", "甲/乙", "甲/乙/" + "丙/" * 20, "x" * 200))
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{rng.choice(NAMES)}{rng.choice(('', len(paths)))}"[:240]
            path = folder / f"{name}{rng.choice((suffix, suffix.upper()))}"
            encoded = (
                os.fsencode(path)
                if rng.random() < 0.9
                else os.fsencode(folder) + b"/\xc9\xbd\xc7\xc5" + suffix.encode()
            )
            path = Path(os.fsdecode(encoded))
            if (
                len(paths) == number
                or path.name.startswith(".")
                or os.path.lexists(path)
                or len(os.fsencode(path.name)) > 255
            ):
                continue
            chance = rng.random()
            if chance < 0.03:
                path.symlink_to(
                    rng.choice((outside, path, root, Path("/etc/passwd"), Path("nowhere"), Path("/dev/zero")))
                )
            elif chance < 0.05:
                os.mkfifo(path)
            elif chance < 0.06:
                path.mkdir()
                path = path / "inner.txt"
                path.write_text(text(rng), encoding="utf-8")
            else:
                path.write_bytes(body())
                if chance > 0.85:
                    path.with_suffix(".yaml").write_bytes(rng.choice(_METADATA))
            paths.append(path)
    return paths
