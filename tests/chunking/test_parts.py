"""Parts are kept as tuples that the garbage collector leaves alone, and made when they are asked for."""

import gc
from collections.abc import Iterator

from hypothesis import given

from ingest.chunking.parts import Parts
from tests.chunking.texts import ARTICLES, split

LAW = "\n".join(
    f"Điều {number}. Quyền\n" + "\n".join(f"{clause}. {'nghỉ phép năm ' * 9}" for clause in range(1, 6))
    for number in range(1, 51)
)


@given(ARTICLES)
def test_a_part_is_the_same_however_it_is_asked_for(articles: list[str]) -> None:
    parts = split("".join(articles), 120)
    listed = list(parts)
    assert [parts[position] for position in range(len(parts))] == listed
    assert list(parts[1:-1]) == listed[1:-1]
    assert list(reversed(parts)) == listed[::-1]


def test_several_clauses_are_a_list_of_their_own() -> None:
    parts = split(LAW)
    several = next(part for part in parts if isinstance(part.place.get("clause"), list))
    assert several.place["clause"] == ["1", "2"]
    assert several.place is not next(part for part in parts if part == several).place


def test_what_is_kept_is_no_work_for_the_garbage_collector() -> None:
    parts = split(LAW)
    assert len(parts) > 100
    for _ in range(3):  # a row, its place, the clauses of that: it lets go of them one inside the other
        gc.collect()
    assert not any(map(gc.is_tracked, _list_rows(parts)))


def _list_rows(parts: object) -> Iterator[object]:
    assert isinstance(parts, Parts)
    yield from parts._rows
