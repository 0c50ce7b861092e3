"""Where in a law a part stands, as it is cited: "Điều 8 khoản 3 điểm a", "제6조제2항제3호"."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from ingest.chunking import english, korean
from ingest.chunking.items import CLAUSE, POINT, SUBPOINT, Item, Outline
from ingest.chunking.ranks import SUBARTICLE
from ingest.model import Json
from ingest.records import record

# Of each depth what stands before and behind its label: once, or before and behind each label of a range.
_VIETNAMESE: Sequence[tuple[int, str, str, str]] = ((CLAUSE, " khoản ", "", ""), (POINT, " điểm ", "", ""))
_KOREAN = ((CLAUSE, "", "제", "항"), (POINT, "", "제", "호"), (SUBPOINT, "", "", "목"))
_ENGLISH = ((CLAUSE, "", "(", ")"), (POINT, "", "(", ")"))
_VISIBLE = re.compile(r"\S")

# Where a part stands: what `_KEYS` name, "" where there is none; of several there is a tuple.
Place: TypeAlias = tuple[str, str, str | tuple[str, ...], str | tuple[str, ...]]
_KEYS = ("article", "citation", "clause", "point")
NOWHERE: Place = ("", "", "", "")


def describe(place: Place) -> dict[str, Json]:
    """Give a place as metadata: what there is none of is left out, and what there are several of is a list."""
    described: dict[str, Json] = {}
    for key, said in zip(_KEYS, place):  # noqa: B905 - a place has a field for each, and a check costs as much again
        if said:
            described[key] = list(said) if isinstance(said, tuple) else said
    return described


@record
class Law:
    """How a unit of a law is cited.

    place: that of the unit as a whole. forms: what stands around the labels of its items.
    """

    place: Place
    forms: Sequence[tuple[int, str, str, str]]


def find_law(outline: Outline) -> Law:
    """Find how a unit is cited; outside of laws there is nothing to say."""
    article, annex = outline.article, outline.annex
    above = annex.label if annex else ""
    if article is None:
        return Law(("", above, "", "") if above else NOWHERE, ())
    name = f"{above} {article.label}" if above else article.label
    forms = _VIETNAMESE
    if korean.is_label(article.label):
        forms = _KOREAN
    elif english.is_label(article.label):
        forms = _ENGLISH
        if section := outline.unit.find_heading(SUBARTICLE):
            name = f"{name} {section.label}"  # "Article I Section 8"
    return Law((article.number, name, "", ""), forms)


def cite(outline: Outline, law: Law, start: int, end: int, *, whole: bool) -> Place:
    """Say where a part of a unit stands: article, citation, clause and point, as far as there are.

    Of several clauses, or several points of one, there are all, so that a filter on any of them finds the part.
    The citation names the smallest that holds all of the part, "Điều 8 khoản 3", or the first and the last of several,
    "Điều 8 khoản 1–2".

    law: how its unit is cited. whole: the part is the whole unit.
    """
    if not outline.items or not law.forms:
        return law.place
    article, citation, _, _ = law.place
    said: list[str | tuple[str, ...]] = ["", "", ""]  # by depth
    held, after = _list_held(outline, start, end)
    found: list[list[str]] = [[], [], [], []]  # by depth
    for item in held:
        found[item.depth].append(item.label)
    narrow, above_depth = not whole, -1
    for depth, name, before, behind in law.forms:
        labels = found[depth]
        if not labels:
            continue
        if narrow and above_depth >= 0:
            narrow = not _holds_whole(outline, above_depth, held, (start, end), after)
        several = len(labels) > 1
        if narrow:
            citation += name + _cite_label(labels[0], before, behind)
            citation += "–" + _cite_label(labels[-1], before, behind) if several else ""
        said[depth] = tuple(labels) if several else labels[0]
        if several or len(held) == 1:
            break
        above_depth = depth
    return article, citation, said[CLAUSE], said[POINT]


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
    if index < 0:
        return items[:after], after
    above = items[index].inside  # what it begins in
    if above < 0:
        return items[index:after], after
    held = [items[above], *items[index:after]]
    while (above := items[above].inside) >= 0:
        held.insert(0, items[above])
    return held, after


def _holds_whole(outline: Outline, depth: int, held: Sequence[Item], span: tuple[int, int], after: int) -> bool:
    """Say whether a part holds all of the one item of a depth that it has something of."""
    start, end = span
    begin = next(item.start for item in held if item.depth == depth)
    if start > begin or (after < len(outline.items) and outline.items[after].depth > depth):
        return False
    limit = outline.starts[after] if after < len(outline.items) else outline.unit.end
    return not _VISIBLE.search(outline.text, end, limit)
