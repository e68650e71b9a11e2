"""The address of a corpus in object storage: `s3://BUCKET/PREFIX`, and the same for gs:// and az://."""

from __future__ import annotations

import re
from pathlib import Path

SCHEMES = ("s3", "gs", "az")
# A closed set of characters: the parts are also names of local folders. No user, password, port or query.
_URL = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]*)((?:/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*)/?")


def is_url(place: str) -> bool:
    """Return whether the setting OUTPUT_DIR is a URL, and not a folder."""
    return "://" in place


def parse(place: str) -> tuple[str, str, str]:
    """Return scheme, bucket, and prefix ("" or "a/b") of a URL. Raises ValueError without the text of the URL.

    The URL may contain a password by mistake.
    """
    if not (found := _URL.fullmatch(place)):
        raise ValueError(
            f"OUTPUT_DIR is not a URL of the form SCHEME://BUCKET/PREFIX with the schemes {', '.join(SCHEMES)} and the "
            "characters A-Z a-z 0-9 . _ = -; credentials are read from the environment only"
        )
    return found[1], found[2], found[3].strip("/")


def local_state(place: str, folder: Path) -> Path:
    """Return the folder in *folder* for the local state of the corpus at the URL *place*. Raises ValueError."""
    scheme, bucket, prefix = parse(place)
    return folder.joinpath(scheme, bucket, *prefix.split("/")) if prefix else folder / scheme / bucket
