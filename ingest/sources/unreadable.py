"""What a reader raises for bytes that don't hold what they should."""

PROTECTED = "it is protected by a password; save a copy without one"
AGAIN = "open it and save it again as .xlsx"
_QUOTED = 200  # characters of a library's own words


class UnreadableError(ValueError):
    """The content cannot be read; its text is the reason and the way out, fit to follow a file's name."""


class RefusedError(UnreadableError):
    """No other reader could do better, or should try."""


def quote(error: BaseException) -> str:
    """Give the words of a library's error on one line, not too many."""
    return " ".join(str(error).split())[:_QUOTED] or type(error).__name__
