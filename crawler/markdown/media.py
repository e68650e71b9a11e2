"""Videos, sound and the frames of players: each becomes a link on a line of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml.etree import SubElement

from crawler.markdown.inline import url_of

if TYPE_CHECKING:
    from lxml.etree import _Element

# A longer text inside of a video is not the note of a browser that cannot play it: the page does not close the element.
LONGEST_NOTE = 200  # characters
_SOUND = re.compile(
    r"music\.163\.com|y\.qq\.com|ximalaya|qingting|lizhi\.fm|audio|podcast|soundcloud"
    r"|\.(?:mp3|m4a|aac|wav|flac|ogg|oga|opus|amr|wma)\b",
    re.IGNORECASE,
)
_PLAYER = re.compile(
    r"player|video|embed|v\.qq\.com|bilibili|youku|iqiyi|youtube|youtu\.be|tudou|ixigua|douyin|tv\.sohu|mgtv|acfun"
    r"|miaopai|weibo\.com/tv|vimeo|\.(?:mp4|m3u8|flv|webm)\b|" + _SOUND.pattern,
    re.IGNORECASE,
)


def replace_media(body: _Element) -> None:
    """Replace video, audio and the iframe of a player by a link `视频` or `音频`, or by a linked poster.

    The note for browsers without support goes. Without a safe address, nothing stays. Other frames stay: they are not
    written.
    """
    inside: set[_Element] = set()
    for node in list(body.iter("video", "audio", "iframe")):
        if node in inside:
            continue
        if node.tag == "iframe":
            address = url_of(node, "src")
            hints = " ".join((address, node.get("class", ""), node.get("id", "")))
            address = address if _PLAYER.search(hints) else ""
            is_sound, poster = _SOUND.search(address) is not None, ""
        else:
            address = next(filter(None, (url_of(part, "src") for part in node.iter("video", "audio", "source"))), "")
            is_sound, poster = node.tag == "audio" or _SOUND.search(address) is not None, url_of(node, "poster")
            if len(" ".join("".join(node.itertext()).split())) > LONGEST_NOTE:
                _move_content_behind(node)
        inside.update(node.iterdescendants())
        node.clear(keep_tail=True)
        node.tag = "div" if address else "span"
        if address:
            link = SubElement(node, "a", href=address)
            if poster:
                SubElement(link, "img", src=poster)
            else:
                link.text = "音频" if is_sound else "视频"


def _move_content_behind(node: _Element) -> None:
    rest = node.makeelement("div")
    rest.text, rest.tail, node.tail, node.text = node.text, node.tail, None, None
    rest.extend(list(node))
    node.addnext(rest)
