"""A text cut into units: an article, a Markdown section, what stands before the first; each knows its path."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.chunking.headings import Heading
from ingest.chunking.ranks import ARTICLE

_VISIBLE = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text that no part reaches out of; units cover the text.

    path: titles of the headings that it stands under, outermost first, its own included.
    outer: how many of these stand before it; the others are its own, at its top.
    body: where its own headings end.
    """

    start: int
    end: int
    path: tuple[str, ...]
    outer: int
    body: int


def find_units(text: str, headings: Sequence[Heading], *, tiny: int) -> Iterator[Unit]:
    """Yield the units of a text, in order.

    Each heading begins one. Only a heading that has nothing under it (a chapter's title) joins what follows: always
    what is nested in it, anything else while the joined ones are at most `tiny` characters; so does a text before the
    first heading as short as that. An article joins nothing: it is whole without a body ("제16조 삭제"). So an article
    that comes or goes changes no other, but for the one that a chapter's title stands on.
    """
    path: list[Heading] = []
    begin = 0
    if headings and len(text[: headings[0].start].strip()) > tiny:
        yield Unit(0, headings[0].start, (), 0, 0)
        begin = headings[0].start
    for position, heading in enumerate(headings):
        following = headings[position + 1] if position + 1 < len(headings) else None
        end = following.start if following else len(text)
        _enter(path, heading)
        bare = heading.rank != ARTICLE and not _VISIBLE.search(text, heading.end, end)
        if bare and following and (not _leaves(heading, following) or heading.end - begin <= tiny):
            continue
        outer = sum(above.start < begin for above in path)
        yield Unit(begin, end, tuple(above.title for above in path), outer, heading.end)
        begin = end
    if not headings:
        yield Unit(0, len(text), (), 0, 0)


def _enter(path: list[Heading], heading: Heading) -> None:
    for depth, above in enumerate(path):
        if _leaves(above, heading):
            del path[depth:]
            break
    path.append(heading)


def _leaves(above: Heading, heading: Heading) -> bool:
    """Say whether `heading` ends what stands under `above`.

    Ranks of a law are compared with each other, and Markdown levels where either has no rank. A heading of a law
    without a level, as laws pasted into Markdown have them, stands under every Markdown heading and ends at the next.
    """
    if above.rank is not None and heading.rank is not None:
        return above.rank >= heading.rank
    if heading.level is None:
        return False
    return above.level is None or above.level >= heading.level
