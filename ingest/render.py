"""What a person reads: the report, hits and collections as lines of text. Pure functions; the commands print them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ingest.contents import Contents, Origin
from ingest.estimate import Estimate
from ingest.inspection import KINDS
from ingest.items import Item, Shelf
from ingest.model import Collection, Hit, Ignored, Json, Noted, Skipped
from ingest.places import name_place, read_metadata
from ingest.report import COUNTS, Origins, Report, Tally

if TYPE_CHECKING:
    from ingest.verification import Verification

LISTED = 20  # items of a kind that are listed one by one, if they are no failures
_PLANNED = {"added": "add", "refreshed": "refresh", "deleted": "delete"}  # counts of what a run would write
_AT_REST = {"unchanged": "unchanged", "kept": "kept"}


def render_report(report: Report) -> Iterator[str]:
    """Say what a run did, or would do: a line per dataset and its problems, then what the whole took, or would."""
    for tally in report.datasets:
        counts = _plan(tally) if report.estimate else _count(tally)
        yield f"{tally.dataset}: {counts or ('failed' if tally.error else 'nothing to do')}"
        yield from _list_some("ignored", [f"{place(item)}: {item.reason}" for item in tally.ignored])
        yield from _list_some("noted", [f"{place(item)}: {item.what}" for item in tally.noted])
        if tally.left and not tally.error:
            yield f"  left: {tally.left} chunks, not embedded because of --limit; nothing was deleted"
    if report.estimate:
        yield from _render_estimate(report, report.estimate)
        return
    yield (
        f"{report.total('embedded')} texts embedded in {report.requests} requests"
        f"{f', {report.cached} vectors from the cache' if report.cached else ''}"
        f"{f', {report.retries} requests made again' if report.retries else ''}; {report.seconds:.1f} s"
    )


def _count(tally: Tally) -> str:
    return ", ".join(f"{getattr(tally, name)} {name}" for name in COUNTS if getattr(tally, name))


def _plan(tally: Tally) -> str:
    """Say what would become of the chunks of a dataset, and of how many files."""
    doing = [f"{verb} {getattr(tally, name)}" for name, verb in _PLANNED.items() if getattr(tally, name)]
    resting = [f"{getattr(tally, name)} {word}" for name, word in _AT_REST.items() if getattr(tally, name)]
    parts = [f"would {', '.join(doing)} chunks"] if doing else []
    parts += [", ".join(resting)] if resting else []
    return f"{'; '.join(parts)} (files: {_count_origins(tally.origins)})" if parts else ""


def _count_origins(origins: Origins) -> str:
    named = {"new": origins.added, "changed": origins.changed, "gone": origins.gone, "unchanged": origins.unchanged}
    return ", ".join(f"{number} {name}" for name, number in named.items() if number) or "none"


def _render_estimate(report: Report, estimate: Estimate) -> Iterator[str]:
    """Say what a run would ask the service for, and what that would cost; what is not known, and why."""
    tokens = f" and {estimate.tokens:,} tokens" if estimate.tokens is not None else ""
    if not report.requests and not report.cached and not report.total("reused"):
        yield "nothing to embed"
        return
    at_hand = {"the cache": report.cached, "the collection": report.total("reused")}
    yield (
        f"would embed {report.total('embedded')} texts of {report.total('characters'):,} characters{tokens} in "
        f"{report.requests} requests"
        f"{''.join(f', and take {number} vectors from {place}' for place, number in at_hand.items() if number)}"
    )
    if not report.requests:
        return
    if estimate.tokens is None:
        yield f"tokens: unknown: {estimate.basis['tokens']}"
    duration = "unknown" if estimate.seconds is None else f"about {render_duration(estimate.seconds)}"
    yield f"time: {duration}: {estimate.basis['seconds']}"
    if estimate.money is not None or estimate.price is not None:
        money = "unknown" if estimate.money is None else f"{estimate.money:,.4g}"
        yield f"money: {money}: {estimate.basis['money']}"


def render_duration(seconds: float) -> str:
    """Give a duration in the unit that a person would choose."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def render_problems(report: Report) -> Iterator[str]:
    """Say what went wrong, one line each."""
    for tally in report.datasets:
        for item in tally.skipped:
            known = " (as before)" if tally.knows(item) else ""
            yield f"skipped{known}: {tally.dataset}: {place(item)}: {item.reason}"
    yield from (f"error: {tally.error}" for tally in report.datasets if tally.error)


def render_progress(tally: Tally) -> str:
    """Say how far a dataset has come."""
    return f"{tally.dataset}: {tally.files_done}/{tally.files} files, {tally.added} added, {tally.unchanged} unchanged"


def place(item: Skipped | Ignored | Noted) -> str:
    """Name the place of an item within its dataset."""
    return f"{item.origin}, {item.where}" if item.where else item.origin


def render_hits(hits: Sequence[Hit]) -> Iterator[str]:
    """Show hits, best first: score, source, question or heading, and the text."""
    for number, hit in enumerate(hits, start=1):
        title = hit.payload.get("question") or read_metadata(hit.payload).get("heading") or ""
        yield f"{number}. {hit.score:.3f}  {hit.payload.get('source')}{f'  |  {title}' if title else ''}"
        yield from (f"   {line}" for line in str(hit.payload.get("page_content", "")).splitlines())
    if not hits:
        yield "nothing found"


def render_collection(name: str, store: str, collection: Collection, counts: Mapping[str, int]) -> Iterator[str]:
    """Show what a collection holds, and how it was made."""
    yield f"{name} in {store}: {sum(counts.values())} points of {collection.dimension} dimensions"
    yield f"model {collection.identity.model or 'unknown'}, by {collection.service}, version {collection.version}"
    if collection.form:
        kept = (f"{name.replace('_', ' ')} {str(value).lower()}" for name, value in collection.form.items())
        yield f"kept with {', '.join(kept)}"
    for dataset, count in sorted(counts.items()):
        yield render_dataset(dataset, collection.datasets.get(dataset, {}), count)


def render_dataset(dataset: str, entry: Mapping[str, Json], count: int) -> str:
    """Show what is recorded of a dataset."""
    last = entry.get("last_run")
    finished = last.get("finished") if isinstance(last, Mapping) else "never complete"
    return f"{dataset}: {count} points from {entry.get('path')} on {entry.get('host')}; last run {finished}"


def render_contents(contents: Contents) -> Iterator[str]:
    """List the origins of a dataset under what is known of the whole; of each what the next run has to do."""
    state = "" if contents.complete else "; not complete"
    size = f"{contents.points} points of {len(contents.origins)} origins"
    yield f"{contents.dataset}: {size}; {_tell_finish(contents.finished)}{state}"
    points = dict.fromkeys(contents.skipped, 0) | dict(contents.origins)
    width = len(str(max(points.values(), default=0)))
    longest = max(map(len, contents.written.values()), default=0)
    for origin, count in sorted(points.items()):
        state = _tell_state(contents.skipped.get(origin, 0), finished=origin not in contents.unfinished)
        written = f"{contents.written.get(origin, ''):{longest}}  " if longest else ""
        yield f"  {count:>{width}}  {written}{origin}{state}"


def render_origin(origin: Origin, shelf: Shelf, finished: str | None, skipped: int) -> Iterator[str]:
    """Say how much is stored of an origin. skipped: items of it that the last run skipped."""
    yield f"{origin}: {shelf.points} points; {_tell_finish(finished)}{_tell_state(skipped, finished=shelf.complete)}"


def _tell_state(skipped: int, *, finished: bool) -> str:
    """Say why an origin is not complete; nothing of one that is."""
    if skipped:
        return f"; not complete: the last run skipped {skipped} of its items"
    return "" if finished else "; not complete: the next run reads it again"


def render_item(item: Item) -> Iterator[str]:
    """Show a row with its question, or a chunk with its headings, and the text."""
    metadata, question = read_metadata(item.payload), str(item.payload.get("question") or "")
    heading, source = str(metadata.get("heading") or ""), item.payload.get("source")
    place = name_place(item.payload) or f"character {metadata.get('start', 0)}"
    points = f" in {len(item.points)} points" if len(item.points) > 1 else ""
    yield f"{place}  |  {len(item.text)} characters{points}  |  {source if 'row' in metadata else heading}".rstrip(" |")
    asked = [f"question: {question}"] if question else []
    yield from (f"   {line}" for text in (*asked, item.text) for line in text.splitlines())


def _tell_finish(finished: str | None) -> str:
    return f"last complete run {finished}" if finished else "never complete"


def describe_hit(hit: Hit) -> Mapping[str, Json]:
    """Give a hit as JSON, without this tool's own bookkeeping."""
    payload = {name: value for name, value in hit.payload.items() if name != "ingest"}
    return {"score": hit.score, "id": hit.id, **payload}


def _list_some(kind: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  {kind}: {line}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"  {kind}: {len(lines) - LISTED} more (--json lists them all)"


def render_verification(verification: "Verification") -> Iterator[str]:
    """Say what differs: a line per dataset, the counts, the first findings one by one, and the ways out."""
    for tally in verification.datasets:
        yield f"{tally.dataset}: {'not compared' if tally.error else f'{tally.unchanged} points as the source says'}"
        yield from (f"  skipped: {place(item)}: {item.reason}" for item in tally.skipped)
        if tally.kept:
            yield f"  kept: {tally.kept} points of what was skipped"
    if verification.not_compared:
        yield f"not compared, without a source here: {', '.join(verification.not_compared)}"
    total = sum(verification.counts.values())
    yield f"{verification.points} points, {verification.sampled} of them read back and searched for; {total} findings"
    yield from (f"{count} {kind}: {KINDS[kind]}" for kind, count in verification.counts.items())
    yield from (f"  {finding}" for finding in verification.findings[:LISTED])
    if total > LISTED:
        yield f"  {total - LISTED} more (--json lists the first {len(verification.findings)})"
    yield from _render_ways_out(verification)


def _render_ways_out(verification: "Verification") -> Iterator[str]:
    kinds = set(verification.counts)
    if kinds - {"stranger", "unsearchable"} and verification.invalidated:
        yield "an ordinary run mends this: create-vector-db with the same sources"
    elif kinds - {"stranger", "unsearchable"}:
        yield (
            "an ordinary run with the same sources mends this, but for points that were changed in place behind its "
            "back: these it sees after create-vector-db verify --invalidate"
        )
    if "stranger" in kinds:
        yield "strangers: --adopt takes the collection over, and create-vector-db remove takes out a whole dataset"
    if "unsearchable" in kinds:
        yield "unsearchable: --rebuild makes the collection anew"
