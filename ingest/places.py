"""A place within an origin as a person names it: a row, or an article, a clause, a point, a chapter, a heading."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.contract import read_own
from ingest.model import Json, Payload

_CLAUSE = re.compile(r"\bkho[ảa]n (\d+[a-zđ]?)\b|(?<=[조\s])제?(\d+(?:의\d+)?)항|(?<=[\da-z])\((\d+[a-z]?)\)")
_POINT = re.compile(r"\b(?:đ|d)i[ểe]m ([a-zđ]\d?)\b|(?<=[조항\s])제?(\d+(?:의\d+)?)호|(?<=[\d)\s])\(([a-z]\d?)\)")
_KOREAN = re.compile(r"(?<![제\d])(?:제\s*)?(\d+)\s*(?=[편장절관조](?:\W|$|의|제))")  # "8조", "제 8 조"
_BRANCH = re.compile(r"(\d+)([항호])의(\d+)")  # 제1호의2, whose label is 1의2
_DIGIT = re.compile(r"\d")
_LABEL = re.compile(r"(?<=\d)[đĐ]\b|(?<!\w)[đĐ](?=\d?\b)")  # "Điều 5đ" is not Điều 5d, nor is điểm đ điểm d
_STROKES = str.maketrans("đĐ", "dD")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was named; all in one case, with single spaces.

    text: the whole of it. number: what it is if it is nothing but a number, else "": a row, or an article.
    within: what is left of it without its clause and its point, each "" where it names none.
    loose: it may stand anywhere in a heading. bare: it was typed without diacritics, and is compared so.
    """

    text: str
    number: str
    within: str
    clause: str
    point: str
    loose: bool = False
    bare: bool = False


def read_place(typed: str, *, loose: bool = False) -> Place:
    """Read a place: "12", "Lao động!12", "Điều 8", "điểm a khoản 3 Điều 8", "제6조제2항", "Article 8(3)", a heading.

    loose: where none was typed, diacritics don't matter, and what has no number may stand anywhere in a heading: for
    what is found nowhere as it was typed.
    """
    folded = _fold(typed, bare=False)
    bare = loose and strip_marks(folded) == folded
    text = _KOREAN.sub(r"제\1", folded)
    number = text.removeprefix("row ")
    items = _BRANCH.sub(r"\1의\3\2", text)
    clause, point = _CLAUSE.search(items), _POINT.search(items)
    within = " ".join(_POINT.sub(" ", _CLAUSE.sub(" ", items)).replace(",", " ").split()) if clause or point else ""
    return Place(
        text, number if number.isdecimal() else "", within, _read_label(clause), _read_label(point), loose, bare
    )


def holds(place: Place, payload: Payload) -> bool:
    """Say whether a stored point is at a place.

    An article, a chapter or a heading is named by its beginning: "Điều 8" is "Điều 8. Tiền lương" and not "Điều 80".
    A clause or a point has every part that holds something of it, alone or with others.
    """
    metadata = read_metadata(payload)
    if "row" in metadata:
        item = _fold(str(read_own(payload).get("item", "")), bare=place.bare)
        return place.number == str(metadata["row"]) or place.text == item
    if place.number == metadata.get("article", "") != "" or _is_named(place, place.text, metadata):
        return True
    return surrounds(place, payload) and _holds_item(place, metadata, str(payload.get("page_content") or ""))


def surrounds(place: Place, payload: Payload) -> bool:
    """Say whether a stored point is of the article that is named with a clause or a point, whichever of them it has."""
    return _is_named(place, place.within, read_metadata(payload))


def name_place(payload: Payload) -> str:
    """Name the place of a stored point, such that `read_place` understands it where there is anything to name."""
    metadata = read_metadata(payload)
    if "row" in metadata:
        sheet = metadata.get("sheet")
        return f"{sheet}!{metadata['row']}" if sheet else f"row {metadata['row']}"
    heading = str(metadata.get("heading") or "")
    return str(metadata.get("citation") or heading.rpartition(" > ")[2])


def name_heading(payload: Payload) -> str:
    """Name the place of a stored point, and the heading that it stands under if that says more."""
    place, heading = name_place(payload), str(read_metadata(payload).get("heading") or "").rpartition(" > ")[2]
    return heading if heading.startswith(place) else ", ".join(filter(None, (place, heading)))


def read_metadata(payload: Payload) -> Mapping[str, Json]:
    """Give the metadata of a point; nothing where there is none."""
    metadata = payload.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _fold(text: str, *, bare: bool) -> str:
    """Give a text in one case and with single spaces; bare: without diacritics, too."""
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return strip_marks(folded) if bare else folded


def strip_marks(text: str) -> str:
    """Take the diacritics off a text, and the stroke off đ unless it is a label; syllables of Korean stay whole."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    bare, place, pieces = unicodedata.normalize("NFC", bare), 0, []
    for label in _LABEL.finditer(bare):
        pieces += [bare[place : label.start()].translate(_STROKES), label.group()]
        place = label.end()
    return "".join([*pieces, bare[place:].translate(_STROKES)])


def _read_label(found: re.Match[str] | None) -> str:
    return next(filter(None, found.groups()), "") if found else ""


def _is_named(place: Place, words: str, metadata: Mapping[str, Json]) -> bool:
    """Say whether a point is called so: by its citation, or by any heading above it."""
    heading = _fold(str(metadata.get("heading") or ""), bare=place.bare)
    names = (_fold(str(metadata.get("citation") or ""), bare=place.bare), heading, *heading.split(" > "))
    anywhere = place.loose and not _DIGIT.search(words)
    return bool(words) and any(_holds_words(name, words, anywhere=anywhere) for name in names)


def _holds_words(name: str, words: str, *, anywhere: bool) -> bool:
    """Say whether a name begins with these words, the last of them whole: 제6조의2 doesn't begin with 제6조.

    anywhere: or has them further on.
    """
    at = name.find(words)
    while at >= 0 and (anywhere or at == 0):
        if not name[at - 1 : at].isalnum() and not name[at + len(words) :][:1].isalnum():
            return True
        at = name.find(words, at + 1)
    return False


def _holds_item(place: Place, metadata: Mapping[str, Json], text: str) -> bool:
    """Say whether a part of the right article has something of the clause and the point that are named.

    Of a part with several clauses it isn't recorded which points it has; where no clause is named, the text tells.
    """
    clauses, points = _list_labels(metadata, "clause"), _list_labels(metadata, "point")
    if place.clause and place.clause not in clauses:
        return False
    if not place.point or place.point in points:
        return True
    return len(clauses) > 1 and (place.clause != "" or _has_point(text, place.point))


def _has_point(text: str, point: str) -> bool:
    """Say whether a line of a text begins with a point."""
    return re.search(rf"^[ \t*_]*{re.escape(point)}[.)]", text, re.MULTILINE | re.IGNORECASE) is not None


def _list_labels(metadata: Mapping[str, Json], key: str) -> list[str]:
    value = metadata.get(key)
    labels = value if isinstance(value, list) else [value] if value is not None else []
    return [str(label).casefold() for label in labels]
