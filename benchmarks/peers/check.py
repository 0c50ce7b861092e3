# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Whether a collection is what the workbook says: what is missing, stale, there twice, or has another text's vector."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
from rows import Row
from vectors import make_vector

PAGE = 500  # points that are read at once
ALIKE = 0.9999  # cosine from which two vectors are of the same text

Json = Mapping[str, Any]
Read = Callable[[Json], tuple[str, str]]  # payload → what was embedded, and its source
Tell = Callable[[Row], Sequence[str]]  # row → the texts that are embedded of it, a point for each


@dataclass(frozen=True, slots=True)
class Verdict:
    """Numbers of rows and points.

    right: rows whose every text has a point with the right vector. missing: rows with a text that has no point. stale:
    points that no row of the workbook stands behind, text and source. duplicate: points of a text beyond its first.
    wrong: points with the vector of another text.
    """

    right: int
    missing: int
    stale: int
    duplicate: int
    wrong: int

    @property
    def is_right(self) -> bool:
        return not (self.missing or self.stale or self.duplicate or self.wrong)


def compare(rows: Iterable[Row], points: Iterable[Json], read: Read, tell: Tell) -> Verdict:
    """Compare what a collection should hold with its points, as REST gives them."""
    texts = [{(_plain(text), row.source) for text in tell(row)} for row in rows]
    wanted = set[tuple[str, str]]().union(*texts)
    found: Counter[tuple[str, str]] = Counter()
    right: set[tuple[str, str]] = set()
    stale = wrong = 0
    for point in points:
        text, source = read(point["payload"] or {})
        key = (_plain(text), source)
        if key not in wanted:
            stale += 1
            continue
        found[key] += 1
        if _is_vector_of(text, point["vector"]):
            right.add(key)
        else:
            wrong += 1
    whole, missing = sum(each <= right for each in texts), sum(not each <= found.keys() for each in texts)
    return Verdict(whole, missing, stale, found.total() - len(found), wrong)


def scroll(url: str, collection: str, key: str = "") -> Iterator[Json]:
    """Read every point of a collection with its payload and vector; none where there is no such collection."""
    offset = None
    while True:
        given = {"limit": PAGE, "with_payload": True, "with_vector": True, "offset": offset}
        try:
            page = ask(f"{url}/collections/{collection}/points/scroll", given, key=key)["result"]
        except HTTPError as error:
            if error.code == 404:
                return
            raise
        yield from page["points"]
        if (offset := page["next_page_offset"]) is None:
            return


def ask(url: str, given: Json, *, method: str = "POST", key: str = "") -> Json:
    """Send JSON to a server of Qdrant; give its answer."""
    headers = {"Content-Type": "application/json", **({"api-key": key} if key else {})}
    with urlopen(Request(url, json.dumps(given).encode(), headers, method=method)) as answer:
        read: Json = json.loads(answer.read())
    return read


def _plain(text: str) -> str:
    return " ".join(text.split())


def _is_vector_of(text: str, vector: list[float]) -> bool:
    one, other = np.asarray(vector), np.asarray(make_vector(text))
    return bool(one @ other >= ALIKE * np.linalg.norm(one) * np.linalg.norm(other))
