import base64
import json
import random
from typing import Any

import numpy as np
from check import Verdict, compare
from hypothesis import given
from hypothesis import strategies as st
from rows import Row
from vectors import DIMENSION, make_vector, write_base64, write_json

ROWS = [Row(f"q{number}", f"a{number}", f"s{number}") for number in range(20)]


def make_point(row: Row, vector_of: str | None = None) -> dict[str, Any]:
    return {"payload": {"text": row.text, "source": row.source}, "vector": make_vector(vector_of or row.text)}


def read(payload: Any) -> tuple[str, str]:
    return payload["text"], payload["source"]


def tell(row: Row) -> list[str]:
    return [row.text]


@given(st.data())
def test_every_fault_is_counted_once_and_as_what_it_is(data: st.DataObject) -> None:
    fates = data.draw(
        st.lists(st.sampled_from(["right", "missing", "stale", "duplicate", "wrong"]), max_size=len(ROWS))
    )
    points = []
    for row, fate in zip(ROWS, fates, strict=False):
        if fate == "stale":
            points += [make_point(row), make_point(Row(row.question, "another", row.source))]
        elif fate != "missing":
            points += [make_point(row, "of another" if fate == "wrong" else None)] * (2 if fate == "duplicate" else 1)
    random.Random(1).shuffle(points)
    found = compare(ROWS[: len(fates)], points, read, tell)
    count = fates.count
    right = count("right") + count("stale") + count("duplicate")
    assert found == Verdict(right, count("missing"), count("stale"), count("duplicate"), count("wrong"))
    assert found.is_right == (right == len(fates) and not count("stale") and not count("duplicate"))


def test_a_point_with_another_source_is_stale_and_its_row_missing() -> None:
    row = ROWS[0]
    moved = {"payload": {"text": row.text, "source": "elsewhere"}, "vector": make_vector(row.text)}
    assert compare([row], [moved], read, tell) == Verdict(0, 1, 1, 0, 0)


@given(st.lists(st.sampled_from(["both", "one", "none", "wrong"]), max_size=len(ROWS)))
def test_a_row_of_two_texts_is_right_with_both_and_missing_without_either(fates: list[str]) -> None:
    points = []
    for row, fate in zip(ROWS, fates, strict=False):
        alone = Row(row.question, "", row.source)
        points += [make_point(row)] if fate in ("both", "one", "wrong") else []
        points += [make_point(alone, "of another" if fate == "wrong" else None)] if fate in ("both", "wrong") else []
    count = fates.count
    found = compare(ROWS[: len(fates)], points, read, lambda row: [row.question, row.text])
    assert found == Verdict(count("both"), count("one") + count("none"), 0, 0, count("wrong"))


@given(st.text(), st.text())
def test_texts_have_the_same_vector_only_where_they_are_the_same_but_for_white_space(one: str, other: str) -> None:
    first, second = np.asarray(make_vector(one)), np.asarray(make_vector(other))
    assert first.shape == (DIMENSION,)
    alike = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert (alike > 0.995) == (one.split() == other.split())


@given(st.text())
def test_a_vector_is_the_same_however_it_is_written(text: str) -> None:
    vector = make_vector(text)
    assert json.loads(write_json(text)) == vector
    assert np.allclose(np.frombuffer(base64.b64decode(write_base64(text)), "<f4"), vector, atol=1e-6)
