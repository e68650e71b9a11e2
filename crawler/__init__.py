"""A crawler that turns China's tech and finance press into a corpus of Markdown files with front matter."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("press-corpus")
except PackageNotFoundError:  # a checkout without `pip install`
    __version__ = "0"
