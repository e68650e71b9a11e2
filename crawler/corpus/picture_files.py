"""The files of pictures: `SOURCE/YYYY/MM/NAME/HASH.ext` for the article `SOURCE/YYYY/MM/NAME.md`.

HASH is the first 16 digits of the SHA-256 of the file. The file `.pictures.json` beside the pictures has the original
addresses of each name, so a new ledger can be filled from the files. It is written before the picture: after a kill it
has at most the name of a file that does not exist.

The same bytes are one file with several names (hard links), unless the file system has none.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from crawler.corpus.durable import sync
from crawler.corpus.store import Store, digest, is_article_folder
from crawler.layouts import split_body
from crawler.markdown.picture_links import replace_addresses

ADDRESSES = ".pictures.json"
_NAME = re.compile(r"([0-9a-f]{16})\.[a-z]+")
Addresses = dict[str, list[str]]  # of the pictures of an article, by the names of their files


def picture_folder(path: str) -> str:
    """Return the folder of the pictures of the article file *path*, relative to the root."""
    return path.removesuffix(".md")


def is_picture_folder(folder: str) -> bool:
    """Return whether *folder* (relative to the root) is beside article files."""
    return is_article_folder(folder.rpartition("/")[0])


def picture_names(store: Store, folder: str) -> set[str]:
    """Return the names of the files in *folder* that have the form of a picture's name."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(store.root / folder) as entries:
        return {entry.name for entry in entries if _NAME.fullmatch(entry.name) and entry.is_file()}
    return set()


def has_own_hash(name: str, sha256: str) -> bool:
    """Return whether the file with this *name* has the bytes that its name stands for."""
    found = _NAME.fullmatch(name)
    return found is not None and sha256.startswith(found[1])


def folders_in(store: Store, folder: str) -> Iterator[str]:
    """Yield the names of the folders in an article folder."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(store.root / folder) as entries:
        yield from [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def read_addresses(store: Store, folder: str) -> Addresses:
    """Return the original addresses of the pictures in *folder*; {} if they are not known."""
    try:
        found = json.loads((store.root / folder / ADDRESSES).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    named = {name: each for name, each in pairs if _NAME.fullmatch(name) and isinstance(each, list)}
    return {name: [address for address in each if isinstance(address, str)] for name, each in named.items()}


def write_addresses(store: Store, folder: str, addresses: Mapping[str, Iterable[str]]) -> None:
    """Write the original addresses of the pictures in *folder*, unless the file has them. Raises OSError."""
    ordered = {name: sorted(set(addresses[name])) for name in sorted(addresses)}
    data = json.dumps(ordered, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
    path = store.root / folder / ADDRESSES
    with suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return
    store.replace(path, data)


def picture_name(sha256: str, ending: str) -> str:
    """Return the name of the file of a picture. Two addresses with the same bytes have the same file."""
    return f"{sha256[:16]}.{ending}"


def write_picture(store: Store, path: str, data: bytes, same: Collection[str]) -> None:
    """Write a picture durably and atomically, as a hard link if one of the files *same* has the same bytes.

    *path* and *same* are relative to the root. Raises OSError.
    """
    target = store.root / path
    if target.is_file():
        if target.read_bytes() == data:
            sync(target.parent)  # a killed run may have written it
        else:
            store.replace(target, data)
        return
    for other in same:
        with suppress(FileNotFoundError):
            if (store.root / other).read_bytes() == data and store.link(target, store.root / other):
                return
    store.replace(target, data)


def copy_pictures(store: Store, old: str, new: str) -> None:
    """Give the pictures in the folder *old* also names in the folder *new*. Raises OSError."""
    names = picture_names(store, old)
    if not names:
        return
    write_addresses(store, new, {**read_addresses(store, new), **read_addresses(store, old)})
    for name in sorted(names):
        write_picture(store, f"{new}/{name}", (store.root / old / name).read_bytes(), [f"{old}/{name}"])


def delete_copies(store: Store, old: str, new: str) -> None:
    """Delete the pictures in the folder *old* that the folder *new* has, too, and *old* if it is empty then."""
    kept = picture_names(store, new)
    for name in picture_names(store, old) & kept:
        (store.root / old / name).unlink(missing_ok=True)
    if not picture_names(store, old):
        delete_folder(store, old)


def delete_folder(store: Store, folder: str) -> None:
    """Delete a *folder* without pictures, unless a user has added files. Raises OSError."""
    path = store.root / folder
    with suppress(FileNotFoundError, NotADirectoryError):
        (path / ADDRESSES).unlink()
    with suppress(OSError):  # the files of a user
        path.rmdir()
    sync(path.parent)


# Links in the text of an article ------------------------------------------------------------------------------------


def with_local_links(text: str, stem: str, names: Mapping[str, str]) -> str:
    """Return the text of an article file with local links for the pictures with these *names*, by address.

    *stem* is the name of the file without its ending. All other local links of known pictures stay.
    """
    head, body = split_body(text)
    return head + replace_addresses(body, {address: f"{stem}/{name}" for address, name in names.items()})


def with_original_links(text: str, stem: str, addresses: Addresses) -> str:
    """Reverse `with_local_links`. A file with several addresses gets the first one."""
    head, body = split_body(text)
    return head + _original(body, stem, addresses)


def original_markdown(store: Store, path: str, markdown: str) -> str:
    """Return the Markdown of the article file *path* with the original addresses of its pictures, as far as known."""
    folder = picture_folder(path)
    stem = folder.rpartition("/")[2]
    return _original(markdown, stem, read_addresses(store, folder)) if f"]({stem}/" in markdown else markdown


def _original(markdown: str, stem: str, addresses: Addresses) -> str:
    return replace_addresses(markdown, {f"{stem}/{name}": each[0] for name, each in addresses.items() if each})


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Raises OSError."""
    return digest(path.read_bytes())
