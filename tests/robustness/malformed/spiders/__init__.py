"""The source of the malformed records."""
