"""What goes wrong with a cache."""


class CacheError(Exception):
    """The cache failed, which costs speed and never a run. One line that names the cache and says why."""
