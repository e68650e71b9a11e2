"""The source whose pages the records are."""
