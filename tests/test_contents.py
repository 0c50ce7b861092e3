"""What is listed is what is stored, and what a person types finds one origin or none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contents import Origin, choose_datasets, list_contents, locate
from ingest.errors import UsageError
from ingest.inspection import describe_there
from ingest.model import Collection, Identity, Json, Point
from ingest.sync import sync
from tests.fakes import DIMENSION, POISON, CountingEmbedder, RowsSource, vector_of
from tests.stores.memory import WRITES, MemoryStore
from tests.test_sync import ANYTHING

LAWS = [Origin("laws", "vi/luật.txt"), Origin("laws", "ko/근로기준법.md"), Origin("faq.xlsx", "faq.xlsx")]
names = st.lists(st.sampled_from(["a", "ă1", "조", "x.txt"]), min_size=1, max_size=3).map("/".join)


def fill(folder: Path, *datasets: str, text: str = "Trả lời") -> MemoryStore:
    store = MemoryStore()
    for dataset in datasets:
        rows = [(f"Câu hỏi {row}", f"{text} {row} của {dataset}", "") for row in range(3)]
        source = RowsSource(folder / dataset, dataset=dataset).write({"b": rows, "a": rows[:2]})
        sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING)
    return store


def test_every_dataset_is_listed_with_its_origins_in_order_and_nothing_is_written(tmp_path: Path) -> None:
    store = fill(tmp_path, "thuế", "nhân sự")
    store.calls.clear()
    described = describe_there(store)
    first, second = list_contents(store, described, choose_datasets(described, None))
    assert [first.dataset, second.dataset] == ["nhân sự", "thuế"]
    assert list(first.origins.items()) == [("a", 4), ("b", 6)]
    assert (first.points, first.unfinished, first.skipped, first.complete) == (10, set(), {}, True)
    assert first.finished == described.datasets["nhân sự"]["last_run"]["finished"]  # type: ignore[index,call-overload]
    assert not store.calls.keys() & WRITES
    assert store.calls["count_origins"] == store.calls["count_states"] == 2
    assert not store.calls["list_points"]


def test_an_origin_that_a_run_did_not_finish_makes_its_dataset_incomplete(tmp_path: Path) -> None:
    store = fill(tmp_path, "thuế")
    source = RowsSource(tmp_path / "thuế", dataset="thuế")
    source.write({"a": [("q", "mới", ""), ("q2", POISON, "")], "b": [("một", "hai", "")]})
    sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING)
    (found,) = list_contents(store, describe_there(store), ["thuế"])
    assert not found.complete
    # What was kept of "a" bears the mark it had.
    assert (found.origins, found.unfinished, found.skipped) == ({"a": 2 + 1 + 2, "b": 2}, {"a"}, {"a": 1})


def test_a_mark_of_too_few_points_is_incomplete_though_every_point_has_one(tmp_path: Path) -> None:
    store = fill(tmp_path, "thuế")
    point = next(iter(store.scroll()))
    own = {**point.payload["ingest"], "state": "another"}  # type: ignore[dict-item]
    store.overwrite({point.id: {**point.payload, "ingest": own}})
    (found,) = list_contents(store, describe_there(store), ["thuế"])
    assert (found.complete, len(found.unfinished), found.skipped) == (False, 1, {})
    assert found.unfinished == {point.payload["ingest"]["origin"]}  # type: ignore[index,call-overload]


@given(st.lists(st.sampled_from(["one", "none", "two", "some", "half"]), min_size=1, max_size=6))
def test_the_origins_without_one_mark_on_all_of_their_points_are_named(kinds: list[str]) -> None:
    marks: dict[str, list[str | None]] = {
        "one": ["s", "s"],
        "none": [None, None],
        "two": ["s", "t"],
        "some": ["s", None],
        "half": ["h", "h"],  # of four points: the others were never written
    }
    chunks = {"s": 2, "t": 2, "h": 4}
    store = MemoryStore()
    store.create(Collection(Identity("fake"), "fake", "1", DIMENSION, np.stack([vector_of("a"), vector_of("b")])))
    store.record("d", {"skipped": {"gone.txt": ["0" * 16, "1" * 16], "well.txt": []}})
    for origin, kind in enumerate(kinds):
        for number, mark in enumerate(marks[kind]):
            own: dict[str, Json] = {"dataset": "d", "origin": f"{origin}", "text": f"{origin}{number}"}
            own |= {"fingerprint": "f"} | ({"state": f"{mark}{origin}/{chunks[mark]}"} if mark else {})
            name = f"00000000-0000-5000-8000-{10 * origin + number:012d}"
            store.upsert([Point(name, vector_of(name), {"ingest": own})])
    store.calls.clear()
    (found,) = list_contents(store, describe_there(store), ["d"])
    assert found.unfinished == {f"{origin}" for origin, kind in enumerate(kinds) if kind != "one"}
    assert (found.skipped, found.complete) == ({"gone.txt": 2}, False)
    assert bool(store.calls["fetch_payloads"]) is (set(kinds) != {"one"})


def test_a_dataset_that_was_never_complete_has_no_finish(tmp_path: Path) -> None:
    store = fill(tmp_path, "thuế")
    store.record("thuế", {"path": "p"})
    (found,) = list_contents(store, describe_there(store), ["thuế"])
    assert found.finished is None


def test_a_dataset_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    described = describe_there(fill(tmp_path, "thuế", "nhân sự"))
    assert choose_datasets(described, "thue\u0302\u0301") == ["thuế"]
    with pytest.raises(UsageError, match="the collection has nhân sự, thuế"):
        choose_datasets(described, "laws")
    with pytest.raises(UsageError, match="did you mean thuế"):
        choose_datasets(described, "thuê")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("vi/luật.txt", (LAWS[0], "")),
        ("./vi/luật.txt", (LAWS[0], "")),
        ("luật.txt", (LAWS[0], "")),
        ("luật.txt".replace("ậ", "a\u0323\u0302"), (LAWS[0], "")),
        ("laws/ko/근로기준법.md", (LAWS[1], "")),
        ("근로기준법.md:제6조", (LAWS[1], "제6조")),
        ("faq.xlsx:12", (LAWS[2], "12")),
        ("faq.xlsx:Hỏi đáp!12", (LAWS[2], "Hỏi đáp!12")),
    ],
)
def test_an_origin_is_found_by_its_name_or_the_end_of_its_path(typed: str, expected: tuple[Origin, str]) -> None:
    assert locate(LAWS, typed) == expected


def test_a_place_stays_what_it_is_and_a_colon_of_a_name_belongs_to_it() -> None:
    odd = Origin("laws", "Điều 8: lương.txt")
    assert locate([*LAWS, odd], "Điều 8: lương.txt", "Điều 8") == (odd, "Điều 8")
    assert locate([*LAWS, odd], "Điều 8: lương.txt:3") == (odd, "3")
    with pytest.raises(UsageError):
        locate(LAWS, "faq.xlsx:12", "13")


@given(st.lists(st.builds(Origin, st.sampled_from("xy"), names), unique=True, min_size=1), st.data())
def test_a_full_name_is_always_found_where_one_dataset_has_it(origins: list[Origin], data: st.DataObject) -> None:
    origin = data.draw(st.sampled_from(origins))
    if [other.name for other in origins].count(origin.name) == 1:
        assert locate(origins, origin.name) == (origin, "")
    else:
        with pytest.raises(UsageError, match="add --dataset"):
            locate(origins, origin.name)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("luạt.txt", r"no origin 'luạt.txt': did you mean vi/luật.txt of laws\?"),
        ("faq.xslx:12", r"did you mean faq.xlsx\?"),
        ("t.txt", "no origin 't.txt'"),
        ("zzz", "'zzz', and none like it; `create-vector-db list`"),
    ],
)
def test_what_is_not_there_is_a_usage_error_that_names_the_nearest(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        locate(LAWS, typed)


def test_the_end_of_several_paths_is_a_usage_error_that_names_some() -> None:
    many = [Origin("laws", f"{folder}/luật.txt") for folder in "abcde"]
    with pytest.raises(UsageError, match=r"may be a/luật\.txt of laws, .*c/luật\.txt of laws and 2 more"):
        locate(many, "luật.txt")
    assert locate(many, "c/luật.txt") == (many[2], "")


@pytest.mark.parametrize("name", ["nghi-dinh-11", "laws/nghi-dinh-11", "nghi-dinh-11:Điều 8"])
def test_a_name_may_lack_its_extension(name: str) -> None:
    origins = [Origin("laws", each) for each in ("a/nghi-dinh-1.txt", "nghi-dinh-11.txt", "nghi-dinh-112.md")]
    found, place = locate(origins, name)
    assert (found, place) == (origins[1], name.partition(":")[2])
    with pytest.raises(UsageError, match=r"nghi-dinh-11\.md of laws, nghi-dinh-11\.txt of laws"):
        locate([*origins, Origin("laws", "nghi-dinh-11.md")], name)
    exact = Origin("laws", "nghi-dinh-11")
    assert locate([*origins, exact], name)[0] == exact
