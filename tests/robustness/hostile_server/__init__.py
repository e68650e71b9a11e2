"""A server that imitates every source and sends responses that no real site sends, and measurements of the crawl."""
