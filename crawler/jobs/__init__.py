"""Runs on a schedule: each in a process of its own, judged by the source's own history, told to those who must know."""
