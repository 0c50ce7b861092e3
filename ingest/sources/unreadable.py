"""What a reader raises for bytes that don't hold what they should."""


class UnreadableError(ValueError):
    """The content cannot be read; its text is the reason and the way out, fit to follow a file's name."""
