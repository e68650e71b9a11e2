"""The forms a corpus file may have: Article -> text."""
