"""Bigrams: how articles are indexed for search, and what a word needs to be found. Pure functions.

Chinese has no blanks between words, and most Chinese queries have two characters: each pair of neighboring characters
is a token of the index. Case and width do not matter. A blank or a hyphen between Chinese characters, Latin letters and
digits does not matter either: "A股" is "A 股", "GPT-4" is "GPT4". Other blanks and punctuation separate words.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from html import unescape

from crawler.markdown.plain_text import without_targets

# Classes of folded characters, for the inside of [ ] in a pattern.
_LETTERS = "a-z\u00df-\u024f\u0370-\u052f"
_DIGITS = "0-9"
_CHINESE = "\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_SIGNS = "\u2190-\u2bff\U0001f000-\U0001faff"  # arrows and emoji, which are characters of words, too
SEPARATORS = r" \-\u2010\u2013\u2212"  # NFKC makes ordinary blanks and hyphens of most other ones

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
# Frequent punctuation that folding would make ASCII: NFKC is several times faster without it.
_PUNCTUATION = re.compile("[，。、；：？！（）“”‘’《》「」『』【】…—]")
_JOINT = re.compile(
    rf"[{SEPARATORS}](?:(?=[{_CHINESE}])(?<=[{_LETTERS}{_DIGITS}].)|(?=[{_LETTERS}{_DIGITS}])(?<=[{_CHINESE}].)"
    rf"|(?=[{_DIGITS}])(?<=[{_LETTERS}].)|(?=[{_LETTERS}])(?<=[{_DIGITS}].))"
)
# Characters between words. Those of "node.js", "2.5", "AT&T", "C++" and "5%" are parts of words.
_BREAK = re.compile(
    rf"[\W_](?<![{_SIGNS}])(?!(?<=[a-z0-9][./&@_])[a-z0-9])(?<![a-z0-9+#%][+#%])",
)
INNER_SIGNS = "./&@_+#%"  # in tokens, in addition to letters, digits and characters outside ASCII
_AFTER_BREAK = re.compile(" [^ ]")
_BLANKS = re.compile(" {2,}")
_MARKS = re.compile(r"\*{1,3}|~~|`|\\(?=[!-/:-@\[-`{-~])")
_UTF32 = f"utf-32-{sys.byteorder[0]}e"
_CLASSES = (re.compile(f"[{_LETTERS}]"), re.compile(f"[{_DIGITS}]"), re.compile(f"[{_CHINESE}]"))


def fold(text: str) -> str:
    """Return *text* in one case and width (NFKC), without invisible characters. Its length can differ."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())


def index_text(title: str, markdown: str) -> str:
    """Return the text of an article for `tokens`.

    Its tokens include those of the title and of `plain_text`, which takes several times as long. In code, it has some
    more.
    """
    if "](" in markdown:  # line by line, as `plain_text` does
        markdown = "\n".join(map(without_targets, markdown.split("\n")))
    text = _MARKS.sub("", markdown)
    text = _BLANKS.sub(" ", text) if "  " in text else text
    return f"{title}\n{unescape(text) if '&' in text else text}"


def tokens(text: str) -> str:
    """Return the tokens of *text*, separated by blanks: its bigrams, and the last character of each run.

    So each character is the first one of a token. Tokens repeat.
    """
    text = _runs(_PUNCTUATION.sub("\n", text))
    first, second = _codes(text), _codes((_AFTER_BREAK.sub("  ", text) + " ")[1:])
    codes = _codes("   " * len(text))
    codes[0::3], codes[1::3] = first, second
    return codes.tobytes().decode(_UTF32)


def _codes(text: str) -> array[int]:
    """Return the numbers of the characters of *text*, which are interleaved in a third of the time of characters."""
    return array("I", text.encode(_UTF32, "replace"))


def runs(word: str) -> list[str]:
    """Return the runs of characters of *word* between which the index has no bigrams."""
    return _runs(word).split()


def pattern(word: str) -> re.Pattern[str]:
    """Return the pattern that finds *word* in folded text, if the word has a run. A separator in *word* is optional."""
    parts: list[str] = []
    last = ""
    for part in re.findall(rf"[{SEPARATORS}]+|[\s\S]", fold(word).strip(" ")):
        if re.match(f"[{SEPARATORS}]", part):
            parts.append(f"[{SEPARATORS}]{{0,{len(part)}}}")
        elif last and _class(last) and _class(part) and _class(last) != _class(part):
            parts += [f"[{SEPARATORS}]?", re.escape(part)]
        else:
            parts.append(re.escape(part))
        last = part
    return re.compile("".join(parts))


def is_bigram(word: str) -> bool:
    """Return whether the index alone shows which articles contain *word*: it has one or two characters."""
    folded = re.sub(f"[{SEPARATORS}]", "", fold(word))
    return len(folded) <= 2 and runs(word) == [folded]


def query(words: list[str], limit: int = 100) -> str:
    """Return the FTS5 query for articles that can contain all *words*, with at most *limit* tokens.

    Each word has a run. All articles that contain the words are found; others can be if a word is not `is_bigram`.
    """
    terms: dict[str, None] = {}
    for word in words:
        for run in runs(word):
            pairs = [run[at : at + 2] for at in range(len(run) - 1)]
            terms |= dict.fromkeys([f'"{pair}"' for pair in pairs] or [f'"{run}" *'])
    return " AND ".join(list(terms)[:limit])


def _runs(text: str) -> str:
    return _BREAK.sub(" ", _JOINT.sub("", fold(text)))


def _class(character: str) -> int:
    """Return the number of the class of a character; 0 for characters without one."""
    return next((number for number, each in enumerate(_CLASSES, 1) if each.match(character)), 0)
