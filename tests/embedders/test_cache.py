"""What every cache keeps, be it a file or a server; and what each does when it is damaged, full, held or gone."""

import logging
import multiprocessing
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.concurrency import map_ordered
from ingest.embedders.cache import Cache, open_cache
from ingest.embedders.cache_failure import CacheError
from ingest.embedders.cache_file import DAY, NAME, FileCache
from ingest.embedders.cache_server import ROOT, TTL, ServerCache
from ingest.errors import UsageError
from tests.embedders.memory import MemoryCache
from tests.embedders.redis import serve_redis
from tests.loopback import find_free_port

VECTOR = bytes(3080)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with serve_redis() as url:
        yield url


@pytest.fixture(params=["memory", "file", "server"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Cache]]:
    """Give what opens the same cache again, as another process would."""
    opened: list[Cache] = []
    memory = MemoryCache()

    def open_again() -> Cache:
        if request.param == "memory":
            return memory
        url = request.getfixturevalue("redis_url") if request.param == "server" else None
        cache = open_cache(directory=str(tmp_path), url=url)
        assert cache
        opened.append(cache)
        return cache

    if request.param == "server":
        server = ServerCache(request.getfixturevalue("redis_url"))
        server._client.flushall()
        server.close()
    yield open_again
    for cache in opened:
        cache.close()


class TestEveryCache:
    def test_gives_what_it_keeps_to_whoever_opens_it(self, reopen: Callable[[], Cache]) -> None:
        values = {f"key {number}": bytes([number % 256]) * 3080 for number in range(1200)}
        reopen().keep(values)
        assert reopen().fetch([*values, "absent"]) == values
        assert reopen().fetch(["absent"]) == {}

    def test_keeps_the_last_value_of_a_key(self, reopen: Callable[[], Cache]) -> None:
        cache = reopen()
        cache.keep({"a": b"damaged", "b": b"b"})
        cache.keep({"a": b"mended"})
        assert cache.fetch(["a", "b"]) == {"a": b"mended", "b": b"b"}

    def test_takes_any_bytes(self, reopen: Callable[[], Cache]) -> None:
        cache = reopen()
        values = {"empty": b"", "zeros": b"\0\0", "all": bytes(range(256))}
        cache.keep(values)
        assert cache.fetch(list(values)) == values

    def test_nothing_is_nothing(self, reopen: Callable[[], Cache]) -> None:
        cache = reopen()
        cache.keep({})
        assert cache.fetch([]) == {}
        assert list(cache.list_canaries("nobody")) == []

    def test_lists_canaries_by_identity_each_once_in_one_order(self, reopen: Callable[[], Cache]) -> None:
        cache = reopen()
        for canaries in (b"2", b"1", b"3", b"2"):
            cache.add_canaries("me", canaries)
        cache.add_canaries("you", b"4")
        listed = list(cache.list_canaries("me"))
        assert sorted(listed) == [b"1", b"2", b"3"]
        assert list(reopen().list_canaries("me")) == listed
        assert list(cache.list_canaries("you")) == [b"4"]

    def test_many_threads_and_openings_lose_nothing(self, reopen: Callable[[], Cache]) -> None:
        caches = [reopen() for _ in range(4)]

        def work(number: int) -> bool:
            cache = caches[number % 4]
            cache.keep({f"{number} {text}": b"%d" % number for text in range(8)})
            return len(cache.fetch([f"{number} {text}" for text in range(8)])) == 8

        assert all(map_ordered(work, range(64), workers=8))
        assert len(reopen().fetch([f"{number} {text}" for number in range(64) for text in range(8)])) == 64 * 8

    def test_closing_twice_is_no_error(self, reopen: Callable[[], Cache]) -> None:
        cache = reopen()
        cache.keep({"a": b"a"})
        cache.close()
        cache.close()


class TestReadOnly:
    @pytest.fixture(params=["file", "server"])
    def places(self, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str | None]:
        url = request.getfixturevalue("redis_url") if request.param == "server" else None
        if url:
            server = ServerCache(url)
            server._client.flushall()
            server.close()
        return {"directory": str(tmp_path / "cache"), "url": url}

    def open(self, places: dict[str, Any], *, read_only: bool = False) -> Cache:
        cache = open_cache(**places, read_only=read_only)
        assert cache
        return cache

    def test_reads_what_another_keeps_and_keeps_nothing(self, places: dict[str, Any]) -> None:
        with closing(self.open(places)) as cache, closing(self.open(places, read_only=True)) as reader:
            assert (reader.fetch(["a"]), list(reader.list_canaries("me"))) == ({}, [])
            cache.keep({"a": b"1"})
            cache.add_canaries("me", b"1")
            reader.keep({"a": b"2", "b": b"2"})
            reader.add_canaries("me", b"2")
            assert reader.fetch(["a", "b"]) == cache.fetch(["a", "b"]) == {"a": b"1"}
            assert list(reader.list_canaries("me")) == list(cache.list_canaries("me")) == [b"1"]

    def test_makes_nothing_and_leaves_nothing_behind(self, tmp_path: Path) -> None:
        folder = tmp_path / "cache"
        for _ in range(2):
            with closing(FileCache(str(folder), read_only=True)) as reader:
                reader.keep({"a": b"1"})
                assert reader.fetch(["a"]) == {}
            assert not folder.exists()
        with closing(FileCache(str(folder))) as cache:
            cache.keep({"a": b"1"})
        listed = {path.name: path.read_bytes() for path in folder.iterdir()}
        with closing(FileCache(str(folder), read_only=True, now=lambda: 10**10)) as reader:
            assert reader.fetch(["a"]) == {"a": b"1"}
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == listed

    def test_reads_beside_a_process_that_writes(self, tmp_path: Path) -> None:
        with closing(FileCache(str(tmp_path))) as cache:
            cache.keep({"a": b"1"})
            with closing(FileCache(str(tmp_path), read_only=True)) as reader:
                assert reader.fetch(["a"]) == {"a": b"1"}
                cache.keep({"a": b"2"})
                assert reader.fetch(["a"]) == {"a": b"2"}
            cache.keep({"a": b"3"})
            assert cache.fetch(["a"]) == {"a": b"3"}

    @pytest.mark.parametrize("content", [b"", b"no database" * 500])
    def test_leaves_what_is_no_cache_alone(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / NAME).write_bytes(content)
        with closing(FileCache(str(tmp_path), read_only=True)) as reader, pytest.raises(CacheError, match=NAME):
            reader.fetch(["a"])
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(NAME, content)]

    def test_a_server_counts_nothing_as_used(self, redis_url: str) -> None:
        with closing(ServerCache(redis_url)) as cache, closing(ServerCache(redis_url, read_only=True)) as reader:
            cache.keep({"a": b"1"})
            cache._client.expire(f"{ROOT}:a", 60)
            reader.fetch(["a"])
            assert cache._client.ttl(f"{ROOT}:a") <= 60
            cache.fetch(["a"])
            assert cache._client.ttl(f"{ROOT}:a") > 60


class TestOpening:
    def test_not_enabled_is_none(self) -> None:
        assert open_cache(directory="x", url="redis://127.0.0.1", enabled=False) is None

    def test_touches_nothing(self, tmp_path: Path) -> None:
        cache = open_cache(directory=str(tmp_path / "new"), url=None)
        assert cache
        assert cache.name == str(tmp_path / "new" / NAME)
        assert not (tmp_path / "new").exists()
        dead = open_cache(directory=None, url=f"redis://127.0.0.1:{find_free_port()}")
        assert isinstance(dead, ServerCache)
        dead.close()

    def test_defaults_to_the_folder_of_caches_of_the_user(self) -> None:
        cache = open_cache(directory=None, url=None)
        assert cache
        assert Path(cache.name).is_absolute()
        assert Path(cache.name).parent.name.startswith("create-vector-db") or "create-vector-db" in cache.name

    def test_a_server_that_never_comes_to_an_end_is_left(self, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
        given: list[float] = []

        def hang(seconds: float, _: object) -> None:
            given.append(seconds)
            raise TimeoutError

        monkeypatch.setattr("ingest.embedders.cache_server.run_within", hang)
        with closing(ServerCache(redis_url, patience=2.0)) as cache:
            for ask in (
                lambda: cache.list_canaries("i"),
                lambda: cache.add_canaries("i", b""),
                lambda: cache.fetch(["a"]),
                lambda: cache.keep({"a": b""}),
            ):
                with pytest.raises(CacheError, match="failed: no answer in time"):
                    ask()
        assert given == [12.0] * 4

    @pytest.mark.parametrize("url", ["host:6379", "http://host", "memcached://host", "redis://host:port", "redis"])
    def test_refuses_what_is_no_url_of_a_server(self, url: str) -> None:
        with pytest.raises(UsageError, match="redis://HOST:PORT"):
            open_cache(directory=None, url=url)

    def test_shows_no_password(self) -> None:
        cache = ServerCache(f"redis://me:secret@127.0.0.1:{find_free_port()}/1?password=secret")
        assert "secret" not in cache.name
        with pytest.raises(CacheError) as caught:
            cache.fetch(["a"])
        assert "secret" not in str(caught.value)
        assert cache.name in str(caught.value)
        cache.close()
        with pytest.raises(UsageError) as refused:
            open_cache(directory=None, url="redis://me:secret@host:port")
        assert "secret" not in str(refused.value)

    def test_a_missing_package_is_told_by_its_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "redis", None)
        with pytest.raises(UsageError, match=r"create-vector-db\[redis\]"):
            open_cache(directory=None, url="redis://127.0.0.1")


class Now:
    """The time of day, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1.8e9

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Callable[..., FileCache]]:
    opened: list[FileCache] = []

    def open_again(**options: Any) -> FileCache:
        opened.append(FileCache(str(tmp_path), **{"patience": 0.0, **options}))
        return opened[-1]

    yield open_again
    for cache in opened:
        cache.close()


Open = Callable[..., FileCache]


class TestTheFile:
    def test_stays_within_its_limit_and_lets_the_oldest_go(self, tmp_path: Path, open_file: Open, now: Now) -> None:
        limit = 16 * 2**20
        cache = open_file(limit=limit, now=now)
        for batch in range(250):
            now.seconds += 1
            cache.keep({f"{batch} {text}": VECTOR for text in range(32)})
        kept = [batch for batch in range(250) if cache.fetch([f"{batch} 0"])]
        assert kept == list(range(kept[0], 250)), "not the oldest went"
        cache.close()
        size = (tmp_path / NAME).stat().st_size
        assert 0.8 * limit < size <= limit + 64 * 4096  # one batch may pass it, before others go

    def test_what_is_used_stays(self, open_file: Open, now: Now) -> None:
        cache = open_file(limit=8 * 2**20, now=now)
        cache.keep({"old, used": VECTOR, "old, unused": VECTOR})
        for batch in range(250):
            now.seconds += 2 * DAY
            assert cache.fetch(["old, used"])
            cache.keep({f"{batch} {text}": VECTOR for text in range(32)})
        assert cache.fetch(["old, used", "old, unused"]).keys() == {"old, used"}

    def test_a_hit_is_written_once_a_day(self, open_file: Open, now: Now) -> None:
        cache = open_file(now=now)
        cache.keep({"a": VECTOR})
        assert cache._connection
        before = cache._connection.total_changes
        for _ in range(10):
            now.seconds += DAY / 5
            cache.fetch(["a"])
        assert cache._connection.total_changes == before + 2

    def test_a_batch_is_one_transaction(self, open_file: Open) -> None:
        cache = open_file()
        cache.fetch(["opened"])
        assert cache._connection
        statements: list[str] = []
        cache._connection.set_trace_callback(statements.append)
        cache.keep({str(number): VECTOR for number in range(32)})
        assert statements.count("COMMIT") == statements.count("BEGIN IMMEDIATE") == 1

    def test_survives_the_death_of_its_process(self, tmp_path: Path, open_file: Open) -> None:
        process = multiprocessing.get_context("spawn").Process(target=_keep_and_die, args=(str(tmp_path),))
        process.start()
        process.join()
        assert process.exitcode == 9
        assert open_file().fetch(["a"]) == {"a": VECTOR}

    def test_many_processes_may_begin_it_at_once(self, tmp_path: Path, open_file: Open) -> None:
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(4)
        processes = [context.Process(target=_keep_many, args=(str(tmp_path), n, barrier)) for n in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 4
        assert len(open_file().fetch([f"{n} {number}" for n in range(4) for number in range(50)])) == 200

    @pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\1" * 5000])
    def test_a_damaged_file_is_set_aside_and_begun_anew(
        self, tmp_path: Path, open_file: Open, caplog: pytest.LogCaptureFixture, content: bytes
    ) -> None:
        (tmp_path / NAME).write_bytes(content)
        cache = open_file()
        cache.keep({"a": VECTOR})
        assert cache.fetch(["a"]) == {"a": VECTOR}
        assert (tmp_path / f"{NAME}.damaged").read_bytes() == content
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert f"{NAME}.damaged" in record.getMessage()

    def test_damage_that_shows_later_fails_and_is_gone_the_next_time(self, tmp_path: Path, open_file: Open) -> None:
        cache = open_file()
        cache.keep({str(number): VECTOR for number in range(500)})
        cache.close()
        content = bytearray((tmp_path / NAME).read_bytes())
        content[3 * 4096 :] = b"\xff" * (len(content) - 3 * 4096)
        (tmp_path / NAME).write_bytes(content)
        with pytest.raises(CacheError, match="set aside"):
            open_file().fetch([str(number) for number in range(500)])
        cache = open_file()
        cache.keep({"a": VECTOR})
        assert cache.fetch(["a"]) == {"a": VECTOR}

    @pytest.mark.parametrize("statement", ["CREATE TABLE bookmarks (url)", "PRAGMA application_id = 7"])
    def test_a_file_of_another_program_is_left_alone(self, tmp_path: Path, open_file: Open, statement: str) -> None:
        foreign = sqlite3.connect(tmp_path / NAME)
        foreign.execute(statement)
        foreign.close()
        before = (tmp_path / NAME).read_bytes()
        with pytest.raises(CacheError, match=r"another program.*--cache-dir"):
            open_file().keep({"a": VECTOR})
        assert (tmp_path / NAME).read_bytes() == before
        assert {path.name for path in tmp_path.iterdir()} == {NAME, f"{NAME}.lock"}

    def test_a_file_that_is_held_fails(self, tmp_path: Path, open_file: Open) -> None:
        open_file().keep({"a": VECTOR})
        holder = sqlite3.connect(tmp_path / NAME, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        cache = open_file()
        with pytest.raises(CacheError, match="locked"):
            cache.keep({"b": VECTOR})
        holder.close()
        with pytest.raises(CacheError, match="locked"):  # so long as it is open
            cache.fetch(["a"])
        assert open_file().fetch(["a", "b"]) == {"a": VECTOR}

    def test_a_full_disk_fails_and_leaves_what_was_kept(self, open_file: Open) -> None:
        cache = open_file()
        cache.keep({"a": VECTOR})
        assert cache._connection
        [(pages,)] = cache._connection.execute("PRAGMA page_count")
        cache._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(CacheError, match="full"):
            cache.keep({str(number): VECTOR for number in range(32)})
        assert open_file().fetch(["a", "1"]) == {"a": VECTOR}

    def test_a_file_that_is_read_only_fails(self, open_file: Open) -> None:
        cache = open_file()
        cache.keep({"a": VECTOR})
        assert cache._connection
        cache._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(CacheError, match="readonly"):
            cache.keep({"b": VECTOR})

    def test_a_folder_that_cannot_be_made_fails(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(CacheError, match="file"):
            FileCache(str(tmp_path / "file" / "folder")).fetch(["a"])
        (tmp_path / NAME).mkdir()
        with pytest.raises(CacheError, match="unable to open"):
            FileCache(str(tmp_path)).fetch(["a"])

    @given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=9)), max_size=20))
    def test_it_is_a_dictionary(self, history: list[tuple[str, bytes]]) -> None:
        expected: dict[str, bytes] = {}
        with TemporaryDirectory() as folder, closing(FileCache(folder)) as cache:
            for key, value in history:
                cache.keep({key: value})
                expected[key] = value
                assert cache.fetch(list("abcdef")) == expected


class TestTheServer:
    def test_everything_is_forgotten_a_month_after_its_last_use(self, redis_url: str) -> None:
        cache = ServerCache(redis_url)
        client: Any = cache._client
        client.flushall()
        cache.keep({"a": VECTOR})
        cache.add_canaries("me", b"1")
        assert {client.ttl(name) for name in client.keys("*")} == {TTL}
        for use in (lambda: cache.fetch(["a"]), lambda: cache.list_canaries("me")):
            for name in client.keys("*"):
                client.expire(name, 60)
            use()
            assert sorted(client.ttl(name) for name in client.keys("*")) == [60, TTL]
        assert all(name.startswith(ROOT.encode()) for name in client.keys("*"))
        cache.close()

    def test_a_batch_is_one_exchange(self, redis_url: str) -> None:
        cache = ServerCache(redis_url)
        client: Any = cache._client
        cache.fetch(["connected"])
        before = client.info("stats")["total_reads_processed"]
        cache.keep({str(number): b"x" for number in range(32)})
        cache.fetch([str(number) for number in range(32)])
        assert client.info("stats")["total_reads_processed"] == before + 2 + 1
        cache.close()

    def test_a_dropped_connection_is_made_again(self, redis_url: str) -> None:
        cache, other = ServerCache(redis_url), ServerCache(redis_url)
        cache.keep({"a": VECTOR})
        client: Any = other._client
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert cache.fetch(["a"]) == {"a": VECTOR}
        cache.close()
        other.close()

    def test_a_server_that_dies_fails_at_once(self) -> None:
        with serve_redis() as url:
            cache = ServerCache(url)
            cache.keep({"a": VECTOR})
        with pytest.raises(CacheError, match="failed"):
            cache.fetch(["a"])
        cache.close()

    @pytest.mark.parametrize(("option", "said"), [("--requirepass", "uthenticat"), ("--maxmemory", "maxmemory")])
    def test_a_server_that_refuses_fails_with_its_words(self, option: str, said: str) -> None:
        with serve_redis(option, "1") as url:
            cache = ServerCache(url)
            with pytest.raises(CacheError, match=said):
                cache.keep({"a": VECTOR})
            cache.close()


def _keep_and_die(directory: str) -> None:
    FileCache(directory).keep({"a": VECTOR})
    os._exit(9)


def _keep_many(directory: str, process: int, barrier: "threading.Barrier") -> None:
    cache = FileCache(directory, patience=30.0)
    barrier.wait()
    for number in range(50):
        cache.keep({f"{process} {number}": VECTOR})
    cache.close()
