"""The User-Agent that identifies this crawler and its operator to the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler import __version__

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def user_agent(contact: str) -> str:
    """Return the User-Agent; *contact* is an email address or a URL of the operator, or ""."""
    return f"Mozilla/5.0 (compatible; PressCorpus/{__version__}{'; +' + contact if contact else ''})"


class ContactAddon:
    """Scrapy add-on: `-s CRAWLER_CONTACT=` changes the User-Agent, unless the user has set USER_AGENT as well."""

    def update_settings(self, settings: BaseSettings) -> None:
        from crawler import settings as defaults  # not at the top: it imports this module

        if settings["USER_AGENT"] == user_agent(defaults.CRAWLER_CONTACT):
            priority = settings.getpriority("CRAWLER_CONTACT") or 0
            settings.set("USER_AGENT", user_agent(settings["CRAWLER_CONTACT"]), priority)
