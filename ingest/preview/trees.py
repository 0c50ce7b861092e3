"""The tree that was recognised in a text: what it is made of, and which articles stand under which heading."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.chunking import english, korean
from ingest.chunking.front_matter import find_front_matter
from ingest.chunking.headings import Heading, find_headings
from ingest.chunking.items import find_items
from ingest.chunking.ranks import ANNEX, ARTICLE, LAW
from ingest.chunking.structure import Unit, find_units
from ingest.chunking.verbatim import Verbatim
from ingest.model import Document

_VIETNAMESE, _KOREAN, _ENGLISH = ("khoản", "điểm"), ("항", "호", "목"), ("clause", "point")
_KOREAN_KIND = re.compile(r"제\d+(\D)")
_MARKDOWN = -1  # above all of a law


class Kind(NamedTuple):
    """What a heading or an item is: its rank in a law, by which kinds are listed, and its name: "Điều", "조"."""

    rank: int
    name: str


@dataclass(slots=True)
class Branch:
    """A heading that is no article.

    depth: how many such stand above it. articles: how many stand under it, but for those of an annex, which has numbers
    of its own; first, last: how these are cited.
    """

    depth: int
    title: str
    articles: int = 0
    first: str = ""
    last: str = ""

    def add(self, article: str) -> None:
        """Count an article that stands under it."""
        self.articles += 1
        self.first = self.first or article
        self.last = article


@dataclass(frozen=True, slots=True)
class Tree:
    """counts: of headings and items, by their kind. branches: in the order of the text.

    keys: those of the front matter, which becomes metadata and none of the text.
    """

    counts: Counter[Kind] = field(default_factory=Counter)
    branches: Sequence[Branch] = ()
    keys: Sequence[str] = ()

    def prune(self, most: int) -> Sequence[Branch]:
        """Give at most so many branches: as deep as all of them fit, and of the outermost the first."""
        depths = Counter(branch.depth for branch in self.branches)
        deepest = max((depth for depth in depths if self._count_to(depths, depth) <= most), default=0)
        return [branch for branch in self.branches if branch.depth <= deepest][:most]

    @staticmethod
    def _count_to(depths: Mapping[int, int], deepest: int) -> int:
        return sum(count for depth, count in depths.items() if depth <= deepest)


def read_tree(document: Document) -> Tree:
    """Read the tree of a text as it is cut by it. The time is linear in the length of the text."""
    text, verbatim = document.text, Verbatim(document.text)
    front = find_front_matter(document)
    start = front.end
    counts: Counter[Kind] = Counter()
    branches: dict[int, Branch] = {}
    articles: set[int] = set()
    for unit in find_units(text, find_headings(text, verbatim, start), start):
        above: list[Branch] = []
        depth = 0
        for heading in unit.path:
            if heading.rank is not None and heading.rank >= ARTICLE:
                if heading.start not in articles:
                    articles.add(heading.start)
                    counts[_find_kind(heading)] += 1
                    for branch in above if heading.rank == ARTICLE else ():
                        branch.add(heading.label)
            elif heading.title:
                if heading.rank == ANNEX:
                    above = []
                if heading.start not in branches:
                    branches[heading.start] = Branch(depth, heading.title)
                    counts[_find_kind(heading)] += 1
                depth += 1
                above.append(branches[heading.start])
        _count_items(text, unit, verbatim, counts)
    return Tree(counts, list(branches.values()), list(front.metadata))


def list_counts(counts: Counter[Kind]) -> Mapping[str, int]:
    """List counts by the names of their kinds, outermost first and annexes last."""
    ordered = sorted(counts, key=lambda kind: (kind.rank == ANNEX, kind))
    return {kind.name: counts[kind] for kind in ordered}


def _find_kind(heading: Heading) -> Kind:
    if heading.rank is None:
        return Kind(_MARKDOWN, "heading")
    if heading.rank == LAW:
        return Kind(LAW, "law")
    korean = _KOREAN_KIND.match(heading.label)
    return Kind(heading.rank, korean[1] if korean else heading.label.removesuffix(heading.number).strip())


def _count_items(text: str, unit: Unit, verbatim: Verbatim, counts: Counter[Kind]) -> None:
    """Count what the articles of a unit are made of."""
    outline = find_items(text, unit, verbatim)
    if not outline.article:
        return
    label = outline.article.label
    names = _KOREAN if korean.is_label(label) else _ENGLISH if english.is_label(label) else _VIETNAMESE
    for depth, (name, places) in enumerate(zip(names, outline.tiers, strict=False)):
        if places:
            counts[Kind(ARTICLE + 1 + depth, name)] += len(places)
