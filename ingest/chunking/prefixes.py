"""What goes before a part in the embedded text, cut to its share of the budget."""

from collections.abc import Sequence

from ingest.chunking.boundaries import find_grapheme

SEPARATOR = " > "
ELLIPSIS = "…"


def shorten(text: str, limit: int) -> str:
    """Cut a text at its end to at most `limit` characters (at least 1), "…" included, after a whole word if it can."""
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    cut = text.rfind(" ", 0, room + 1)
    if 2 * cut < room:  # one word that fills most of it
        cut = find_grapheme(text, 0, room)
    return text[:cut].rstrip() + ELLIPSIS


def shorten_path(titles: Sequence[str], limit: int) -> str:
    """Join titles, outermost first, in at most `limit` characters.

    The innermost stays whole as long as it can, since it says most; the others share what it leaves evenly. Where it
    leaves them nothing, "…" stands for them.
    """
    if not titles:
        return ""
    path = SEPARATOR.join(titles)
    if len(path) <= limit:
        return path
    *outer, inner = titles
    left = limit - len(inner)
    share = _share([len(title) for title in outer], left - len(SEPARATOR) * len(outer)) if outer else 0
    if share > len(ELLIPSIS):
        return SEPARATOR.join([*(shorten(title, share) for title in outer), inner])
    if outer and left >= len(ELLIPSIS + SEPARATOR):
        return ELLIPSIS + SEPARATOR + inner
    return shorten(inner, limit)


def _share(lengths: Sequence[int], room: int) -> int:
    """Find the most that each may take so that all fit: who needs less leaves the rest to the others."""
    share = 0
    for position, length in enumerate(sorted(lengths)):
        share = room // (len(lengths) - position)
        if length > share:
            break
        room -= length
    return share
