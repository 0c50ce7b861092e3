"""Building beside an embedded collection, and switching to it: whole before, whole after, and nothing left behind."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import LockedError, StoreError, UsageError
from ingest.stores import embedded_collection, open_store
from ingest.stores.embedded import EmbeddedStore
from tests.fakes import Crash
from tests.stores.samples import fill, list_files, make_collection, make_points

OLD, NEW = make_points("abc"), make_points("cdefg", "new.txt")
STEPS = [(Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (Path, "rmdir"), (Path, "open"), (os, "fsync")]


def list_folder(store: EmbeddedStore) -> list[str]:
    return sorted(path.name for path in (Path(store.name) / store.collection).iterdir())


def read(store: EmbeddedStore) -> set[str]:
    return {point.id for point in store.scroll()}


@contextmanager
def dying(at: int, *, halfway: bool) -> Iterator[list[str]]:
    """Die before the n-th change to the disk; of a folder that is removed, when half of its files are gone."""
    taken: list[str] = []

    def step(name: str) -> bool:
        taken.append(name)
        return len(taken) > at

    def wrap(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        def change(*args: Any, **kwargs: Any) -> Any:
            if step(name):
                raise Crash
            return made(*args, **kwargs)

        return change

    def remove(folder: Path, *args: Any) -> None:
        if not step("rmtree"):
            removed(folder, *args)
            return
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files[: len(files) // 2 if halfway else 0]:
            os.unlink(path)  # noqa: PTH108 - Path.unlink is counted
        raise Crash

    removed = shutil.rmtree
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "rmtree", remove)
        for place, name in STEPS:
            patch.setattr(place, name, wrap(name, getattr(place, name)))
        yield taken


def open_again(store: EmbeddedStore) -> EmbeddedStore:
    store.close()
    return EmbeddedStore(store.name, store.collection)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(str(tmp_path / "store"), "test")
    fill(opened, OLD)
    yield opened
    opened.close()


def rebuild(store: EmbeddedStore) -> None:
    """What a rebuild does with a store."""
    built = store.build()
    if built.describe() is None:
        built.create(make_collection("another"))
    built.upsert(NEW)
    built.record("laws", {"path": "/new"})
    store.switch(built)


@pytest.mark.parametrize("halfway", [False, True])
@pytest.mark.parametrize("mend", [EmbeddedStore.clear, rebuild])
def test_a_death_at_any_step_leaves_the_whole_old_or_the_whole_new(
    tmp_path: Path, mend: Callable[[EmbeddedStore], object], halfway: bool
) -> None:
    old, new = {point.id for point in OLD}, {point.id for point in NEW}
    outcomes: list[bool] = []
    for at in range(60):
        store = EmbeddedStore(str(tmp_path / f"{at}"), "test")
        fill(store, OLD)
        finished = False
        with dying(at, halfway=halfway) as steps:
            try:
                rebuild(store)
                finished = True
            except Crash:
                pass
        store = open_again(store)
        described = store.describe()
        assert described
        switched = described.identity.model == "another"
        assert read(store) == (new if switched else old)
        assert described.datasets == ({"laws": {"path": "/new"}} if switched else {})
        outcomes.append(switched)
        mend(store)
        assert read(store) == (new if switched or mend is rebuild else old)
        assert len(list_folder(store)) == 2
        assert store.clear() == []
        store.close()
        if finished:
            break
    assert {"replace", "unlink", "rmtree", "fsync", "mkdir", "open"} <= set(steps)
    assert outcomes == sorted(outcomes), "once it is switched it stays so"
    assert outcomes.index(True) < len(outcomes) - 2, "there are steps after the switch"
    assert outcomes.count(False) > 5


def test_what_was_written_to_a_build_survives_the_death_of_the_process(store: EmbeddedStore) -> None:
    built = fill(store.build(), NEW)
    built.record("laws", {"path": "/new"})
    again = open_again(store)
    resumed = again.build()
    assert {point.id for point in resumed.scroll()} == {point.id for point in NEW}
    assert (resumed.describe() or pytest.fail("gone")).datasets == {"laws": {"path": "/new"}}
    again.switch(resumed)
    assert list_folder(again) == ["collection.json", "shard-2"]
    assert read(again) == {point.id for point in NEW}
    again.close()


def test_a_build_says_who_builds_it_and_opening_one_writes_nothing(store: EmbeddedStore) -> None:
    before = list_files(Path(store.name))
    built = store.build()
    assert list_files(Path(store.name)) == before
    fill(built, NEW)
    assert list_folder(store) == ["building.json", "collection.json", "shard-1", "shard-2"]
    record = json.loads((Path(store.name) / "test" / "building.json").read_bytes())
    assert (record["shard"], record["building"]["pid"]) == ("shard-2", os.getpid())
    assert json.loads((Path(store.name) / "test" / "collection.json").read_bytes())["shard"] == "shard-1"


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"shard": "shard-2"}',
        b'{"shard": "shard-9", "collection": {}, "datasets": {}}',
        b'{"shard": "../x", "collection": {}, "datasets": []}',
        b'{"shard": 2, "collection": null, "datasets": null, "building": 7}',
        "shard-1",
        None,
    ],
)
def test_a_build_that_can_not_be_gone_on_with_is_a_leftover(store: EmbeddedStore, damage: bytes | str | None) -> None:
    fill(store.build(), NEW)
    path = Path(store.name) / "test" / "building.json"
    if isinstance(damage, bytes):
        path.write_bytes(damage)
    elif damage is None:
        path.unlink()
    else:
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "shard": damage}))
    (path.parent / "shard-7").mkdir()
    (path.parent / "collection.json.tmp").write_text("{")
    again = open_again(store)
    built = again.build()
    assert built.describe() is None
    fill(built, NEW)
    assert list_folder(again) == ["building.json", "collection.json", "shard-1", "shard-2"]
    assert again.clear() == ["building.json", "shard-2"]
    assert list_folder(again) == ["collection.json", "shard-1"]
    assert again.count() == 3
    again.close()


def test_what_is_not_ours_is_not_cleared_away(store: EmbeddedStore) -> None:
    kept = Path(store.name) / "test" / "notes.txt"
    kept.write_text("mine")
    (kept.parent / "shard-old").mkdir()
    assert store.clear() == []
    rebuild(store)
    assert list_folder(store) == ["collection.json", "notes.txt", "shard-2", "shard-old"]


def test_clearing_where_there_is_nothing_changes_nothing(store: EmbeddedStore) -> None:
    with dying(0, halfway=False) as steps:
        assert store.clear() == []
    assert steps == []


def test_what_a_death_while_creating_left_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    (folder / "shard-1").mkdir(parents=True)
    (folder / "collection.json.tmp").write_text("{")
    store = EmbeddedStore(str(tmp_path), "test")
    assert store.clear() == ["collection.json.tmp", "shard-1"]
    assert not folder.exists()
    assert store.clear() == []
    store.close()


def test_the_folder_stays_locked_when_a_build_is_closed(store: EmbeddedStore) -> None:
    built = fill(store.build(), NEW)
    built.close()
    built.close()
    with pytest.raises(StoreError, match="was closed"):
        built.count()
    with pytest.raises(LockedError):
        EmbeddedStore(store.name, "test")
    assert store.count() == 3
    store.switch(store.build())
    with pytest.raises(LockedError):
        EmbeddedStore(store.name, "test")
    assert store.count() == len(NEW)


def test_closing_the_store_closes_its_build(store: EmbeddedStore) -> None:
    built = fill(store.build(), NEW)
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        built.count()


def test_dropping_the_collection_takes_its_build_along(store: EmbeddedStore) -> None:
    fill(store.build(), NEW)
    store.drop()
    assert not (Path(store.name) / "test").exists()
    fill(store, OLD)
    assert store.build().describe() is None


def test_both_are_compacted_each_by_itself(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    compacted: list[str] = []

    def compact(shard: Path) -> bool:
        compacted.append(shard.name)
        return True

    monkeypatch.setattr(embedded_collection, "compact_shard", compact)
    built = fill(store.build(), NEW)
    built.delete([NEW[0].id])
    store.delete([OLD[0].id])
    built.compact()
    assert compacted == ["shard-2"]
    store.compact()
    assert compacted == ["shard-2", "shard-1"]
    store.switch(built)
    store.compact()
    assert compacted == ["shard-2", "shard-1"]
    assert (store.count(), len(NEW)) == (4, 5)


def test_old_files_that_can_not_be_removed_are_named_and_left_to_the_next_run(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    built = fill(store.build(), NEW)
    monkeypatch.setattr(shutil, "rmtree", deny)
    said = store.switch(built)
    assert "left for the next run to remove" in said
    assert "being used by another process" in said
    assert store.count() == len(NEW)
    monkeypatch.undo()
    assert store.clear() == ["shard-1"]


def test_an_alias_is_for_a_server(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--rebuild"):
        open_store(path=str(tmp_path), alias="laws")
    assert list_files(tmp_path) == []


ACTIONS = ["begin", "write", "drop", "switch", "clear", "reopen", "forget"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(ACTIONS), max_size=8))
def test_any_history_of_builds_leaves_one_collection_of_its_last_switch(
    tmp_path_factory: pytest.TempPathFactory, history: list[str]
) -> None:
    store = EmbeddedStore(str(tmp_path_factory.mktemp("history")), "test")
    fill(store, OLD)
    texts, building, begun = set("abc"), set[str](), False
    for number, action in enumerate(history):
        text = f"text {number}"
        match action:
            case "begin" if not begun:
                fill(store.build(), make_points([text]))
                building, begun = {text}, True
            case "write" if begun:
                store.build().upsert(make_points([text]))
                building.add(text)
            case "drop" if begun:
                store.build().drop()
                begun = False
            case "switch" if begun:
                store.switch(store.build())
                texts, begun = building, False
            case "clear":
                assert bool(store.clear()) == begun
                begun = False
            case "reopen":
                store = open_again(store)
            case "forget":
                store.forget("laws")
        assert {str(point.payload["page_content"]) for point in store.scroll()} == texts
        assert len(list_folder(store)) == 2 + 2 * begun
    store.close()
