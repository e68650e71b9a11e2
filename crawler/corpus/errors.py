"""Errors of the corpus. Without SQLAlchemy, because each command imports this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa


class LockedError(Exception):
    """Another run holds the lock of this source."""


class LedgerError(Exception):
    """The ledger cannot be used: locked, unreachable, damaged, or of a newer schema version.

    *url* is the database URL, or the name of the setting if the URL is invalid. The message is one line without the
    password. `is_damage` is true if the SQLite file is damaged and can only be replaced.
    """

    def __init__(self, url: sa.URL | str, error: Exception, is_damage: bool = False) -> None:
        # `render_as_string` hides the password. The query is removed, because it can contain another one.
        shown = url if isinstance(url, str) else url.set(query={}).render_as_string()
        super().__init__(f"{shown}: {str(driver_error(error)).partition(chr(10))[0]}")
        self.is_damage = is_damage


def driver_error(error: Exception) -> Exception:
    """Return the driver's error inside an SQLAlchemy error, else *error*."""
    return getattr(error, "orig", None) or error
