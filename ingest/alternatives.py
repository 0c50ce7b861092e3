"""What there is instead of a name that isn't there: those that are like it, and all of them as a message lists them."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

NEAREST = 3  # names that are offered instead of one that isn't there
_NEAR = 0.6  # similarity of such a name (difflib), of 1
_SHOWN = 30  # names in a message
_SHOWN_CHARACTERS = 60  # of each


def find_nearest(name: str, names: Iterable[str]) -> Sequence[str]:
    """Give the few of these names that are most like one, best first; none where none is.

    Letters are compared without their case, and syllables of Korean by the letters that they are made of.
    """
    folded = {_fold(other): other for other in names}
    return [folded[other] for other in get_close_matches(_fold(name), list(folded), NEAREST, _NEAR)]


def _fold(name: str) -> str:
    return unicodedata.normalize("NFD", name.casefold())


def quote_names(names: Sequence[str]) -> str:
    """List names for a person, in quotes; many and long ones are cut short."""
    shown = [quote_name(name) for name in names[:_SHOWN]]
    if names[_SHOWN:]:
        shown.append(f"{len(names) - _SHOWN} more")
    return ", ".join(shown) or "none"


def quote_name(name: str) -> str:
    """Put a name into quotes; a long one is cut short."""
    return f'"{name[:_SHOWN_CHARACTERS]}{"…" if name[_SHOWN_CHARACTERS:] else ""}"'
