"""Replace the compatibility characters that PDFs contain instead of ordinary letters: ligatures, radicals, variants.

Many fonts use one glyph for a Chinese character and for the radical of the same shape, and PDF programs map the glyph
to the radical. Ligatures are one glyph for several letters.
"""

from __future__ import annotations

import re
import unicodedata

# Code points with a compatibility mapping (NFKC): Kangxi radicals, compatibility ideographs, Latin, Armenian and Hebrew
# presentation forms. Full-width letters and punctuation are not among them: they are ordinary in Chinese text.
_COMPATIBLE = re.compile("[\u2f00-\u2fd5\uf900-\ufad9\ufb00-\ufb4f\U0002f800-\U0002fa1d]")
# CJK Radicals Supplement from U+2E80 on; the source is EquivalentUnifiedIdeograph.txt of Unicode. "\0": kept.
_SUPPLEMENT = (
    "\0厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢尢巳幺彑彐忄㣺扌攵"
    "\0旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟罓罒㓁"
    "㓁罒羊羊羋耂肀聿肉臼艹艹艹虎衤覀西见角角讠贝足车辶辶"
    "辶阝钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤"
    "麦黄黾斉齐歯齿竜龙龜亀龟"
)  # fmt: skip
_RADICALS = {0x2E80 + number: char for number, char in enumerate(_SUPPLEMENT) if char != "\0"}
_RADICALS[0x2F3E] = "户"  # as fonts for simplified Chinese have it; the compatibility mapping is 戶


def to_letters(text: str) -> str:
    """Return *text* with ligatures (U+FB00 …) and radicals (U+2E80 …, U+2F00 …) as ordinary letters."""
    if text.isascii():
        return text
    return _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(_RADICALS))
