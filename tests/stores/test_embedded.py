"""The embedded store: deaths, disks, folders of others, and what is reclaimed."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from qdrant_client import QdrantClient
from qdrant_edge import EdgeShard

from ingest.errors import IdentityError, IngestError, LockedError, StoreError, UsageError
from ingest.stores import compaction, disk, embedded_collection, engine, open_store
from ingest.stores.embedded import EmbeddedStore
from ingest.stores.lock import FolderLock
from tests.stores.samples import fill, list_files, make_collection, make_payload, make_point, make_points, make_vector

ROOT = Path(__file__).parents[2]
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil's own


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(str(tmp_path / "store"), "test")
    yield opened
    opened.close()


def leave(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Let the disk have so many bytes free."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - free, free))


def reopen(store: EmbeddedStore) -> EmbeddedStore:
    store.close()
    return EmbeddedStore(store.name, store.collection)


# What lies on the disk


def test_reading_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    store = EmbeddedStore(str(tmp_path / "a" / "b"), "test")
    assert list_files(tmp_path) == ["a", "a/b", "a/b/test.lock", "a/b/test.lock.json"]
    assert store.describe() is None
    store.close()
    assert list_files(tmp_path) == []


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    EmbeddedStore(str(tmp_path), "test").close()
    assert tmp_path.is_dir()
    assert list_files(tmp_path) == []


def test_a_collection_is_a_record_and_a_shard(store: EmbeddedStore) -> None:
    fill(store, make_points("ab"))
    store.close()
    folder = Path(store.name)
    assert sorted(path.name for path in folder.iterdir()) == ["test", "test.lock"]
    assert sorted(path.name for path in (folder / "test").iterdir()) == ["collection.json", "shard-1"]
    assert json.loads((folder / "test" / "collection.json").read_bytes())["shard"] == "shard-1"


def test_collections_of_one_folder_are_independent(store: EmbeddedStore) -> None:
    fill(store, make_points("ab"))
    other = open_store(path=store.name, collection="other")
    assert other.describe() is None
    fill(other, make_points("c"))
    store.drop()
    assert other.count() == 1
    other.close()


def test_a_dropped_collection_leaves_nothing(store: EmbeddedStore) -> None:
    fill(store, make_points("ab"))
    store.drop()
    store.close()
    assert not Path(store.name).exists() or list_files(Path(store.name)) == []


def test_a_creation_that_failed_can_be_made_again(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left on device"):
        store.create(make_collection())
    monkeypatch.undo()
    assert store.describe() is None
    assert store.count() == 0
    fill(store, make_points("ab"))
    assert store.count() == 2


def test_a_store_does_not_follow_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = EmbeddedStore("store", "test")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    fill(store, make_points("a"))
    store.close()
    assert (tmp_path / "store" / "test" / "collection.json").exists()
    assert list_files(tmp_path / "elsewhere") == []


def test_a_closed_store_says_so(store: EmbeddedStore) -> None:
    fill(store, make_points("ab"))
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.count()


@pytest.mark.parametrize("kept", [[], ["shard-1"], ["shard-1", "collection.json.tmp"]])
def test_what_a_death_while_creating_or_dropping_left_is_no_collection(store: EmbeddedStore, kept: list[str]) -> None:
    fill(store, make_points("ab"))
    folder = Path(store.name) / "test"
    shutil.copy(folder / "collection.json", folder / "collection.json.tmp")
    store.close()
    for path in folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = EmbeddedStore(store.name, "test")
    assert again.describe() is None
    fill(again, make_points("xyz"))
    assert again.count() == 3
    again.close()


def test_a_record_replaces_the_old_one_in_one_step(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, make_points("ab"))
    store.record("laws", {"path": "/a"})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left on device"):
        store.record("laws", {"path": "/b"})
    monkeypatch.undo()
    again = reopen(store)
    described = again.describe()
    assert described
    assert described.datasets == {"laws": {"path": "/a"}}
    again.close()


# Folders of others


def make_local_client(folder: Path) -> None:
    client = QdrantClient(path=str(folder))
    client.close()


def make_server_storage(folder: Path) -> None:
    (folder / "collections").mkdir(parents=True)
    (folder / "raft_state.json").write_text("{}")


def make_other_files(folder: Path) -> None:
    (folder / "test").mkdir(parents=True)
    for number in range(7):
        (folder / "test" / f"{number}.txt").write_text("mine")


def make_file_of_that_name(folder: Path) -> None:
    folder.mkdir()
    (folder / "test").write_text("mine")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_local_client, "qdrant-client's local mode"),
        (make_server_storage, "storage of a Qdrant server"),
        (make_other_files, "0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more"),
        (make_file_of_that_name, "is a file, not a collection"),
    ],
)
def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path, make: Any, message: str) -> None:
    folder = tmp_path / "store"
    make(folder)
    before = list_files(folder)
    with pytest.raises(IdentityError, match=message):
        EmbeddedStore(str(folder), "test")
    assert list_files(folder) == before


def test_the_folder_of_a_collection_is_not_that_of_a_store(store: EmbeddedStore) -> None:
    fill(store, make_points("a"))
    with pytest.raises(IdentityError, match="name the folder above it"):
        EmbeddedStore(f"{store.name}/test", "test")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        EmbeddedStore(str(tmp_path / "file"), "test")
    with pytest.raises(StoreError, match="can't be used as a store: Not a directory"):
        EmbeddedStore(str(tmp_path / "file" / "store"), "test")


def test_a_folder_that_may_not_be_read_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(StoreError, match="Permission denied"):
        EmbeddedStore(str(tmp_path), "test")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b'{"shard": "shard-1"}', b'{"shard":"shard-1","collection":{},"datasets":{}}'],
)
def test_a_damaged_record_is_named(store: EmbeddedStore, content: bytes) -> None:
    fill(store, make_points("a"))
    store.close()
    path = Path(store.name) / "test" / "collection.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged") as caught:
        EmbeddedStore(store.name, "test")
    assert str(path) in str(caught.value)


def test_a_record_without_its_shard_is_named(store: EmbeddedStore) -> None:
    fill(store, make_points("a"))
    store.close()
    shutil.rmtree(Path(store.name) / "test" / "shard-1")
    with pytest.raises(StoreError, match="names the shard 'shard-1', which isn't there"):
        EmbeddedStore(store.name, "test")


def test_a_record_of_a_newer_tool_is_left_alone(store: EmbeddedStore) -> None:
    fill(store, make_points("a"))
    store.close()
    path = Path(store.name) / "test" / "collection.json"
    record = json.loads(path.read_bytes())
    record["collection"]["format"] = 2
    path.write_text(json.dumps(record))
    with pytest.raises(StoreError, match="newer create-vector-db"):
        EmbeddedStore(store.name, "test")


def test_a_damaged_shard_is_an_error_of_ours(store: EmbeddedStore) -> None:
    fill(store, make_points("abc"))
    store.close()
    for path in (Path(store.name) / "test" / "shard-1" / "segments").rglob("segment.json"):
        path.write_bytes(b"{")
    again = EmbeddedStore(store.name, "test")
    with pytest.raises(StoreError, match="the engine"):
        again.count()
    again.close()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a:b", ".hidden", "a\nb", "end.", "x" * 201, "luật" * 50]
)
def test_a_name_that_no_collection_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name"):
        open_store(path=str(tmp_path), collection=name)


def test_a_store_is_a_folder_or_a_server() -> None:
    with pytest.raises(UsageError, match="either"):
        open_store()
    with pytest.raises(UsageError, match="either"):
        open_store(path="a", url="http://127.0.0.1:6333")


# One process at a time


def test_a_second_opener_waits_and_is_told_who_holds_the_folder(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/tool", "copy", "--to", "http://me:secret@host:6333"])
    fill(store, make_points("a"))
    again = reopen(store)
    slept: list[float] = []
    with pytest.raises(LockedError) as caught:
        EmbeddedStore(store.name, "test", lock_wait=1.1, sleep=slept.append)
    assert sum(slept) == pytest.approx(1.1)
    assert max(slept) <= 0.25
    message = str(caught.value)
    assert f"process {os.getpid()} on " in message
    assert ", since 20" in message
    assert "tool copy --to http://host:6333" in message
    assert str(Path(store.name) / "test") in message
    assert "secret" not in message
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open stays there")
@pytest.mark.parametrize("made_anew", [False, True])
def test_a_lock_on_a_file_that_others_do_not_find_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, made_anew: bool
) -> None:
    """Its last holder removes it, and another makes it anew, between our opening and our locking it."""
    path, acquire = tmp_path / "a.lock", FileLock.acquire

    def acquire_late(lock: FileLock, **how: Any) -> Any:
        taken = acquire(lock, **how)
        if (gone := path.with_name("gone")) not in tmp_path.iterdir():
            path.rename(gone)
            if made_anew:
                path.touch()
        return taken

    monkeypatch.setattr(FileLock, "acquire", acquire_late)
    slept: list[float] = []
    lock = FolderLock(tmp_path / "a")
    lock.acquire(1.0, sleep=slept.append)
    assert slept, "the first was none"
    lock.release(trace=False)


def test_a_lock_that_is_let_go_is_taken(store: EmbeddedStore) -> None:
    fill(store, make_points("a"))
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            store.close()

    again = EmbeddedStore(store.name, "test", lock_wait=10, sleep=sleep)
    assert again.count() == 1
    assert len(slept) == 2
    again.close()


def test_a_holder_that_left_nothing_is_still_heeded(store: EmbeddedStore) -> None:
    Path(f"{store.name}/test.lock.json").write_text("[]")
    with pytest.raises(LockedError, match="in use by another process"):
        EmbeddedStore(store.name, "test")


WRITER = """
import sys
from ingest.stores import open_store
from tests.stores.samples import make_collection, make_point
store = open_store(path=sys.argv[1], collection="test")
if not store.describe():
    store.create(make_collection())
start = store.count()
for number in range(start, 10**9, 50):
    store.upsert([make_point(str(n), f"{n % 7}.txt") for n in range(number, number + 50)])
    print(number + 50, flush=True)
"""


def start_writer(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
    )


@pytest.mark.parametrize("batches", [1, 7, 43])
def test_nothing_that_was_promised_is_lost_when_the_process_is_killed(tmp_path: Path, batches: int) -> None:
    for _ in range(2):
        with start_writer(tmp_path) as writer:
            assert writer.stdout
            lines = [writer.stdout.readline() for _ in range(batches)]
            with pytest.raises(LockedError, match=f"process {writer.pid} "):
                EmbeddedStore(str(tmp_path), "test")
            writer.kill()
            promised = int((lines + writer.stdout.readlines())[-1])
        store = EmbeddedStore(str(tmp_path), "test")
        found = {str(point.payload["page_content"]): point for point in store.scroll()}
        assert {str(number) for number in range(promised)} <= found.keys()
        assert all(abs(float(found[text].vector @ make_point(text).vector) - 1) < 1e-5 for text in found)
        assert sum(store.count_origins("laws").values()) == store.count() == len(found)
        store.close()


# Room on the disk


def test_a_disk_that_is_nearly_full_is_not_written_to(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, disk.ROOM_TO_WRITE - 1)
    with pytest.raises(StoreError, match="a new collection needs 192 MiB of room on its disk, and 191 MiB are free"):
        store.create(make_collection())
    assert not (Path(store.name) / "test").exists()
    monkeypatch.undo()

    points = make_points("ab")
    fill(store, points)
    leave(monkeypatch, disk.ROOM_TO_WRITE - 1)
    writes: list[Callable[[], object]] = [
        lambda: store.upsert(make_points("c")),
        lambda: store.overwrite({points[0].id: make_payload("laws", "x", "x")}),
        lambda: store.mark("laws", "luật.txt", "state"),
    ]
    for write in writes:
        with pytest.raises(StoreError, match=r"writing needs \d+ MiB of room"):
            write()
    assert {point.id: point.payload for point in store.scroll()} == {point.id: point.payload for point in points}
    store.delete([points[0].id])  # makes room, in the end
    assert store.count() == 1


def test_what_is_asked_for_grows_with_the_batch(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(make_collection())
    leave(monkeypatch, disk.ROOM_TO_WRITE + disk.MIB)
    store.upsert(make_points("a"))
    with pytest.raises(StoreError, match="room"):
        store.upsert([make_point("x" * 100_000)])
    assert store.count() == 1


def test_a_full_disk_is_not_loaded_from(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, make_points("ab"))
    again = reopen(store)
    leave(monkeypatch, disk.ROOM_TO_LOAD - 1)
    with pytest.raises(StoreError, match="opening the collection needs 64 MiB"):
        again.count()
    monkeypatch.undo()
    assert again.count() == 2
    again.close()


def test_a_small_disk_is_enough(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, 512 * disk.MIB)
    store.create(make_collection(dimension=768))
    store.upsert([make_point(f"{n} " + "văn bản " * 500, dimension=768) for n in range(256)])
    assert store.count() == 256


def test_what_is_written_is_flushed_every_two_thousand_points(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(make_collection())
    flushed: list[int] = []
    flush = store.flush

    def note() -> None:
        flushed.append(store.count())
        flush()

    monkeypatch.setattr(store, "flush", note)
    for start in range(0, 5_000, 500):
        store.upsert(make_points([str(number) for number in range(start, start + 500)]))
    assert flushed == [2_000, 4_000]


# Compaction


class Compactions:
    """Counts the shards that are compacted; `outcome` is what comes of it, without a child process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, outcome: bool = True) -> None:
        self.shards: list[str] = []
        self.outcome = outcome
        monkeypatch.setattr(embedded_collection, "compact_shard", self)

    def __call__(self, shard: Path) -> bool:
        self.shards.append(shard.name)
        return self.outcome


def test_only_what_was_deleted_or_is_not_indexed_is_compacted(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compactions = Compactions(monkeypatch)
    monkeypatch.setattr(engine, "UNINDEXED", 20)
    store.compact()
    fill(store, make_points([str(n) for n in range(19)]))
    store.compact()
    assert compactions.shards == []
    store.upsert(make_points(["20"]))
    store.compact()
    assert compactions.shards == ["shard-1"]
    store.delete([make_point(str(n)).id for n in range(5)])
    store.compact()
    assert compactions.shards == ["shard-1"] * 2
    store.compact()
    assert compactions.shards == ["shard-1"] * 2
    assert store.count() == 15


def test_a_compaction_that_failed_is_made_again(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    compactions = Compactions(monkeypatch, outcome=False)
    fill(store, make_points("abc"))
    store.delete([make_point("a").id])
    store.compact()
    store.compact()
    assert len(compactions.shards) == 2
    assert store.count() == 2


def test_a_collection_that_is_replaced_ten_times_does_not_grow(store: EmbeddedStore) -> None:
    """Without compaction it grows by its own size each time. The engine's log has a bound of its own."""
    dimension, size = 64, 1_100
    store.create(make_collection(dimension=dimension))
    shard, sizes = Path(store.name) / "test" / "shard-1", []
    for generation in range(10):
        points = [make_point(f"{generation} {number}", dimension=dimension) for number in range(size)]
        gone = [point.id for point in store.scroll()]
        store.upsert(points)
        store.delete(gone)
        store.flush()
        store.compact()
        assert {point.id for point in store.scroll()} == {point.id for point in points}
        sizes.append(disk.measure(shard / "segments"))
        assert disk.measure(shard / "wal") < 3 * 32 * disk.MIB
    assert max(sizes) < 2.5 * sizes[0]
    assert sizes[-1] < 1.5 * sizes[1]


def test_a_large_collection_gets_an_index(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "UNINDEXED", 2_000)
    store.create(make_collection(dimension=128))
    points = [make_point(str(number), dimension=128) for number in range(2_500)]
    store.upsert(points)
    store.compact()
    shard = store._open()
    assert shard
    assert shard.info().indexed_vectors_count == 2_500
    query = make_vector(1, 128)
    best = max(points, key=lambda point: float(point.vector @ query))
    assert store.search(query, 1)[0].id == best.id
    store.upsert([replace(best, payload=make_payload("laws", "new.txt", "new"))])
    assert store.count() == 2_500
    assert store.count_origins("laws") == {"luật.txt": 2_499, "new.txt": 1}


def test_a_compaction_without_room_or_that_fails_is_logged(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, make_points("ab"))
    store.close()
    shard = Path(store.name) / "test" / "shard-1"
    with caplog.at_level(logging.WARNING, "ingest"):
        leave(monkeypatch, disk.ROOM_TO_WRITE)
        assert not compaction.compact_shard(shard)
        assert "room on its disk" in caplog.text
        monkeypatch.undo()
        caplog.clear()
        held = EmbeddedStore(store.name, "test")
        assert held.count() == 2  # the engine's own lock keeps the child out
        assert not compaction.compact_shard(shard)
        assert "was not brought into order (exit 1: " in caplog.text
        assert held.count() == 2
        held.close()
        caplog.clear()
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        assert not compaction.compact_shard(shard)
        assert "No such file or directory" in caplog.text
        monkeypatch.undo()
        caplog.clear()
        assert compaction.compact_shard(shard)
    assert caplog.text == ""


@pytest.mark.parametrize("form", ["float64", "float16", ">f4", "strided", "read only"])
def test_a_vector_is_stored_whatever_its_form(store: EmbeddedStore, form: str) -> None:
    point = make_point("a")
    given: Any = np.repeat(point.vector, 2)[::2] if form == "strided" else point.vector
    if form == "read only":
        given = np.frombuffer(given.tobytes(), np.float32)
    elif form != "strided":
        given = given.astype(form)
    fill(store, [replace(point, vector=given)])
    [stored] = store.scroll()
    assert stored.vector == pytest.approx(point.vector, abs=1e-3)


def test_a_payload_weighs_the_same_in_lists_and_tuples() -> None:
    listed, tupled = {"a": ["x" * 1_000, ["y"]]}, {"a": ("x" * 1_000, ("y",))}
    assert disk.estimate_bytes(tupled) == disk.estimate_bytes(listed) > 1_000


def test_a_shard_that_an_orphan_still_optimises_is_waited_for(store: EmbeddedStore) -> None:
    fill(store, make_points("ab"))
    again = reopen(store)
    orphan = EdgeShard.load(f"{store.name}/test/shard-1")
    with pytest.raises(LockedError, match="still being optimised by an earlier run"):
        again.count()
    orphan.close()
    assert again.count() == 2
    again.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, IngestError])
def test_a_signal_ends_the_child(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    fill(store, make_points("abc"))
    store.delete([make_point("a").id])
    children: list[subprocess.Popen[str]] = []

    class Interrupted(subprocess.Popen[str]):
        def communicate(self, *args: Any, **kwargs: Any) -> Any:
            children.append(self)
            raise error

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(error):
        store.compact()
    (child,) = children
    assert child.returncode is not None
    monkeypatch.undo()
    assert store.count() == 2
