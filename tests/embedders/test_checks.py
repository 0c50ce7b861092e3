import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ingest.embedders.checks import DamagedError, check, read_vectors
from ingest.errors import UnavailableError, UsageError
from ingest.model import Vectors


def ask(reply: object, texts: int = 2, dimension: int | None = None) -> Vectors:
    vectors = read_vectors(reply, service="tei", model="org/model")
    return check(vectors, texts=texts, dimension=dimension, service="tei", model="org/model")


@given(
    arrays(np.float32, (3, 5), elements=st.floats(-(2.0**100), 2.0**100, width=32)).filter(
        lambda rows: bool((np.abs(rows).max(axis=1) > 1e-30).all())
    )
)
def test_rows_have_unit_length_and_keep_their_direction(rows: Vectors) -> None:
    unit = check(rows, texts=3, dimension=5, service="tei", model="")
    assert unit.dtype == np.float32
    assert np.allclose(np.linalg.norm(unit.astype(np.float64), axis=1), 1, atol=1e-6)
    assert (np.sign(unit) * np.sign(rows) >= 0).all()


@pytest.mark.parametrize(
    "reply",
    [
        [[1.0, 2.0]],
        [[1.0], [2.0], [3.0]],
        [1.0, 2.0],
        [],
        [[], []],
        [[1.0, 2.0], [3.0]],
        [["a"], ["b"]],
        [{}, {}],
        [None],
        3,
        None,
    ],
)
def test_a_reply_of_another_form_may_be_better_next_time(reply: object) -> None:
    with pytest.raises(UnavailableError, match="tei") as caught:
        ask(reply)
    assert not isinstance(caught.value, DamagedError)


@pytest.mark.parametrize("row", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0], [None, 1.0]])
def test_a_damaged_row_is_told_from_a_bad_reply(row: list[float]) -> None:
    with pytest.raises(DamagedError, match="1 of 2 vectors"):
        ask([[1.0, 2.0], row])


def test_another_dimension_than_before_is_refused() -> None:
    assert ask([[3.0, 4.0], [4.0, 3.0]], dimension=2).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [pytest.approx(0.8), pytest.approx(0.6)],
    ]
    with pytest.raises(UnavailableError, match="dimension 2, 3 before"):
        ask([[3.0, 4.0], [4.0, 3.0]], dimension=3)


@pytest.mark.parametrize("reply", [[[[1.0, 2.0]], [[3.0, 4.0]]], [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]])
def test_vectors_of_tokens_are_refused_by_name(reply: object) -> None:
    with pytest.raises(UsageError, match="token by token: org/model is a plain encoder"):
        ask(reply)
