"""Where in a law a part stands, as it is cited: "Điều 8 khoản 3 điểm a", "제6조제2항제3호"."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ingest.chunking.english import NAMES
from ingest.chunking.items import CLAUSE, POINT, SUBPOINT, Item, Outline
from ingest.chunking.ranks import SUBARTICLE
from ingest.model import Json

# Of each depth its key in the metadata, if it has one, and what stands before and behind its label: once, or before and
# behind each label of a range.
_VIETNAMESE = ((CLAUSE, "clause", " khoản ", "", ""), (POINT, "point", " điểm ", "", ""))
_KOREAN = ((CLAUSE, "clause", "", "제", "항"), (POINT, "point", "", "제", "호"), (SUBPOINT, "", "", "", "목"))
_ENGLISH = ((CLAUSE, "clause", "", "(", ")"), (POINT, "point", "", "(", ")"))
_VISIBLE = re.compile(r"\S")


def cite(outline: Outline, start: int, end: int, *, whole: bool) -> Mapping[str, Json]:
    """Say where a part of a unit stands: `article`, `clause`, `point`, as far as there are, and `citation`.

    Of several clauses, or several points of one, there is a list, so that a filter on any of them finds the part.
    The citation names the smallest that holds all of the part, "Điều 8 khoản 3", or the first and the last of several,
    "Điều 8 khoản 1–2". Outside of laws there is nothing to say.

    whole: the part is the whole unit.
    """
    article, annex = outline.article, outline.annex
    above = annex.label if annex else ""
    if article is None:
        return {"citation": above} if above else {}
    section = outline.unit.find_heading(SUBARTICLE)
    names = (above, article.label, section.label if section else "")  # "Article I Section 8"
    citation = " ".join(filter(None, names))
    place: dict[str, Json] = {"article": article.number, "citation": citation}
    if not outline.items:
        return place
    held, after = _list_held(outline, start, end)
    tiers = _list_labels(held)
    narrow, above_depth = not whole, -1
    for depth, key, name, before, behind in _find_forms(article.label):
        labels = tiers[depth]
        if not labels:
            continue
        if narrow and above_depth >= 0:
            narrow = not _holds_whole(outline, above_depth, held, (start, end), after)
        if narrow:
            citation += name + _cite_label(labels[0], before, behind)
        if len(labels) > 1:
            citation += "–" + _cite_label(labels[-1], before, behind) if narrow else ""
            place |= {key: labels} if key else {}
            break
        if key:
            place[key] = labels[0]
        if len(held) == 1:
            break
        above_depth = depth
    place["citation"] = citation
    return place


def _find_forms(label: str) -> Sequence[tuple[int, str, str, str, str]]:
    """Find how what is in an article is cited, by the article's label."""
    return _KOREAN if label[0] == "제" else _ENGLISH if label.startswith(NAMES) else _VIETNAMESE


def _list_labels(held: Sequence[Item]) -> Sequence[Sequence[str]]:
    """List the labels of items by their depth."""
    tiers: tuple[list[str], ...] = ([], [], [], [])
    for _, depth, label, _, _ in held:
        tiers[depth].append(label)
    return tiers


@lru_cache(maxsize=1_000)  # the same few come again and again
def _cite_label(label: str, before: str, behind: str) -> str:
    """Give a label as it is cited: "1의2" is 제1호의2."""
    number, branch, second = label.partition("의")
    return f"{before}{number}{behind}{branch}{second}"


def _list_held(outline: Outline, start: int, end: int) -> tuple[Sequence[Item], int]:
    """List the items that a part has something of; and where in all items those behind it begin."""
    items, starts = outline.items, outline.starts
    index = bisect_right(starts, start) - 1
    after = bisect_left(starts, end, index + 1)
    held = list(items[max(index, 0) : after])
    above = items[index].inside if index >= 0 else -1  # what it begins in
    while above >= 0:
        held.insert(0, items[above])
        above = items[above].inside
    return held, after


def _holds_whole(outline: Outline, depth: int, held: Sequence[Item], span: tuple[int, int], after: int) -> bool:
    """Say whether a part holds all of the one item of a depth that it has something of."""
    start, end = span
    begin = next(item.start for item in held if item.depth == depth)
    if start > begin or (after < len(outline.items) and outline.items[after].depth > depth):
        return False
    limit = outline.starts[after] if after < len(outline.items) else outline.unit.end
    return not _VISIBLE.search(outline.text, end, limit)
