"""What a person reads: the report, hits and collections as lines of text. Pure functions; `cli` prints them."""

from collections.abc import Iterator, Mapping, Sequence

from ingest.model import Collection, Hit, Ignored, Json, Skipped
from ingest.report import COUNTS, Report, Tally

LISTED = 20  # ignored items that are listed one by one


def render_report(report: Report) -> Iterator[str]:
    """Say what a run did: a line per dataset and its problems, then one line for the whole."""
    for tally in report.datasets:
        counts = ", ".join(f"{getattr(tally, name)} {name}" for name in COUNTS if getattr(tally, name))
        yield f"{tally.dataset}: {counts or ('failed' if tally.error else 'nothing to do')}"
        yield from (f"  ignored: {place(item)}: {item.reason}" for item in tally.ignored[:LISTED])
        if len(tally.ignored) > LISTED:
            yield f"  ignored: {len(tally.ignored) - LISTED} more (--json lists them all)"
        if tally.left and not tally.error:
            yield f"  left: {tally.left} chunks, not embedded because of --limit; nothing was deleted"
    yield (
        f"{report.total('embedded')} texts embedded in {report.requests} requests"
        f"{f', {report.cached} of them from the cache' if report.cached else ''}"
        f"{f', {report.retries} requests made again' if report.retries else ''}; {report.seconds:.1f} s"
    )


def render_problems(report: Report) -> Iterator[str]:
    """Say what went wrong, one line each."""
    for tally in report.datasets:
        yield from (f"skipped: {tally.dataset}: {place(item)}: {item.reason}" for item in tally.skipped)
    yield from (f"error: {tally.error}" for tally in report.datasets if tally.error)


def render_progress(tally: Tally) -> str:
    """Say how far a dataset has come."""
    return f"{tally.dataset}: {tally.files_done}/{tally.files} files, {tally.added} added, {tally.unchanged} unchanged"


def place(item: Skipped | Ignored) -> str:
    """Name the place of an item within its dataset."""
    return f"{item.origin}, {item.where}" if item.where else item.origin


def render_hits(hits: Sequence[Hit]) -> Iterator[str]:
    """Show hits, best first: score, source, question or heading, and the text."""
    for number, hit in enumerate(hits, start=1):
        title = hit.payload.get("question") or _metadata(hit).get("heading") or ""
        yield f"{number}. {hit.score:.3f}  {hit.payload.get('source')}{f'  |  {title}' if title else ''}"
        yield from (f"   {line}" for line in str(hit.payload.get("page_content", "")).splitlines())
    if not hits:
        yield "nothing found"


def render_collection(name: str, store: str, collection: Collection, counts: Mapping[str, int]) -> Iterator[str]:
    """Show what a collection holds, and how it was made."""
    yield f"{name} in {store}: {sum(counts.values())} points of {collection.dimension} dimensions"
    yield f"model {collection.identity.model or 'unknown'}, by {collection.service}, version {collection.version}"
    for dataset, count in sorted(counts.items()):
        entry = collection.datasets.get(dataset, {})
        last = entry.get("last_run")
        finished = last.get("finished") if isinstance(last, Mapping) else "never complete"
        yield f"{dataset}: {count} points from {entry.get('path')} on {entry.get('host')}; last run {finished}"


def describe_hit(hit: Hit) -> Mapping[str, Json]:
    """Give a hit as JSON, without this tool's own bookkeeping."""
    payload = {name: value for name, value in hit.payload.items() if name != "ingest"}
    return {"score": hit.score, "id": hit.id, **payload}


def _metadata(hit: Hit) -> Mapping[str, Json]:
    metadata = hit.payload.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
