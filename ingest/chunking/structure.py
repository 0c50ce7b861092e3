"""A text cut into units: an article, a Markdown section, what stands before the first; each knows its path."""

from collections.abc import Iterator, Sequence

from ingest.chunking.headings import Heading, is_bare, leaves
from ingest.records import record


@record
class Unit:
    """A stretch of text that no part reaches out of; units cover the text.

    path: the headings that it stands under, outermost first, its own included.
    own: where its own heading begins. Before it stand only headings of the path that have nothing else under them (a
    chapter's title): its parts say them by their path, so that it doesn't matter to an article whether it is the
    first of its chapter.
    body: where its own heading ends.
    """

    start: int
    own: int
    body: int
    end: int
    path: tuple[Heading, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the path; a heading may have none."""
        return tuple([heading.title for heading in self.path if heading.title])

    def find_heading(self, rank: int) -> Heading | None:
        """Find the innermost heading of a rank that it stands under, or that is its own."""
        for heading in reversed(self.path):
            if heading.rank == rank:
                return heading
        return None


def find_units(text: str, headings: Sequence[Heading], start: int = 0) -> Iterator[Unit]:
    """Yield the units of a text from a position on, in order.

    Each heading begins one, but one that has only other headings under it begins the unit of the first of these. So
    what comes or goes changes nothing of the units around it.
    """
    first = headings[0].start if headings else len(text)
    if first > start:
        yield Unit(start, start, start, first, ())
    path: list[Heading] = []
    begin = first
    for position, heading in enumerate(headings):
        following = headings[position + 1] if position + 1 < len(headings) else None
        end = following.start if following else len(text)
        _enter(path, heading)
        if following and not leaves(heading, following) and is_bare(text, heading, end):
            continue
        yield Unit(begin, heading.start, heading.end, end, tuple(path))
        begin = end


def _enter(path: list[Heading], heading: Heading) -> None:
    for depth, above in enumerate(path):
        if leaves(above, heading):
            del path[depth:]
            break
    path.append(heading)
