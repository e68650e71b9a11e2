"""Runs in processes of their own: on a schedule, watched, judged by the history of their source, with notices."""
