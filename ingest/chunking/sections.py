"""Where the sections of an English text stand: above its articles, within them, or in their place.

Laws of the European Union have articles within sections, contracts and the constitution of the United States sections
within articles, and many acts sections alone. What stands between two chapters tells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.chunking import english
from ingest.chunking.ranks import ARTICLE, CHAPTER, SECTION, SUBARTICLE, Heading, is_bare, is_repealed


def place_sections(text: str, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Give the headings, each section with its rank; as they are read, they are in the place of articles."""
    placed = list(headings)
    for start, end in _list_stretches(headings):
        _place(text, placed, start, end)
    return placed


def drop_translations(text: str, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Leave out the English headings that only say again what the one above or below says: "Điều 5", "Article 5"."""
    dropped: set[int] = set()
    for position in range(1, len(headings)):
        above, heading = headings[position - 1], headings[position]
        is_english = [english.is_label(each.label) for each in (above, heading)]
        if (above.rank, above.number) != (heading.rank, heading.number) or is_english[0] == is_english[1]:
            continue
        if heading.number and is_bare(text, above, heading.start) and not is_repealed(above.title):
            dropped.add(position if is_english[1] else position - 1)
    return [heading for position, heading in enumerate(headings) if position not in dropped]


def _list_stretches(headings: Sequence[Heading]) -> Iterator[tuple[int, int]]:
    """List the stretches of headings between chapters, and what is above these."""
    start = 0
    for position, heading in enumerate(headings):
        if heading.rank is not None and heading.rank <= CHAPTER:
            yield start, position
            start = position + 1
    yield start, len(headings)


def _place(text: str, headings: list[Heading], start: int, end: int) -> None:
    """Set the ranks of the sections in a stretch that has both articles and sections."""
    some = [place for place in range(start, end) if headings[place].rank == ARTICLE]
    sections = {place for place in some if headings[place].label.startswith(english.SECTION)}
    if not sections or len(sections) == len(some):
        return
    above = any(
        following not in sections and _holds_nothing(text, headings[one], headings[following])
        for one, following in pairwise(some)
        if one in sections
    )
    for place in sections:
        headings[place] = replace(headings[place], rank=SECTION if above else SUBARTICLE)


def _holds_nothing(text: str, section: Heading, following: Heading) -> bool:
    """Say whether a section has nothing but a title above the next heading: no sentence, be it in its line."""
    is_title = not section.title.endswith(".") or section.title.rstrip(".").casefold() == section.label.casefold()
    return is_title and is_bare(text, section, following.start)
