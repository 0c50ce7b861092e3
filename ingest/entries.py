"""What is recorded of a dataset: by a run of all of it, and by each share of one, without reading another's record.

An entry is what a run of the whole records: where its sources are, how it is cut, its columns, what it skipped, when
it was complete. Where shares have run, it is put together from their records, so that who reads it need not know of
them. The records themselves stand in it under SHARES, each by the name of its share, and that of the whole by "".

`chunking` of the whole's record is how the dataset is cut: said by the first share, and then by one that cuts anew.
That of a share's record is how its own files are cut. FORMER, in either, is how some of them still may be.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ingest.model import Json, canonical
from ingest.share import Share, find_number

Entry: TypeAlias = Mapping[str, Json]
Records: TypeAlias = Mapping[str, Entry]  # by the name of a share, "" for the whole

SHARES = "shares"
BEGAN = "began"  # in the record of a share: when the run began that wrote it (ISO 8601, UTC)
ENDED = "ended"  # likewise: when its last complete run did, finer than that tells
ROUND = "round"  # likewise: what it loses, see `rounds`
BASELINE = "baseline"  # chunks that were there before the runs that came to no end, see `baseline`
CUT, FORMER = "chunking", "former_chunking"
WHOLE_NAME = ""
_PROGRESS = ("columns", "last_run", "skipped")  # what a run finds out; the rest it is told


def divide(entry: Entry) -> dict[str, Entry]:
    """Give the records that an entry was put together from."""
    shares = entry.get(SHARES)
    if isinstance(shares, Mapping):
        return {name: record for name, record in shares.items() if isinstance(record, Mapping)}
    return {WHOLE_NAME: entry} if entry else {}


def unite(records: Records) -> Entry:
    """Put the records of a dataset together into one entry.

    The last complete run is the later of that of the whole and of those numbers of shares of which each one was
    complete: the oldest of them, since then nothing is older.
    """
    whole = records.get(WHOLE_NAME, {})
    parts = _list_parts(records)
    if not parts:
        return whole
    united: dict[str, Json] = _strip(whole or parts[-1])
    skipped = _unite_skipped(records)
    runs = [*_read_run(whole), *(_add_up(runs) for runs in _find_complete(records))]
    if columns := _unite_columns(records):
        united["columns"] = columns
    if skipped:
        united["skipped"] = skipped
    if runs:
        united["last_run"] = max(runs, key=_read_finish)
    return {**united, SHARES: dict(records)}


def summarise(entry: Entry) -> Entry:
    """Give an entry for a person: of each share only when it was last complete, None where it never was."""
    parts = {name: record for name, record in divide(entry).items() if name}
    if not parts:
        return entry
    ends = {name: next(map(_read_finish, _read_run(record)), None) for name, record in parts.items()}
    return {**entry, SHARES: ends}


def read_skipped(entry: Entry) -> Mapping[str, Sequence[str]]:
    """Read the names of the items that the last run skipped, by their origins."""
    skipped = entry.get("skipped")
    if not isinstance(skipped, Mapping):
        return {}
    return {origin: list(map(str, names)) for origin, names in skipped.items() if isinstance(names, Sequence)}


def place(entry: Entry, share: Share, record: Entry) -> Entry:
    """Give the entry once a run has recorded this of its share; of the whole, that replaces all.

    What the whole found out, and records of another number of shares, go once each share of this number was complete
    after them; how the whole was cut before, once each has its files cut as it is.
    """
    record = {name: value for name, value in record.items() if name != SHARES}
    if share.is_whole:
        return record
    records = divide(entry)
    before, whole = records.get(str(share), {}), records.get(WHOLE_NAME, {})
    said = (before.get(BEGAN), before.get(CUT)) == (record.get(BEGAN), record.get(CUT))  # earlier in the same run
    if not whole or (FORMER in record and not said and whole.get(CUT) != record.get(CUT)):
        records[WHOLE_NAME] = {**_strip(record), **{name: whole[name] for name in _PROGRESS if name in whole}}
    records[str(share)] = record
    return unite(_drop_superseded(records, share))


def narrow(entry: Entry, share: Share) -> Entry:
    """Give what a run of a share goes by: its own record, with how the whole is cut and the columns of its origins."""
    if share.is_whole or not entry:
        return entry
    own = {**divide(entry).get(str(share), {})}
    groups = []
    for group in _read_list(entry, "columns"):
        origins = [name for name in _read_list(group, "origins") if share.owns(str(name))]
        if isinstance(group, Mapping) and origins:
            groups.append({**group, "origins": origins})
    return {**own, "columns": groups} | ({CUT: entry[CUT]} if CUT in entry else {})


def find_former(entry: Entry, share: Share, now: Json) -> Json:
    """Find how what falls to a share may be cut otherwise than now; None where it is not."""
    record = divide(entry).get(str(share), entry)
    return next((cut for cut in (record.get(CUT), record.get(FORMER)) if cut not in (None, now)), None)


def find_late(entry: Entry) -> Sequence[str]:
    """Name the shares without which a dataset is not complete as of now: of the number that ran last.

    Those that were never complete, else those that were before all others; none where no shares ran.
    """
    records = divide(entry)
    parts = _list_parts(records)
    if not parts:
        return []
    latest = next(name for name, record in records.items() if record is parts[-1])
    finished = {name: max(map(_read_finish, _read_own_run(records, name)), default="") for name in _list_all(latest)}
    oldest = min(finished.values())
    return [name for name, at in finished.items() if at == oldest]


def _drop_superseded(records: Records, share: Share) -> Records:
    mine = _list_all(str(share))
    whole = records[WHOLE_NAME]
    own = [records.get(name, {}) for name in mine]
    if FORMER in whole and all(record.get(CUT) == whole.get(CUT) and FORMER not in record for record in own):
        whole = {name: value for name, value in whole.items() if name != FORMER}
    runs = [list(_read_own_run(records, name)) for name in mine]
    others = [record for name, record in records.items() if name not in mine]
    latest = max((max([_read_began(record), *map(_read_finish, _read_run(record))]) for record in others), default="")
    if (
        not all(runs)
        or min(str(record.get(ENDED) or _read_finish(run)) for record, (run,) in zip(own, runs, strict=True)) < latest
    ):
        return {**records, WHOLE_NAME: whole}
    return {WHOLE_NAME: _strip(whole), **{name: record for name, record in records.items() if name in mine}}


def _find_complete(records: Records) -> Iterator[list[Entry]]:
    """Yield the last complete runs of all shares of a number, where each had one."""
    for of in _list_numbers(records):
        names = _list_all(f"1/{of}")
        runs = [run for name in names for run in _read_own_run(records, name)]
        if len(runs) == len(names):
            yield runs


def _unite_columns(records: Records) -> list[Json]:
    """Give the columns of each origin as the last run recorded them that it fell to, by what they are."""
    of_each = {name: dict(_read_columns(record)) for name, record in records.items()}
    numbers = _list_numbers(records)
    groups: dict[str, dict[str, Any]] = {}
    for origin in sorted(set().union(*of_each.values())):
        last = _find_last(records, numbers, origin)
        if (columns := of_each.get(last, {}).get(origin)) is not None:
            groups.setdefault(canonical(columns), {**columns, "origins": []})["origins"].append(origin)
    return list(groups.values())


def _unite_skipped(records: Records) -> dict[str, Json]:
    """Give of each origin what the run skipped that had it last."""
    numbers = _list_numbers(records)
    return {
        origin: list(names)
        for name, record in records.items()
        for origin, names in read_skipped(record).items()
        if _find_last(records, numbers, origin) == name
    }


def _find_last(records: Records, numbers: Sequence[int], origin: str) -> str:
    """Find the record of the run that had an origin last: of a share that it falls to, or of the whole."""
    names = [name for of in numbers if (name := str(Share(find_number(origin, of), of))) in records]
    return max((WHOLE_NAME, *names), key=lambda name: _read_began(records.get(name, {})))


def _add_up(runs: Sequence[Entry]) -> Entry:
    """Add up what shares counted. The whole is as old as the oldest and took as long as the slowest."""
    total: dict[str, Json] = {}
    for name in {name for run in runs for name in run}:
        values = [value for run in runs if isinstance(value := run.get(name), int | float)]
        total[name] = max(values, default=0) if name in ("seconds", "rate") else sum(values)
    return {**total, "finished": min(map(_read_finish, runs))}


def _list_parts(records: Records) -> list[Entry]:
    """List the records of shares, that of the run that began last at the end."""
    return sorted((record for name, record in records.items() if name), key=_read_began)


def _list_numbers(records: Records) -> list[int]:
    """List into how many shares the dataset was divided."""
    return sorted({int(name.partition("/")[2]) for name in records if name})


def _list_all(share: str) -> list[str]:
    """List all shares of the same number."""
    of = share.partition("/")[2]
    return [str(Share(number, int(of))) for number in range(1, int(of) + 1)]


def _strip(record: Entry) -> dict[str, Json]:
    return {name: value for name, value in record.items() if name not in (*_PROGRESS, BEGAN, ENDED, ROUND, BASELINE)}


def _read_own_run(records: Records, name: str) -> Iterator[Entry]:
    """Yield the last complete run of a share, where its files are cut as the dataset is."""
    record = records.get(name, {})
    if record.get(CUT) == records.get(WHOLE_NAME, {}).get(CUT) and FORMER not in record:
        yield from _read_run(record)


def _read_run(record: Entry) -> Iterator[Entry]:
    """Yield the last complete run that a record speaks of, if there was one."""
    run = record.get("last_run")
    if isinstance(run, Mapping) and isinstance(run.get("finished"), str):
        yield run


def _read_finish(run: Entry) -> str:
    return str(run["finished"])


def _read_began(record: Entry) -> str:
    return str(record.get(BEGAN) or "")


def _read_columns(record: Entry) -> Iterator[tuple[str, Entry]]:
    """Yield each origin with the columns of its sheets."""
    for group in _read_list(record, "columns"):
        if isinstance(group, Mapping):
            columns = {name: value for name, value in group.items() if name != "origins"}
            yield from ((str(origin), columns) for origin in _read_list(group, "origins"))


def _read_list(value: Json, name: str) -> Sequence[Json]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Sequence) and not isinstance(found, str) else []
