"""What is recorded of a dataset: by a run of all of it, and by each share of one, without reading another's record.

An entry is what a run of the whole records: where its sources are, how it is cut, its columns, what it skipped, when
it was complete. Where shares have run, it is put together from their records, so that who reads it need not know of
them. The records themselves stand in it under SHARES, each by the name of its share, and that of the whole by "".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from ingest.model import Json
from ingest.share import Share

Entry: TypeAlias = Mapping[str, Json]
Records: TypeAlias = Mapping[str, Entry]  # by the name of a share, "" for the whole

SHARES = "shares"
BEGAN = "began"  # in the record of a share: when the run began that wrote it (ISO 8601, UTC)
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

    Of columns, the record of the run that began last counts. The last complete run is the later of that of the whole
    and of those numbers of shares of which each one was complete: the oldest of them, since then nothing is older.
    """
    whole = records.get(WHOLE_NAME, {})
    parts = sorted((record for name, record in records.items() if name), key=_read_began)
    if not parts:
        return whole
    united: dict[str, Json] = _strip(whole or parts[-1])
    columns = [group for record in (whole, *parts) for group in _read_list(record, "columns")]
    skipped = {str(name) for record in (whole, *parts) for name in _read_list(record, "skipped")}
    runs = [*_read_run(whole), *(_add_up(runs) for runs in _find_complete(records))]
    if columns:
        united["columns"] = columns
    if skipped:
        united["skipped"] = sorted(skipped)
    if runs:
        united["last_run"] = max(runs, key=_read_finish)
    return {**united, SHARES: dict(records)}


def place(entry: Entry, share: Share, record: Entry) -> Entry:
    """Give the entry once a run has recorded this of its share; of the whole, that replaces all.

    How the dataset is cut is said once for all shares: by the one that is first to cut it so. Records of another number
    of shares, and what the whole found out, go once each share of this number was complete after them.
    """
    record = {name: value for name, value in record.items() if name != SHARES}
    if share.is_whole:
        return record
    records = divide(entry)
    before, whole = records.get(str(share), {}), records.get(WHOLE_NAME, {})
    cut = record.get("chunking")
    if not whole or cut not in (before.get("chunking"), whole.get("chunking")):
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
    return {**own, "columns": groups} | ({"chunking": entry["chunking"]} if "chunking" in entry else {})


def find_cut(entry: Entry, share: Share) -> Json:
    """Find how what falls to a share was cut last; None where that was never recorded."""
    return divide(entry).get(str(share), entry).get("chunking")


def find_late(entry: Entry) -> Sequence[str]:
    """Name the shares without which a dataset is not complete as of now: of the number that ran last.

    Those that were never complete, else those that were before all others; none where no shares ran.
    """
    records = divide(entry)
    parts = {name: record for name, record in records.items() if name}
    if not parts:
        return []
    latest = max(parts, key=lambda name: _read_began(parts[name]))
    finished = {name: max(map(_read_finish, _read_run(parts.get(name, {}))), default="") for name in _list_all(latest)}
    oldest = min(finished.values())
    return [name for name, at in finished.items() if at == oldest]


def _drop_superseded(records: Records, share: Share) -> Records:
    mine = _list_all(str(share))
    runs = [list(_read_run(records.get(name, {}))) for name in mine]
    others = [record for name, record in records.items() if name not in mine]
    latest = max((max([_read_began(record), *map(_read_finish, _read_run(record))]) for record in others), default="")
    if not all(runs) or min(_read_finish(run) for (run,) in runs) < latest:
        return records
    kept = {name: record for name, record in records.items() if name in mine}
    return {WHOLE_NAME: _strip(records[WHOLE_NAME]), **kept}


def _find_complete(records: Records) -> Iterator[list[Entry]]:
    """Yield the last complete runs of all shares of a number, where each had one and they are cut alike."""
    cut = records.get(WHOLE_NAME, {}).get("chunking")
    for of in {name.partition("/")[2] for name in records if name}:
        parts = [records.get(name, {}) for name in _list_all(f"1/{of}")]
        runs = [run for record in parts for run in _read_run(record) if record.get("chunking") == cut]
        if len(runs) == len(parts):
            yield runs


def _add_up(runs: Sequence[Entry]) -> Entry:
    """Add up what shares counted. The whole is as old as the oldest and took as long as the slowest."""
    total: dict[str, Json] = {}
    for name in {name for run in runs for name in run}:
        values = [value for run in runs if isinstance(value := run.get(name), int | float)]
        total[name] = max(values, default=0) if name in ("seconds", "rate") else sum(values)
    return {**total, "finished": min(map(_read_finish, runs))}


def _list_all(share: str) -> list[str]:
    """List all shares of the same number."""
    of = share.partition("/")[2]
    return [str(Share(number, int(of))) for number in range(1, int(of) + 1)]


def _strip(record: Entry) -> dict[str, Json]:
    return {name: value for name, value in record.items() if name not in (*_PROGRESS, BEGAN)}


def _read_run(record: Entry) -> Iterator[Entry]:
    """Yield the last complete run that a record speaks of, if there was one."""
    run = record.get("last_run")
    if isinstance(run, Mapping) and isinstance(run.get("finished"), str):
        yield run


def _read_finish(run: Entry) -> str:
    return str(run["finished"])


def _read_began(record: Entry) -> str:
    return str(record.get(BEGAN) or "")


def _read_list(value: Json, name: str) -> Sequence[Json]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Sequence) and not isinstance(found, str) else []
