"""`create-vector-db` itself: a run."""

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.adoption import adopt as adopt_collection
from ingest.clock import tell_time
from ingest.commands.options import LockWait, takes_settings
from ingest.commands.output import complain, print_report, reporting, tell, watching, write_report
from ingest.cutting import Cutting
from ingest.doctor.masks import mask_url
from ingest.durations import read_duration
from ingest.embedders.cache import Cache
from ingest.embedders.cached import CachedEmbedder
from ingest.embedders.fallback import FallbackEmbedder
from ingest.embedders.unasked import stand_in
from ingest.embedders.window import find_window
from ingest.errors import IdentityError, Interrupted, StoreError, Terminated, UsageError
from ingest.estimate import estimate, find_rate
from ingest.guard import Guard
from ingest.identity import differ
from ingest.model import Collection, Json
from ingest.protocols import Embedder, Store
from ingest.reading import Reading, open_sources, read_indexes
from ingest.rebuilding import rebuild as rebuild_collection
from ingest.settings import (
    Settings,
    flag,
    open_chosen_embedder,
    open_chosen_store,
    open_fallback,
    open_run_cache,
    refuse_run_options,
)
from ingest.share import Share, read_share, refuse_share
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync

if TYPE_CHECKING:
    from ingest.report import Report

PROGRAM = "create-vector-db"


@takes_settings
def index(
    context: typer.Context,
    *,
    settings: Settings,
    reading: Reading,
    cutting: Cutting,
    rechunk: Annotated[bool, flag("--rechunk", help="Cut anew, not as the dataset was cut before.")] = False,
    accept_columns: Annotated[
        bool, flag("--accept-columns", help="Go on although a sheet lost the column of its question or source.")
    ] = False,
    batch_size: Annotated[int, flag("--batch-size", metavar="TEXTS", min=1, help="Texts in one request.")] = 32,
    concurrency: Annotated[
        int, flag("--concurrency", metavar="REQUESTS", min=1, help="Requests at the same time, at most.")
    ] = 4,
    requests_per_minute: Annotated[
        float | None, flag("--requests-per-minute", metavar="REQUESTS", min=0.001, help="Cap on the rate of requests.")
    ] = None,
    max_wait: Annotated[
        float, flag("--max-wait", metavar="SECONDS", min=0, help="Seconds to wait for a service that answers nothing.")
    ] = 600.0,
    fallback: Annotated[
        str | None,
        flag("--fallback", metavar="SPEC", help="Another service for the same model, taken when the first fails."),
    ] = None,
    cache_dir: Annotated[
        Path | None, flag("--cache-dir", metavar="DIR", help="Where vectors are kept. Default: the user's cache.")
    ] = None,
    cache_url: Annotated[
        str | None, flag("--cache-url", metavar="URL", help="... or a Redis server: redis://HOST:6379/0.")
    ] = None,
    no_cache: Annotated[bool, flag("--no-cache", help="Keep no vectors, and use none that were kept.")] = False,
    rebuild: Annotated[
        bool, flag("--rebuild", help="Make the collection anew beside the old one, check it, and switch in one step.")
    ] = False,
    drop_others: Annotated[
        bool, flag("--drop-others", help="With --rebuild: leave out the datasets that the run does not name.")
    ] = False,
    adopt: Annotated[
        bool,
        flag("--adopt", help="Take over a collection that another program made; its points are deleted last."),
    ] = False,
    max_delete: Annotated[
        str,
        flag(
            "--max-delete", metavar="CHUNKS|SHARE%", help="What a dataset may lose in a run: chunks, or a share of it."
        ),
    ] = "50%",
    indexes: Annotated[
        list[str] | None,
        typer.Option(
            "--index",
            metavar="FIELD:KIND",
            help="Payload index that filters need: metadata.rating:float. [env: CREATE_VECTOR_DB_INDEX, one a line]",
        ),
    ] = None,
    report_file: Annotated[
        Path | None, flag("--report", metavar="FILE", help="Write the report as JSON, with each skipped text.")
    ] = None,
    no_prune: Annotated[bool, flag("--no-prune", help="Delete nothing, whatever left the sources.")] = False,
    share: Annotated[
        str,
        flag(
            "--share",
            metavar="K/N",
            help="Do the K-th of N equal parts of the files alone, beside other machines that do theirs.",
        ),
    ] = "1/1",
    lock_wait: LockWait = "0s",
    _ping_url: Annotated[
        str | None,
        flag(
            "--ping-url", metavar="URL", help="URL of a monitor, told /start and /<exit code>: https://hc-ping.com/UUID"
        ),
    ] = None,
    limit: Annotated[
        int | None, flag("--limit", metavar="TEXTS", min=0, help="Embed at most so many texts; delete nothing.")
    ] = None,
    dry_run: Annotated[
        bool, flag("-n", "--dry-run", help="Say what a run would do and cost; write nothing and ask no service.")
    ] = False,
    price: Annotated[
        float | None,
        flag("--price-per-million-tokens", metavar="MONEY", min=0, help="With --dry-run: what the service charges."),
    ] = None,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Fill a Qdrant vector database from Excel workbooks and folders of text, and keep it equal to them.

    Run the same command again whenever the sources have changed: what is unchanged is not embedded again, and what
    left the sources leaves the collection.
    """
    if show_version:
        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        return
    if context.invoked_subcommand:
        refuse_run_options(context)
        return
    about: dict[str, Json] = context.obj.about
    about |= {"version": version(PROGRAM), "started": tell_time()}
    with reporting(report_file, about):
        part = read_share(share)
        _refuse_combinations(
            adopt=adopt, rebuild=rebuild, drop_others=drop_others, priced=price is not None and not dry_run
        )
        refuse_share(part, adopt=adopt, rebuild=rebuild)
        if not dry_run:
            context.obj.ping.start()
        wait = read_duration("--lock-wait", lock_wait)
        options = Options(
            # Asked once: it may read a large file.
            find_window=lru_cache(partial(find_window, spec=settings.embedder or "", fetch=not dry_run)),
            chunk_size=cutting.chunk_size,
            chunk_overlap=cutting.chunk_overlap,
            rechunk=rechunk,
            accept_columns=accept_columns,
            guard=Guard(max_delete, command=_tell_command()),
            prune=not no_prune,
            limit=limit,
            batch_size=batch_size,
            concurrency=concurrency,
            indexes=read_indexes(indexes or []),
            share=part,
        )
        sources = open_sources(reading)
        pacing: dict[str, Any] = {
            "max_wait": max_wait,
            "concurrency": concurrency,
            "requests_per_minute": requests_per_minute,
        }
        opened, notes = open_chosen_embedder(settings, **pacing)
        second = open_fallback(fallback, settings, **pacing) if fallback else None
        cache = open_run_cache(opened, directory=cache_dir, url=cache_url, enabled=not no_cache, read_only=dry_run)
        store, more = open_chosen_store(
            settings,
            lock_wait=wait,
            exclusive=not dry_run,
            max_wait=max_wait,
            share=part,
            gather=cache is not None,  # else what is killed would have to be embedded again
        )
        with closing(store), closing(cache) if cache else nullcontext():
            described = _describe(store, foreign=adopt) if dry_run or second else None
            unasked = stand_in(opened, described, cache, spec=settings.embedder or "") if dry_run else None
            embedder = unasked or _surround(opened, second, cache, described)
            store = ReadOnlyStore(store) if dry_run else store
            about |= {"collection": store.collection, "store": store.name, "model": embedder.identity.model}
            about |= {} if part.is_whole else {"share": str(part)}
            tell(settings, _head(context, embedder, store, part, dry_run=dry_run), *notes, *more)
            how: Callable[..., Report] = partial(adopt_collection, delete=not dry_run) if adopt else sync
            if rebuild:
                how = partial(rebuild_collection, drop_others=drop_others, switch=not dry_run)
            with watching(settings) as watch:
                report = how(sources, embedder=embedder, store=store, options=options, watch=watch)
            if unasked:
                estimated = estimate(
                    texts=report.total("embedded"),
                    requests=report.requests,
                    tokens=unasked.tokens,
                    rate=find_rate(described, {source.dataset for source in sources}),
                    requests_per_minute=requests_per_minute,
                    price=price,
                )
                report = replace(report, estimate=estimated)
            about |= {"finished": tell_time()}
            print_report(report, about, settings)
            if rebuild and settings.quiet and not settings.alias and report.notes:
                complain(report.notes[-1])  # the setting without which nobody uses the new collection
            if report_file:
                write_report({**report.as_json(), **about}, report_file)
            if report.wrote and not isinstance(report.failure, StoreError | Interrupted | Terminated):
                store.compact()  # after the report: it may take minutes, and a signal may end it
    raise typer.Exit(report.exit_code)


def _refuse_combinations(*, adopt: bool, rebuild: bool, drop_others: bool, priced: bool) -> None:
    """Raise UsageError for options that would do nothing together. `priced`: a run that is no dry run has a price."""
    if adopt and rebuild:
        raise UsageError("--adopt writes beside what is there and --rebuild beside the collection: choose one of them")
    if drop_others and not rebuild:
        raise UsageError("--drop-others goes with --rebuild; `create-vector-db remove DATASET` takes one dataset out")
    if priced:
        raise UsageError("--price-per-million-tokens goes with --dry-run: a run does not know what it is charged")


def _surround(first: Embedder, second: Embedder | None, cache: Cache | None, there: Collection | None) -> Embedder:
    """Put a second service behind the first, and a cache before both."""
    embedder = first
    if second:
        comparable = there is not None and not differ(there.identity, first.identity)
        embedder = FallbackEmbedder(first, second, canaries=there.canaries if there and comparable else None)
    return CachedEmbedder(embedder, cache) if cache else embedder


def _describe(store: Store, *, foreign: bool) -> Collection | None:
    """Read what the collection records; None where it doesn't exist, or another program made it as the user says."""
    try:
        return store.describe()
    except IdentityError:
        if not foreign:
            raise
        return None


def _head(context: typer.Context, embedder: Embedder, store: Store, share: Share, *, dry_run: bool) -> str:
    files = "" if share.is_whole else f", share {share} of the files"
    settings = f"; settings from {context.obj.env_file}" if context.obj.env_file else ""
    return (
        f"{'dry run: ' if dry_run else ''}model {embedder.identity.model or '(asked with the first text)'} by "
        f"{embedder.name}, collection {store.collection!r} in {store.name}{files}{settings}"
    )


def _tell_command() -> str:
    """Give what was typed, without --max-delete and without the secrets that a URL may hold."""
    return shlex.join([PROGRAM, *map(mask_url, _strip_flag(_strip_flag(sys.argv[1:], "--max-delete"), "--ping-url"))])


def _strip_flag(arguments: Sequence[str], name: str) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in arguments:
        if not skip and not word.startswith(f"{name}=") and word != name:
            kept.append(word)
        skip = word == name
    return kept
