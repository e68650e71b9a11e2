"""Fifty generated sources for runs on several workers."""
