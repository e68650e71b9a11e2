"""Compare the pictures of a source with its ledger (`press-corpus ledger check`)."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.corpus.article_pictures import ArticlePictures
from crawler.corpus.changes import Changes
from crawler.corpus.entries import OPEN, REJECTED, REMOVED, WRITTEN
from crawler.corpus.findings import Finding
from crawler.corpus.hashes import Hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.picture_files import delete_folder, has_own_hash, picture_names, read_addresses, sha256_of
from crawler.corpus.picture_table import ON_DISK
from crawler.corpus.reconcile import adopt_pictures, set_aside, settle_pictures
from crawler.corpus.store import Store


def check_pictures(store: Store, ledger: Ledger, source: str, folder: str, fix: bool) -> Iterator[Finding]:
    """Yield the inconsistencies of the picture files in *folder*. With *fix*, repairs each before it is yielded.

    An altered picture is set aside; then `missing_pictures` finds it. Raises `LedgerError`, OSError.
    """
    identifier = folder.rpartition("/")[2]
    entry = ledger.articles.find(source, [identifier]).get(identifier)
    if entry and entry.state == REMOVED:
        return  # reported with the files of removed articles
    if entry and entry.state in (OPEN, REJECTED):
        return  # the article lost its file, and links the pictures again when it is fetched
    has_article = entry is not None and entry.state == WRITTEN
    if has_article and entry and entry.path != f"{folder}.md":
        if picture_names(store, folder):
            if fix:
                settle_pictures(store, ledger, source, folder.rpartition("/")[0])
            yield Finding("pictures in another folder than their article", folder, fix)
        return
    rows = {row.name: row for row in ledger.pictures.of(source, identifier).values() if row.state in ON_DISK}
    addresses = read_addresses(store, folder)
    for name in sorted(picture_names(store, folder)):
        path = f"{folder}/{name}"
        sha256 = sha256_of(store.root / path)
        if not has_article:
            problem = "picture without an article"
        elif name in rows and rows[name].sha256 == sha256:
            continue
        elif name in rows or not has_own_hash(name, sha256):
            problem = "altered picture"
        elif addresses.get(name):
            if fix:
                adopt_pictures(store, ledger, source, identifier, folder)
            yield Finding("picture without a row", path, fix)
            continue
        else:
            problem = "picture without a known address"
        if fix:
            set_aside(store, path)
        yield Finding(problem, path, fix)
    if fix and not has_article and not picture_names(store, folder):
        delete_folder(store, folder)


def missing_pictures(store: Store, ledger: Ledger, hashes: Hashes, source: str, fix: bool) -> Iterator[Finding]:
    """Yield the pictures in the ledger whose file is missing.

    With *fix*, the article gets the original address again, and the picture is requested by the next run that stores
    pictures. Raises `LedgerError`, OSError.
    """
    changes = Changes(store, ledger, hashes, source)
    pictures = ArticlePictures(changes, 1.0, overwrite_edited=False)
    for picture, path in ledger.pictures.on_disk(source):
        if (store.root / path).is_file():
            continue
        is_fixed = False
        if fix:
            is_fixed = pictures.link(picture.id) in ("linked", "unchanged")
        yield Finding("missing picture", path, is_fixed)
    changes.finish()
