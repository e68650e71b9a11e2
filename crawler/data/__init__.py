"""The corpus as data: search, export, near-duplicates, statistics, and access for agents. See README.md here."""
