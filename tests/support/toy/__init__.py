"""A made-up site, small enough to be read at a glance: what the walk does is shown on it."""
