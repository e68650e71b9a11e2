"""Invented news texts with the statistics of Chinese, and the edits that other media make to a story."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate

# The most frequent characters of modern Chinese, in order of frequency; others are drawn from the common range.
COMMON = (
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
    "小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长"
)
FRAMES = [
    "本报讯",
    "记者",
    "据介绍",
    "与此同时",
    "业内人士认为",
    "数据显示",
    "截至目前",
    "值得注意的是",
    "同比增长",
    "有限公司",
    "公告称",
    "证监会",
    "亿元",
    "万元",
    "上市公司",
]


@lru_cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Return words, and the sums of their frequencies, which follow Zipf's law like those of the characters."""
    source = random.Random(0)
    characters = [*COMMON, *(chr(code) for code in range(0x4E00, 0x9FA5, 7))]
    sums = list(accumulate(1 / (rank + 3) for rank in range(len(characters))))
    lengths = source.choices((1, 2, 3, 4), (2, 6, 2, 1), k=10_000)
    words = [*FRAMES, *("".join(source.choices(characters, cum_weights=sums, k=length)) for length in lengths)]
    return words, list(accumulate(1 / (rank + 2) for rank in range(len(words))))


class Writer:
    """Writes texts of random words. Equal seeds write equal texts."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.words, self.sums = vocabulary()

    def sentence(self) -> str:
        words = self.random.choices(self.words, cum_weights=self.sums, k=self.random.randint(6, 18))
        half = len(words) // 2
        return f"{''.join(words[:half])}，{''.join(words[half:])}{self.random.choice('。。。？！')}"

    def paragraph(self) -> str:
        return "".join(self.sentence() for _ in range(self.random.randint(2, 6)))

    def text(self) -> str:
        """Return a text of 400 to 3,000 characters."""
        return "\n\n".join(self.paragraph() for _ in range(self.random.randint(5, 16)))


def frame(text: str, writer: Writer) -> str:
    """Add lines of another medium at the head and at the tail."""
    return f"来源：{writer.sentence()}\n\n{text}\n\n{writer.sentence()}\n\n责任编辑：{writer.sentence()}"


def punctuation(text: str, writer: Writer) -> str:
    """Write other punctuation, and other white space."""
    return text.translate(str.maketrans("，。？！", ",.?!")).replace("\n\n", "\n\n　　").replace(",", ", ")


def cut(text: str, writer: Writer) -> str:
    """Leave out the last 30 %."""
    return text[: len(text) * 7 // 10]


def add(text: str, writer: Writer) -> str:
    """Add foreign sentences of 30 % of the length, some in the text, the others at its end."""
    paragraphs, added, wanted = text.split("\n\n"), 0, len(text) * 3 // 10
    while added < wanted:
        sentence = writer.sentence()
        added += len(sentence)
        paragraphs.insert(writer.random.choice([len(paragraphs), writer.random.randrange(len(paragraphs))]), sentence)
    return "\n\n".join(paragraphs)


def characters(text: str, writer: Writer) -> str:
    """Replace every 20th character."""
    return "".join(
        writer.random.choice(COMMON) if index % 20 == 19 else character for index, character in enumerate(text)
    )


def shuffle(text: str, writer: Writer) -> str:
    """Change the order of the paragraphs."""
    paragraphs = text.split("\n\n")
    writer.random.shuffle(paragraphs)
    return "\n\n".join(paragraphs)


def lead(text: str, writer: Writer) -> str:
    """Write another first paragraph. (The title is not part of the text.)"""
    return "\n\n".join([writer.paragraph(), *text.split("\n\n")[1:]])


EDITS: dict[str, Callable[[str, Writer], str]] = {
    "frame": frame, "punctuation": punctuation, "cut": cut, "add": add, "characters": characters, "shuffle": shuffle,
    "lead": lead,
}  # fmt: skip
