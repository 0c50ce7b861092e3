"""What is recorded of a dataset by shares reads as if one run had recorded it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.entries import FORMER, SHARES, divide, find_former, find_late, narrow, place, summarise, unite
from ingest.roles import read_roles
from ingest.share import WHOLE, Share
from ingest.stores.metadata import OWN, pack_metadata, unpack_metadata
from tests.stores.samples import make_collection
from tests.test_share import list_shares, shares

CUT: dict[str, Any] = {"unit": "characters", "size": 400}


def tell(hour: int) -> str:
    return f"2026-11-21T{hour:02}:00:00+00:00"


def make_record(hour: int, *, complete: bool = True, **more: Any) -> dict[str, Any]:
    """A record of a run that began and ended in this hour."""
    run = {"last_run": {"finished": tell(hour), "added": 1, "seconds": hour, "rate": 2.0}} if complete else {}
    return {"path": "/a", "chunking": CUT, "began": tell(hour), **run} | more


records = st.builds(make_record, st.integers(0, 23), complete=st.booleans())
writes = st.lists(st.tuples(shares, records), max_size=12)


def fill(written: list[tuple[Share, dict[str, Any]]]) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = {}
    for share, record in written:
        entry = place(entry, share, record)
    return entry


@given(writes)
def test_records_are_taken_apart_and_put_together_again(written: list[tuple[Share, dict[str, Any]]]) -> None:
    entry = fill(written)
    assert unite(divide(entry)) == entry


@given(writes, st.text(min_size=1))
def test_a_server_gives_them_back(written: list[tuple[Share, dict[str, Any]]], dataset: str) -> None:
    """By keys of its metadata, none of which two shares write."""
    described = make_collection()
    object.__setattr__(described, "datasets", {dataset: fill(written)})
    packed = pack_metadata(described)
    assert OWN in packed
    found = unpack_metadata(packed, "here").datasets
    assert found == ({dataset: fill(written)} if written else {})


@given(writes, records)
def test_a_run_of_the_whole_leaves_its_own_record_alone(
    written: list[tuple[Share, dict[str, Any]]], record: dict[str, Any]
) -> None:
    assert place(fill(written), WHOLE, {**fill(written), **record}) == {
        **{name: value for name, value in fill(written).items() if name != SHARES},
        **record,
    }


@given(writes, shares, records)
def test_a_share_changes_no_record_of_another_of_its_number(
    written: list[tuple[Share, dict[str, Any]]], share: Share, record: dict[str, Any]
) -> None:
    before, after = divide(fill(written)), divide(place(fill(written), share, record))
    assert after["" if share.is_whole else str(share)] == record
    for name in before.keys() - {"", str(share)}:
        if name.endswith(f"/{share.of}") and not share.is_whole:
            assert after[name] == before[name]


@given(st.integers(2, 6), st.data())
def test_a_dataset_is_as_old_as_its_oldest_share(of: int, data: st.DataObject) -> None:
    hours = data.draw(st.lists(st.none() | st.integers(0, 23), min_size=of, max_size=of))
    entry = fill(
        [
            (share, make_record(hour or 0, complete=hour is not None))
            for share, hour in data.draw(st.permutations(list(zip(list_shares(of), hours, strict=True))))
        ]
    )
    known = [hour for hour in hours if hour is not None]
    if len(known) < of:
        assert "last_run" not in entry
        assert find_late(entry) == [str(Share(n, of)) for n, hour in enumerate(hours, start=1) if hour is None]
    else:
        assert entry["last_run"] == {"finished": tell(min(known)), "added": of, "seconds": max(known), "rate": 2.0}
        assert find_late(entry) == [str(Share(n, of)) for n, hour in enumerate(hours, start=1) if hour == min(known)]


def test_while_the_number_changes_the_dataset_is_as_old_as_the_last_that_was_complete() -> None:
    entry = fill([(share, make_record(1)) for share in list_shares(3)])
    for share in list_shares(2):
        assert entry["last_run"]["finished"] == tell(1)
        entry = place(entry, share, make_record(5))
    assert entry["last_run"]["finished"] == tell(5)
    assert set(divide(entry)) == {"", "1/2", "2/2"}, "nothing of the first number is left"


def test_what_was_found_out_later_is_not_dropped_for_what_is_older() -> None:
    """Half of another number came to an end, and then the first number goes on."""
    entry = fill([*((share, make_record(1)) for share in list_shares(3)), (Share(1, 2), make_record(5))])
    entry = place(place(entry, Share(1, 3), make_record(7)), Share(2, 3), make_record(7))
    assert "1/2" in divide(entry)
    assert "1/2" not in divide(place(entry, Share(3, 3), make_record(7)))


def test_the_first_share_decides_the_cut_and_one_that_cuts_anew_changes_it() -> None:
    one, two = list_shares(2)
    anew: dict[str, Any] = {**CUT, "size": 100}
    entry = fill([(one, make_record(1)), (two, make_record(1, chunking=anew))])
    assert entry["chunking"] == CUT
    assert "last_run" not in entry
    assert find_late(entry) == ["2/2"]
    assert narrow(entry, two)["chunking"] == CUT
    assert (find_former(entry, one, CUT), find_former(entry, two, CUT)) == (None, anew)
    assert "last_run" in place(entry, two, make_record(1))
    entry = place(place(entry, two, make_record(1)), one, {**make_record(2, chunking=anew), FORMER: CUT})
    entry = place(entry, one, make_record(2, chunking=anew))
    assert entry["chunking"] == anew
    assert (find_former(entry, one, anew), find_former(entry, two, anew), find_late(entry)) == (None, CUT, ["2/2"])
    late = place(entry, two, make_record(2))
    assert late["chunking"] == anew, "one that was under way does not take it back"
    assert [find_former(late, share, anew) for share in list_shares(3)] == [CUT] * 3, "it may have files of either"
    done = place(late, two, make_record(3, chunking=anew))
    assert [find_former(done, share, anew) for share in list_shares(3)] == [None] * 3
    assert "last_run" in done


def test_a_person_is_shown_when_each_share_was_complete() -> None:
    entry = fill([(share, make_record(share.number)) for share in list_shares(2)])
    assert summarise(entry)[SHARES] == {"1/2": tell(1), "2/2": tell(2)}
    assert summarise(make_record(1)) == make_record(1)


def make_columns(origins: list[str], answer: str) -> list[dict[str, Any]]:
    return [{"sheets": {"s": {"text": answer}}, "told": {"s": [answer]}, "origins": origins}]


def test_the_columns_of_a_file_are_those_of_the_run_that_began_last() -> None:
    names = [f"{letter}.xlsx" for letter in "abcdefgh"]
    entry: Mapping[str, Any] = {**make_record(1), "columns": make_columns(names, "old")}
    first, second = list_shares(2)
    owned = [name for name in names if first.owns(name)]
    entry = place(entry, first, make_record(3, columns=make_columns(owned, "new")))
    read = read_roles(entry, accepted=False).read
    assert {name for name, reading in read.items() if reading.sheets["s"]["text"] == "new"} == set(owned)
    assert set(read) == set(names)
    assert all(reading.told["s"] == [reading.sheets["s"]["text"]] for reading in read.values())
    mine = read_roles(narrow(entry, second), accepted=False).read
    assert set(mine) == set(names) - set(owned)
    other = next(share for share in list_shares(3) if any(share.owns(name) for name in owned))
    mine = read_roles(narrow(entry, other), accepted=False).read
    assert set(mine) == {name for name in names if other.owns(name)}
    assert {name for name in mine if mine[name].sheets["s"]["text"] == "new"} == {
        name for name in owned if other.owns(name)
    }


def test_columns_that_a_share_forgot_do_not_come_back_from_older_records() -> None:
    names = [f"{letter}.xlsx" for letter in "abcdefgh"]
    first, second = list_shares(2)
    entry = place({**make_record(1), "columns": make_columns(names, "old")}, first, make_record(3, columns=[]))
    assert set(read_roles(entry, accepted=False).read) == {name for name in names if second.owns(name)}
    assert not read_roles(narrow(entry, first), accepted=False).read


@pytest.mark.parametrize("share", [WHOLE, Share(1, 2)], ids=str)
def test_of_nothing_nothing_is_known(share: Share) -> None:
    assert (narrow({}, share), find_former({}, share, CUT), list(find_late({}))) == ({}, None, [])


def test_what_began_in_the_second_in_which_another_ended_is_not_dropped() -> None:
    skipped = {"skipped": {"a": ["x"]}, "began": "2026-11-21T05:00:00.900000+00:00"}
    entry = fill([(Share(1, 3), make_record(5, complete=False, **skipped)), (Share(1, 2), make_record(5))])
    entry = place(entry, Share(2, 2), make_record(5))
    assert "1/3" in divide(entry)
    for share in list_shares(2):
        entry = place(entry, share, make_record(5, ended="2026-11-21T05:00:00.950000+00:00"))
    assert "1/3" not in divide(entry)
