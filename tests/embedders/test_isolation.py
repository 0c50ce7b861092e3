import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import EmbeddingError, RefusedError
from ingest.model import Refused
from tests.embedders.fakes import FakeService, make_embedder, make_unit, refuse


@given(
    size=st.integers(2, 40),
    guilty=st.sets(st.integers(0, 39)),
    limit=st.integers(1, 40),
    transient=st.booleans(),
)
def test_every_other_text_gets_its_own_vector_in_order(
    size: int, guilty: set[int], limit: int, transient: bool
) -> None:
    texts = [f"text {index}" for index in range(size)]
    poison = {texts[index] for index in guilty if index < size}
    embedder = make_embedder(FakeService(refuse(*poison, limit=limit, perhaps_transient=transient)))
    embedder.embed_each(["a good text first"])
    for _ in range(2):  # the second time with what was learned
        outcomes = embedder.embed_each(texts)
        assert len(outcomes) == size
        for text, outcome in zip(texts, outcomes, strict=True):
            if text in poison:
                assert outcome == Refused(f"cannot read {text}")
            else:
                assert not isinstance(outcome, Refused)
                assert np.array_equal(outcome, make_unit(text))


@pytest.mark.parametrize("transient", [False, True])
@pytest.mark.parametrize("place", range(32))
def test_one_poison_in_32_costs_few_requests(place: int, transient: bool) -> None:
    texts = [str(number) for number in range(32)]
    service = FakeService(refuse(str(place), perhaps_transient=transient))
    outcomes = make_embedder(service).embed_each(texts)
    assert [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Refused)] == [place]
    assert len(service.asked) - 1 <= 2 * math.log2(32) + 2


def test_a_size_that_is_too_large_twice_is_not_tried_again() -> None:
    service = FakeService(refuse(limit=8))
    embedder = make_embedder(service)
    texts = [str(number) for number in range(32)]
    embedder.embed_each(texts)
    assert [len(asked) for asked in service.asked] == [32, 16, 8, 8, 16, 8, 8]
    service.asked.clear()
    embedder.embed_each(texts)
    assert [len(asked) for asked in service.asked] == [8, 8, 8, 8]


def test_a_poison_text_does_not_make_batches_smaller() -> None:
    service = FakeService(refuse("3"))
    embedder = make_embedder(service)
    for _ in range(3):
        service.asked.clear()
        embedder.embed_each([str(number) for number in range(8)])
        assert len(service.asked[0]) == 8


def test_a_first_batch_that_is_refused_whole_is_the_fault_of_the_service() -> None:
    service = FakeService(refuse(*"abcd"))
    embedder = make_embedder(service)
    embedder.probe(["canary"])  # does not count
    with pytest.raises(EmbeddingError, match=r"refused each of the first 4 texts.*cannot read a") as caught:
        embedder.embed_each(list("abcd"))
    assert not isinstance(caught.value, RefusedError)


def test_a_later_batch_that_is_refused_whole_is_not() -> None:
    embedder = make_embedder(FakeService(refuse(*"abcd")))
    embedder.embed_each(["good"])
    assert all(isinstance(outcome, Refused) for outcome in embedder.embed_each(list("abcd")))


def test_a_single_text_that_is_refused_first_is_skipped() -> None:
    assert make_embedder(FakeService(refuse("a"))).embed_each(["a"]) == [Refused("cannot read a")]


def test_64_refusals_in_a_row_are_the_fault_of_the_service() -> None:
    def behave(texts: Sequence[str]) -> None:
        if texts != ["good"]:
            raise RefusedError("broken")

    service = FakeService(behave)
    embedder = make_embedder(service)
    embedder.embed_each(["good"])
    for _ in range(2):
        embedder.embed_each([f"text {number}" for number in range(31)])
        embedder.encode_query("good")  # not of a source: does not count
    with pytest.raises(EmbeddingError, match=r"refused 64 texts in a row.*broken"):
        embedder.embed_each(["one", "two"])


def test_a_success_between_starts_the_row_anew() -> None:
    embedder = make_embedder(FakeService(refuse(*(f"bad {number}" for number in range(40)))))
    for _ in range(4):
        embedder.embed_each(["good"])
        embedder.embed_each([f"bad {number}" for number in range(40)])


def test_a_refused_canary_or_query_is_an_error() -> None:
    embedder = make_embedder(FakeService(refuse("bad")))
    with pytest.raises(EmbeddingError, match="cannot read bad"):
        embedder.probe(["good", "bad"])
    with pytest.raises(EmbeddingError, match="cannot read bad"):
        embedder.encode_query("bad")


def test_canaries_are_halved_like_any_text() -> None:
    vectors = make_embedder(FakeService(refuse(limit=1))).probe(["a", "b"])
    assert np.array_equal(vectors, [make_unit("a"), make_unit("b")])
