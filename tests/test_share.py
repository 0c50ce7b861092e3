"""Shares divide the origins among them, and together they end with what one run ends with."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.age import find_stale
from ingest.clock import tell_time
from ingest.entries import FORMER, SHARES, divide, find_late
from ingest.errors import GuardError, UsageError
from ingest.guard import Guard
from ingest.model import Json
from ingest.protocols import Store
from ingest.report import Report
from ingest.share import MOST, WHOLE, Share, read_share, refuse_share
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync
from tests.commandline import Command, write_faq
from tests.commandline import command as command  # noqa: PLC0414 - a fixture
from tests.fakes import CountingEmbedder, Crash, Crashing, Files, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_sync import rows

NAMES = [f"{letter}.json" for letter in "abcdefgh"]
LONG: Files = {name: [("q?", f"{name} " + "word " * 100, "")] for name in NAMES}
ANYTHING = Guard("100%")
shares = st.integers(1, 9).flatmap(lambda of: st.integers(1, of).map(lambda number: Share(number, of)))
versions = st.dictionaries(st.sampled_from(NAMES), st.lists(rows, max_size=4), min_size=1)
steps = st.tuples(versions, st.integers(1, 5), st.randoms())


def run(source: RowsSource, store: Store, share: Share = WHOLE, guard: Guard = ANYTHING, **options: object) -> Report:
    chosen = Options(guard=guard, batch_size=3, concurrency=2, share=share, **options)  # type: ignore[arg-type]
    return sync([source], embedder=CountingEmbedder(), store=store, options=chosen)


def list_shares(of: int) -> list[Share]:
    return [Share(number, of) for number in range(1, of + 1)]


def make_files(names: Sequence[str], rows_each: int = 2) -> Files:
    return {name: [("", f"answer {row} of {name}", "") for row in range(rows_each)] for name in names}


def describe(store: Store) -> dict[str, Json]:
    described = store.describe()
    assert described
    return {**described.datasets["rows"]}


def is_complete(store: Store) -> bool:
    """Say so as `info --max-age` does."""
    from datetime import UTC, datetime  # noqa: PLC0415

    described = store.describe()
    assert described
    return not list(find_stale(described, 3600, datetime.now(UTC)))


# What falls to a share


@given(st.text(), st.integers(1, 9))
def test_each_origin_falls_to_one_share(origin: str, of: int) -> None:
    assert sum(share.owns(origin) for share in list_shares(of)) == 1


@given(st.text(st.characters(exclude_categories=["Cs"])), shares)
def test_it_is_the_same_share_on_every_machine(origin: str, share: Share) -> None:
    number = int(sha256(normalize("NFC", origin).encode()).hexdigest()[:16], 16) % share.of + 1
    assert share.owns(origin) == (number == share.number)
    assert share.owns(normalize("NFD", origin)) == share.owns(origin)


def test_where_some_origins_fall_is_never_changed() -> None:
    """A change would embed every corpus anew that is filled by shares."""
    fallen = {name: next(each.number for each in list_shares(8) if each.owns(name)) for name in ("a.txt", "luật/b.md")}
    assert fallen == {"a.txt": 1 + int(sha256(b"a.txt").hexdigest()[:16], 16) % 8, "luật/b.md": fallen["luật/b.md"]}


def test_shares_are_of_like_size() -> None:
    sizes = Counter(share for n in range(8_000) for share in range(1, 9) if Share(share, 8).owns(f"law{n:05}.txt"))
    assert all(900 <= sizes[number] <= 1_100 for number in range(1, 9))


@given(shares)
def test_a_share_is_read_as_it_is_written(share: Share) -> None:
    assert read_share(str(share)) == share


def test_there_are_as_many_shares_as_have_a_record_each() -> None:
    assert read_share(f"1/{MOST}").of == MOST
    with pytest.raises(UsageError, match=f"{MOST} shares at most"):
        read_share(f"1/{MOST + 1}")


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "", "3/8/2", "-1/8", "1/0", "a/b", "٣/8"])
def test_what_is_no_share_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(UsageError, match=r"JOB_COMPLETION_INDEX \+ 1"):
        read_share(text)


def test_what_needs_all_of_the_sources_is_refused() -> None:
    refuse_share(WHOLE, adopt=True, rebuild=True)
    refuse_share(Share(1, 2), adopt=False, rebuild=False)
    with pytest.raises(UsageError, match="leave --share out"):
        refuse_share(Share(1, 2), adopt=False, rebuild=True)
    with pytest.raises(UsageError, match="--adopt --limit 0"):
        refuse_share(Share(1, 2), adopt=True, rebuild=False)


# What all of them end with


@given(st.lists(steps, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_after_all_shares_the_collection_is_that_of_one_run(history: list[tuple[Files, int, object]]) -> None:
    """Whatever was there before, into however many shares it is divided then and now, in whatever order they run."""
    with TemporaryDirectory() as folder:
        source, divided, whole = RowsSource(Path(folder)), MemoryStore(private=False), MemoryStore(private=False)
        for files, of, dice in history:
            source.write(files)
            order = list_shares(of)
            dice.shuffle(order)  # type: ignore[attr-defined]  # a random.Random
            for share in order:
                assert run(source, divided, share).exit_code == 0
            run(source, whole)
            assert contents(divided) == contents(whole)
            if divided.describe():
                assert is_complete(divided)
                recorded = divide(describe(divided))
                assert set(recorded) == ({"", *map(str, order)} if of > 1 else {""})
        embedder = CountingEmbedder()
        for share in list_shares(3):
            sync([source], embedder=embedder, store=divided, options=Options(share=share, guard=ANYTHING))
        assert not embedder.asked, "another number of shares embeds nothing again"
        assert run(source, divided).exit_code == 0
        assert contents(divided) == contents(whole)
        if divided.describe():
            assert SHARES not in describe(divided), "a run of the whole leaves no record of a share"


@given(versions, versions, st.integers(2, 4), st.data())
@settings(max_examples=40, deadline=None)
def test_a_share_that_dies_at_any_write_is_healed_by_the_next(
    old: Files, new: Files, of: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        source, divided, whole = RowsSource(Path(folder)), MemoryStore(private=False), MemoryStore(private=False)
        for share in list_shares(of):
            run(source.write(old), divided, share)
        run(source.write(new), whole)
        dying = data.draw(st.sampled_from(list_shares(of)))
        crashing = Crashing(divided, data.draw(st.integers(0, 12)), after=data.draw(st.booleans()))
        with suppress(Crash):
            run(source, crashing, dying)
        for share in data.draw(st.permutations(list_shares(of))):
            run(source, divided, share)
        assert contents(divided) == contents(whole)
        assert not divided.describe() or is_complete(divided)


@given(versions, st.integers(2, 6))
@settings(deadline=None)
def test_a_share_neither_reads_nor_writes_what_is_not_its_own(files: Files, of: int) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)).write(files), MemoryStore(private=False)
        for share in list_shares(of):
            source.parsed.clear()
            before = contents(store)
            run(source, store, share)
            assert sorted(source.parsed) == sorted(name for name in files if share.owns(name))
            assert before.items() <= contents(store).items()


def test_the_same_texts_are_embedded_once_by_shares_one_after_another(tmp_path: Path) -> None:
    same = [("", "the same answer", "")]
    source, store = RowsSource(tmp_path / "rows").write(dict.fromkeys(NAMES, same)), MemoryStore(private=False)
    embedder = CountingEmbedder()
    for share in list_shares(4):
        sync([source], embedder=embedder, store=store, options=Options(share=share))
    assert len(embedder.asked) == 1
    assert store.count() == len(NAMES)


# A small corpus


def test_of_one_workbook_one_share_does_all_and_the_others_say_so(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(["faq.json"])), MemoryStore(private=False)
    owner = next(share for share in list_shares(8) if share.owns("faq.json"))
    for share in list_shares(8):
        assert is_complete(store) == (share.number > 8) if store.describe() else share.number == 1
        report = run(source, store, share)
        assert report.exit_code == 0
        idle = f"rows: nothing of it falls to share {share}, which leaves it to the others"
        assert (idle in report.notes) == (share != owner)
        assert report.total("added") == (2 if share == owner else 0)
    assert is_complete(store)


def test_an_idle_share_asks_the_service_for_nothing_once_there_is_a_collection(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(["faq.json"])), MemoryStore(private=False)
    owner = next(share for share in list_shares(8) if share.owns("faq.json"))
    run(source, store, owner)
    assert [run(source, store, share).requests for share in list_shares(8) if share != owner] == [0] * 7


def test_an_idle_share_whose_service_fails_does_not_end_with_success(tmp_path: Path) -> None:
    source = RowsSource(tmp_path / "rows").write(make_files(["faq.json"]))
    idle = next(share for share in list_shares(8) if not share.owns("faq.json"))
    failing, options = CountingEmbedder(fail_after=0), Options(share=idle)
    assert sync([source], embedder=failing, store=MemoryStore(), options=options).exit_code == 5


def test_a_dataset_with_nothing_to_index_has_no_error_of_another(tmp_path: Path) -> None:
    first = RowsSource(tmp_path / "rows").write(make_files(NAMES))
    second = RowsSource(tmp_path / "second", dataset="second").write({"b.json": [("q", "", "")]})
    report = sync([first, second], embedder=CountingEmbedder(fail_after=0), store=MemoryStore(), options=Options())
    assert [tally.error and tally.error.exit_code for tally in report.datasets] == [5, None]


# What is recorded


def test_a_dataset_is_complete_when_all_shares_were(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore(private=False)
    for share in list_shares(3):
        assert not store.describe() or not is_complete(store)
        run(source, store, share)
    assert is_complete(store)
    assert describe(store)["last_run"]["added"] == store.count()  # type: ignore[index,call-overload]  # an object


def test_another_number_of_shares_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore(private=False)
    for share in (*list_shares(4), *list_shares(2)):
        run(source, store, share)
        assert is_complete(store) == (share not in (Share(1, 4), Share(2, 4), Share(3, 4)))
    assert set(describe(store)[SHARES]) == {"", "1/2", "2/2"}  # type: ignore[arg-type]
    run(source, store)
    assert SHARES not in describe(store)
    for share in list_shares(2):
        run(source, store, share)
    assert is_complete(store)
    assert "last_run" not in describe(store)[SHARES][""]  # type: ignore[index,call-overload,operator]


def test_a_skipped_item_keeps_its_share_from_being_complete(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore(private=False)
    for share in list_shares(2):
        run(source, store, share)
    (tmp_path / "rows" / "a.json").write_text("{", encoding="utf-8")
    began = tell_time()
    assert sorted(run(source, store, share).exit_code for share in list_shares(2)) == [0, 3]
    assert describe(store)["last_run"]["finished"] <= began  # type: ignore[index,call-overload,operator]
    assert len(describe(store)["skipped"]) == 1  # type: ignore[arg-type]


def test_the_first_share_decides_how_a_dataset_is_cut(tmp_path: Path) -> None:
    source, store, whole = RowsSource(tmp_path / "rows").write(LONG), MemoryStore(private=False), MemoryStore()
    run(source, store, Share(1, 2), chunk_size=100)
    run(source, store, Share(2, 2))
    run(source, whole, chunk_size=100)
    assert contents(store) == contents(whole)
    run(source, store, Share(2, 2), chunk_size=200, rechunk=True)
    run(source, store, Share(1, 2))
    run(source, whole, chunk_size=200, rechunk=True)
    assert contents(store) == contents(whole)
    assert is_complete(store)


@pytest.mark.parametrize(("moment", "first"), [("create", 200), ("flush", 100)])
def test_of_shares_that_begin_at_once_and_cut_otherwise_one_is_told(tmp_path: Path, moment: str, first: int) -> None:
    """The second runs, with another size, before the first has recorded anything, or after: who is first decides."""
    source = RowsSource(tmp_path / "rows").write(LONG)
    store, whole = MemoryStore(private=False), MemoryStore()
    codes: list[int] = []

    def run_second() -> None:
        if moment == "flush":  # it looked before the first had recorded anything
            recorded, store._described = store._described, None
            late = Meanwhile(store, "create", lambda: setattr(store, "_described", recorded))
            codes.append(run(source, late, Share(2, 2), chunk_size=200).exit_code)  # type: ignore[arg-type]
        else:
            codes.append(run(source, store, Share(2, 2), chunk_size=200).exit_code)

    early = Meanwhile(store, moment, run_second)
    codes.append(run(source, early, Share(1, 2), chunk_size=100).exit_code)  # type: ignore[arg-type]
    assert codes == ([0, 2] if first == 200 else [2, 0])
    assert not is_complete(store), "one half is cut otherwise"
    assert find_late(describe(store)) == ["1/2" if first == 200 else "2/2"]
    for share in list_shares(2):
        assert run(source, store, share).exit_code == 0
    assert is_complete(store)
    run(source, whole, chunk_size=first)
    assert contents(store) == contents(whole)


def test_a_share_under_way_does_not_take_back_what_another_cuts_anew(tmp_path: Path) -> None:
    source = RowsSource(tmp_path / "rows").write(LONG)
    store, whole = MemoryStore(private=False), MemoryStore()
    run(source, store, chunk_size=100)
    source.write({name: [*rows, ("new?", f"x {name}", "")] for name, rows in LONG.items()})
    cut_anew = partial(run, source, store, Share(1, 2), chunk_size=200, rechunk=True)
    assert run(source, Meanwhile(store, "upsert", cut_anew), Share(2, 2)).exit_code == 2  # type: ignore[arg-type]
    assert run(source, store, Share(2, 2), Guard()).exit_code == 0
    assert is_complete(store)
    run(source, whole, chunk_size=200)
    assert contents(store) == contents(whole)


@pytest.mark.parametrize(
    "then", [[Share(1, 2), Share(2, 2)], [Share(2, 2), Share(1, 2)], list_shares(3), [WHOLE]], ids=str
)
def test_larger_chunks_are_no_loss_however_the_shares_go_on(tmp_path: Path, then: list[Share]) -> None:
    source = RowsSource(tmp_path / "rows").write(LONG)
    store, whole = MemoryStore(private=False), MemoryStore()
    run(source, store, chunk_size=100)
    assert run(source, store, Share(1, 2), Guard(), chunk_size=1000, rechunk=True).exit_code == 0
    for share in then:
        assert run(source, store, share, Guard()).exit_code == 0
    run(source, whole, chunk_size=1000)
    assert contents(store) == contents(whole)
    assert is_complete(store)
    assert FORMER not in describe(store)


@pytest.mark.parametrize("share", [WHOLE, Share(1, 2)], ids=str)
def test_larger_chunks_are_no_loss_after_a_death(tmp_path: Path, share: Share) -> None:
    source, whole = RowsSource(tmp_path / "rows").write(LONG), MemoryStore()
    run(source, whole, chunk_size=1000)
    for at in range(12):
        store = MemoryStore(private=False)
        run(source, store, chunk_size=100)
        with suppress(Crash):
            run(source, Crashing(store, at), share, Guard(), chunk_size=1000, rechunk=True)
        for again in list_shares(share.of):
            assert run(source, store, again, Guard(), chunk_size=1000, rechunk=True).exit_code == 0
        assert contents(store) == contents(whole)


class Meanwhile:
    """A store that something happens to right before the first call of one method."""

    def __init__(self, store: MemoryStore, moment: str, act: Callable[[], None]) -> None:
        self._store, self._moment, self._act = store, moment, [act]

    def __getattr__(self, name: str) -> object:
        if name == self._moment and self._act:
            self._act.pop()()
        return getattr(self._store, name)


# The guard


@given(versions, versions, st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_shares_refuse_a_loss_of_files_that_a_run_of_the_whole_would(old: Files, kept: Files, of: int) -> None:
    with TemporaryDirectory() as folder:
        source, divided, whole = RowsSource(Path(folder)), MemoryStore(private=False), MemoryStore(private=False)
        run(source.write(old), whole)
        for share in list_shares(of):
            run(source, divided, share)
        source.write({name: rows for name, rows in old.items() if name in kept} or {"new.json": [("", "x", "")]})
        refused = run(source, whole, guard=Guard()).exit_code
        assert {run(source, divided, share, Guard()).exit_code for share in list_shares(of)} == {refused}
        assert contents(divided) == contents(whole)


def test_a_share_may_lose_all_of_its_few_files(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore(private=False)
    share = next(each for each in list_shares(8) if sum(map(each.owns, NAMES)) == 1)
    gone = next(name for name in NAMES if share.owns(name))
    run(source, store)
    source.write(make_files([name for name in NAMES if name != gone]))
    report = run(source, store, share, Guard())
    assert (report.exit_code, report.total("deleted")) == (0, 2)


def test_a_share_whose_files_shrink_too_much_is_refused_by_its_name(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES, rows_each=9)), MemoryStore(private=False)
    for share in list_shares(2):
        run(source, store, share)
    source.write(make_files(NAMES, rows_each=2))
    before = store.count()
    for share in list_shares(2):
        report = run(source, store, share, Guard())
        assert isinstance(report.failure, GuardError)
        assert f"share {share} of dataset 'rows'" in str(report.failure)
    assert store.count() == before


def test_a_refused_share_leaves_what_is_recorded_of_the_whole(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES, rows_each=10)), MemoryStore(private=False)
    run(source, store)
    before = describe(store)
    empty: Files = {name: [("?", "", "")] for name in NAMES}
    source.write({**empty, "new.json": [("new?", "something new", "")]})
    refused = [run(source, store, share, Guard(), chunk_size=200, rechunk=True) for share in list_shares(2)]
    assert [report.exit_code for report in refused] == [7, 7]
    assert {name: describe(store)[name] for name in ("path", "host", "reading")} == {
        name: before[name] for name in ("path", "host", "reading")
    }
    source.write(make_files(NAMES, rows_each=10))
    assert [run(source, store, share, Guard()).exit_code for share in list_shares(2)] == [0, 0]
    assert is_complete(store)


def test_another_folder_of_the_same_name_is_refused_by_each_share(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES, rows_each=9)), MemoryStore(private=False)
    run(source, store)
    source.write(make_files([f"other {name}" for name in NAMES], rows_each=9))
    assert {run(source, store, share, Guard()).exit_code for share in list_shares(3)} == {7}


# The command


def test_the_command_divides_and_says_its_share(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("faqs").mkdir()
    for number in range(6):
        write_faq(f"faqs/{number}.csv", rows=2)
    words = ["--excel", "faqs", "--embedder", "hashing", "--json"]
    first = command(*words, "--share", "1/2")
    assert first.code == 0
    assert first.json["share"] == "1/2"
    assert "share 1/2 of the files" in first.err
    stale = command("info", "--max-age", "1h")
    assert (stale.code, "--share 2/2" in stale.err) == (9, True)
    monkeypatch.setenv("CREATE_VECTOR_DB_SHARE", "2/2")
    second = command(*words)
    assert first.json["added"] + second.json["added"] == 24
    assert command("info", "--max-age", "1h").code == 0
    assert command(*words, "--rebuild").code == 2
    assert command(*words, "--share", "0/2").code == 2
    assert command(*words, "--dry-run").json["unchanged"] == second.json["added"]
    assert command(*words, "--share", "1/1").json["unchanged"] == 24


def test_a_dry_run_says_what_its_share_would_do(command: Command) -> None:
    Path("faqs").mkdir()
    for number in range(6):
        write_faq(f"faqs/{number}.csv", rows=2)
    words = ["--excel", "faqs", "--embedder", "hashing", "--json", "--share", "1/2"]
    planned, done = command(*words, "--dry-run").json, command(*words).json
    assert {name: planned[name] for name in ("added", "embedded", "requests", "origins")} == {
        name: done[name] for name in ("added", "embedded", "requests", "origins")
    }


def test_a_trial_does_not_give_way_to_a_part(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore()
    sync([source], embedder=CountingEmbedder(model="hashing-2"), store=store)
    before = contents(store)
    with pytest.raises(UsageError, match="leave --share out"):
        run(source, store, Share(1, 8))
    assert contents(store) == before


def test_a_dry_run_of_a_share_that_cuts_anew_ends_as_the_run_does(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(LONG), MemoryStore(private=False)
    run(source, store, chunk_size=100)
    dry = run(source, ReadOnlyStore(store), Share(1, 2), chunk_size=200, rechunk=True)
    assert (dry.exit_code, dry.failure) == (0, None)
    assert run(source, store, Share(1, 2), chunk_size=200, rechunk=True).exit_code == 0
