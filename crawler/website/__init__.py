"""The corpus as a website: pages, lists, search and feeds. See README.md here."""
