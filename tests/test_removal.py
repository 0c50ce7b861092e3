"""Removing a dataset takes its points and its record, and nothing of the others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.removal import remove_dataset
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, Crash, Crashing, RowsSource, contents
from tests.stores.memory import MemoryStore


def fill(folder: Path, *datasets: str) -> MemoryStore:
    store = MemoryStore()
    for dataset in datasets:
        rows = [(f"Câu hỏi {number}", f"Trả lời {number} của {dataset}", "") for number in range(3)]
        source = RowsSource(folder / dataset, dataset=dataset).write({"a": rows, "b": rows})
        sync([source], embedder=CountingEmbedder(), store=store, options=Options())
    return store


def test_a_dataset_goes_and_the_others_stay(tmp_path: Path) -> None:
    store, reference = fill(tmp_path / "1", "nhân sự", "thuế"), fill(tmp_path / "2", "thuế")
    assert remove_dataset(store, "nhân sự") == 12
    assert contents(store) == contents(reference)
    described = store.describe()
    assert described
    assert described.datasets.keys() == {"thuế"}


@given(at=st.integers(0, 3), after=st.booleans())
def test_a_removal_that_died_can_be_made_again(tmp_path_factory: pytest.TempPathFactory, at: int, after: bool) -> None:
    store = fill(tmp_path_factory.mktemp("sources"), "nhân sự", "thuế")
    try:
        remove_dataset(Crashing(store, at, after=after), "nhân sự")
    except Crash:
        described = store.describe()
        assert described
        if store.count("nhân sự"):
            assert "nhân sự" in described.datasets
        remove_dataset(store, "nhân sự")
    assert store.count("nhân sự") == 0
    assert store.count("thuế") == 12
    assert "nhân sự" not in (store.describe() or pytest.fail("gone")).datasets
