"""A place within an origin as a person names it: a row, or an article, a clause, a point, a chapter, a heading."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.contract import read_own
from ingest.model import Json, Payload

_CLAUSE = re.compile(r"\bkhoản (\d+[a-zđ]?)\b|(?<=[조\s])제?(\d+(?:의\d+)?)항")
_POINT = re.compile(r"\bđiểm ([a-zđ]\d?)\b|(?<=[조항\s])제?(\d+(?:의\d+)?)호")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was named; all in one case, with single spaces.

    text: the whole of it. number: what it is if it is nothing but a number, else "": a row, or an article.
    within: what is left of it without its clause and its point, each "" where it names none.
    """

    text: str
    number: str
    within: str
    clause: str
    point: str


def read_place(typed: str) -> Place:
    """Read a place: "12", "Lao động!12", "Điều 8", "điểm a khoản 3 Điều 8", "제6조제2항", "Chương II", a heading."""
    text = _fold(typed)
    number = text.removeprefix("row ")
    clause, point = _CLAUSE.search(text), _POINT.search(text)
    within = _fold(_POINT.sub(" ", _CLAUSE.sub(" ", text)).replace(",", " ")) if clause or point else ""
    return Place(text, number if number.isdecimal() else "", within, _read_label(clause), _read_label(point))


def holds(place: Place, payload: Payload) -> bool:
    """Say whether a stored point is at a place.

    An article, a chapter or a heading is named by its beginning: "Điều 8" is "Điều 8. Tiền lương" and not "Điều 80".
    A clause or a point has every part that holds something of it, alone or with others.
    """
    metadata = read_metadata(payload)
    if "row" in metadata:
        return place.number == str(metadata["row"]) or place.text == _fold(str(read_own(payload).get("item", "")))
    names = _list_names(metadata)
    if place.number == metadata.get("article", "") != "" or any(_begins(name, place.text) for name in names):
        return True
    return any(_begins(name, place.within) for name in names) and _holds_item(place, metadata)


def name_place(payload: Payload) -> str:
    """Name the place of a stored point, such that `read_place` understands it where there is anything to name."""
    metadata = read_metadata(payload)
    if "row" in metadata:
        sheet = metadata.get("sheet")
        return f"{sheet}!{metadata['row']}" if sheet else f"row {metadata['row']}"
    heading = str(metadata.get("heading") or "")
    return str(metadata.get("citation") or heading.rpartition(" > ")[2])


def read_metadata(payload: Payload) -> Mapping[str, Json]:
    """Give the metadata of a point; nothing where there is none."""
    metadata = payload.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _read_label(found: re.Match[str] | None) -> str:
    return next(filter(None, found.groups()), "") if found else ""


def _list_names(metadata: Mapping[str, Json]) -> list[str]:
    """List what a point may be called by: its citation and each heading above it."""
    heading = _fold(str(metadata.get("heading") or ""))
    return [_fold(str(metadata.get("citation") or "")), heading, *heading.split(" > ")]


def _begins(name: str, words: str) -> bool:
    """Say whether a name begins with these words, the last of them whole: 제6조의2 doesn't begin with 제6조."""
    return bool(words) and name.startswith(words) and not name[len(words) :][:1].isalnum()


def _holds_item(place: Place, metadata: Mapping[str, Json]) -> bool:
    """Say whether a part of the right article has something of the clause and the point that are named.

    Of a part with several clauses it isn't recorded which points it has.
    """
    clauses, points = _list_labels(metadata, "clause"), _list_labels(metadata, "point")
    if place.clause and place.clause not in clauses:
        return False
    return not place.point or place.point in points or (len(clauses) > 1 and place.clause != "")


def _list_labels(metadata: Mapping[str, Json], key: str) -> list[str]:
    value = metadata.get(key)
    labels = value if isinstance(value, list) else [value] if value is not None else []
    return [str(label).casefold() for label in labels]
