"""Flags and environment in; a report and an exit code out. The only module that prints or exits."""

import dataclasses
import functools
import inspect
import io
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from ingest import environment, render
from ingest.age import check_age
from ingest.chunking import OVERLAP, SIZE
from ingest.copying import copy_collection
from ingest.doctor import examine
from ingest.doctor.masks import mask_url
from ingest.doctor.origins import trace_settings
from ingest.doctor.page import render_examination
from ingest.durations import read_duration
from ingest.embedders.cache import Cache
from ingest.embedders.cached import CachedEmbedder
from ingest.embedders.fallback import FallbackEmbedder
from ingest.embedders.model_table import render_models
from ingest.embedders.models import MODELS
from ingest.embedders.unasked import Unasked
from ingest.encoding import refuse_identity
from ingest.errors import (
    IngestError,
    Interrupted,
    StoreError,
    Terminated,
    TerminationSignal,
    UsageError,
    read_signal,
)
from ingest.guard import Guard
from ingest.identity import differ
from ingest.model import Collection, Json
from ingest.protocols import Embedder, Source, Store
from ingest.report import Report, Tally
from ingest.search import find_hits
from ingest.settings import (
    Settings,
    flag,
    open_chosen_embedder,
    open_chosen_store,
    open_fallback,
    open_run_cache,
    open_server,
    read_settings,
    refuse_run_options,
)
from ingest.sources import open_source
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync

PROGRAM = "create-vector-db"
PATIENCE = 10.0  # seconds that a command which only reads waits for the embedded store
SOURCES = ("--excel", "--csv", "--text-dir")
LIBRARIES = ("httpx", "httpx2", "huggingface_hub", "qdrant_client")  # what -vv lets speak; none logs a header
log = logging.getLogger("ingest")


class Commands(TyperGroup):
    """The commands. Words after --excel that exist, a shell's `*.xlsx`, are more of the same, not a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the type is private to typer
        """Parse arguments, sources spread out."""
        return super().parse_args(ctx, spread_sources(args, self.commands))


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> NoReturn:
    """Run the command line and exit."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        with _telling_errors():
            found = environment.read_dotenv(find_env_file(arguments, os.environ), os.environ)
            app(args=list(arguments), prog_name=PROGRAM, obj=found)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def spread_sources(arguments: Sequence[str], commands: Iterable[str]) -> list[str]:
    """Repeat --excel, --csv or --text-dir before each further word that names something that exists."""
    spread: list[str] = []
    source = previous = ""
    for word in arguments:
        if word.startswith("-"):
            source = next((name for name in SOURCES if word.split("=")[0] == name), "")
        elif source and previous != source:
            if word in commands or not Path(word).exists():
                source = ""
            else:
                spread.append(source)
        spread.append(word)
        previous = word
    return spread


def find_env_file(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Find --env-file wherever it stands: it is read before the options whose environment it fills."""
    for word, following in pairwise([*arguments, ""]):
        name, _, value = word.partition("=")
        if name == "--env-file":
            return value or following
    found = environment.find(["CREATE_VECTOR_DB_ENV_FILE"], environ)
    return found[1] if found else None


def _takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Settings, which it takes as one argument, `settings`."""
    parameters = inspect.signature(command).parameters.values()
    context_ = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    own = [item for item in parameters if item.name != "settings" and item.annotation is not typer.Context]
    shared = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(Settings)
    ]

    @functools.wraps(command)
    def wrapper(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command takes
        settings = read_settings(context)
        _set_up_logging(settings)
        command(context, settings=settings, **{item.name: values[item.name] for item in own})

    taken = sorted([context_, *own, *shared], key=lambda item: item.kind)
    wrapper.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # what typer reads
    wrapper.__annotations__ = {item.name: item.annotation for item in taken}
    return wrapper


@app.callback(invoke_without_command=True)
@_takes_settings
def index(
    context: typer.Context,
    *,
    settings: Settings,
    excel: Annotated[
        list[Path] | None,
        flag(
            "--excel",
            "--csv",
            metavar="FILE",
            help="Workbook (.xlsx .xlsm .xls .xlsb .ods .csv .tsv), a folder or a quoted pattern.",
        ),
    ] = None,
    text_dir: Annotated[
        list[Path] | None, flag("--text-dir", metavar="DIR", help="Folder of .txt, .md and .markdown files.")
    ] = None,
    dataset: Annotated[
        str | None, flag("--dataset", metavar="NAME", help="Name of the dataset, for a run with one source.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ROLE=COLUMN",
            help='Column of a role: page_content="Cột khác". [env: CREATE_VECTOR_DB_MAP, one a line]',
        ),
    ] = None,
    sheet: Annotated[
        list[str] | None,
        typer.Option("--sheet", metavar="NAME", help="Sheet to read. [env: CREATE_VECTOR_DB_SHEET, one a line]"),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include", metavar="PATTERN", help="Pattern of files to read. [env: CREATE_VECTOR_DB_INCLUDE, one a line]"
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="PATTERN", help="Pattern of files not to. [env: CREATE_VECTOR_DB_EXCLUDE, one a line]"
        ),
    ] = None,
    chunk_size: Annotated[
        int | None,
        flag("--chunk-size", metavar="CHARACTERS", help=f"Characters of a chunk with its prefix. Default: {SIZE}."),
    ] = None,
    chunk_overlap: Annotated[
        int | None,
        flag("--chunk-overlap", metavar="CHARACTERS", help=f"Characters that chunks share. Default: {OVERLAP}."),
    ] = None,
    rechunk: Annotated[bool, flag("--rechunk", help="Cut anew, not as the dataset was cut before.")] = False,
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
    max_delete: Annotated[
        str,
        flag(
            "--max-delete", metavar="CHUNKS|SHARE%", help="What a dataset may lose in a run: chunks, or a share of it."
        ),
    ] = "50%",
    report_file: Annotated[
        Path | None, flag("--report", metavar="FILE", help="Write the report as JSON, with each skipped text.")
    ] = None,
    no_prune: Annotated[bool, flag("--no-prune", help="Delete nothing, whatever left the sources.")] = False,
    lock_wait: Annotated[
        str, flag("--lock-wait", metavar="TIME", help="How long to wait for another run: 90s, 10m, 2h.")
    ] = "0s",
    limit: Annotated[
        int | None, flag("--limit", metavar="TEXTS", min=0, help="Embed at most so many texts; delete nothing.")
    ] = None,
    dry_run: Annotated[
        bool, flag("-n", "--dry-run", help="Read and compare; write nothing and ask no service.")
    ] = False,
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
    wait = read_duration("--lock-wait", lock_wait)
    options = Options(
        chunk_size=chunk_size,
        chunk_overlap=chunk_overlap,
        rechunk=rechunk,
        guard=Guard(
            max_delete, command=shlex.join([PROGRAM, *map(mask_url, _strip_flag(sys.argv[1:], "--max-delete"))])
        ),
        prune=not no_prune,
        limit=limit,
        batch_size=batch_size,
        concurrency=concurrency,
    )
    sources = _open_sources(
        {"excel": excel or [], "text": text_dir or []},
        dataset,
        mapping=_read_mapping(columns or _read_lines("MAP")),
        sheets=sheet or _read_lines("SHEET"),
        include=include or _read_lines("INCLUDE"),
        exclude=exclude or _read_lines("EXCLUDE"),
    )
    pacing: dict[str, Any] = {
        "max_wait": max_wait,
        "concurrency": concurrency,
        "requests_per_minute": requests_per_minute,
    }
    opened, notes = open_chosen_embedder(settings, **pacing)
    second = open_fallback(fallback, settings, **pacing) if fallback else None
    cache = open_run_cache(opened, directory=cache_dir, url=cache_url, enabled=not (no_cache or dry_run))
    store, more = open_chosen_store(settings, lock_wait=wait, exclusive=not dry_run)
    with closing(store), closing(cache) if cache else nullcontext():
        described = store.describe() if dry_run or second else None
        embedder = _surround(opened, second, cache, described)
        if dry_run:
            embedder = Unasked(opened.identity, opened.name, described.canaries if described else None)
            store = ReadOnlyStore(store)
        _tell(settings, _head(context, embedder, store, dry_run=dry_run), *notes, *more)
        with _watching(settings) as watch:
            report = sync(sources, embedder=embedder, store=store, options=options, watch=watch)
        _print_report(report, settings)
        if report_file:
            _write_report(report, report_file)
        if report.wrote and not isinstance(report.failure, StoreError | Interrupted | Terminated):
            store.compact()  # after the report: it may take minutes, and a signal may end it
    raise typer.Exit(report.exit_code)


@app.command("search")
@_takes_settings
def search_collection(
    _context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.")],
    *,
    settings: Settings,
    limit: Annotated[int, typer.Option("-k", "--limit", metavar="ITEMS", min=1, help="How many items to show.")] = 5,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Look in this dataset alone.")
    ] = None,
) -> None:
    """Search the collection with the embedder that filled it."""
    store, _ = open_chosen_store(settings, lock_wait=PATIENCE)
    with closing(store):
        if not (described := store.describe()):
            raise _absent(store)
        embedder, _ = open_chosen_embedder(settings, described)
        if difference := differ(described.identity, embedder.identity):
            raise refuse_identity(store, embedder, difference)
        if dataset and dataset not in described.datasets:
            raise UsageError(f"--dataset {dataset}: the collection has {', '.join(sorted(described.datasets))}")
        hits = find_hits(query, embedder=embedder, store=store, limit=limit, dataset=dataset)
    if settings.json:
        _print_json({"query": query, "hits": [render.describe_hit(hit) for hit in hits]})
    else:
        _print(render.render_hits(hits))


@app.command("info")
@_takes_settings
def show_info(
    _context: typer.Context,
    *,
    settings: Settings,
    max_age: Annotated[
        str | None,
        flag("--max-age", metavar="TIME", help="Exit with 9 where a dataset's last complete run is older: 26h, 7d."),
    ] = None,
) -> None:
    """Show what the collection holds, who made it and when."""
    oldest = read_duration("--max-age", max_age) if max_age else None
    store, _ = open_chosen_store(settings, lock_wait=PATIENCE)
    with closing(store):
        if not (described := store.describe()):
            raise _absent(store)
        counts = {dataset: store.count(dataset) for dataset in described.datasets}
    if settings.json:
        datasets = {name: {"points": counts[name], **entry} for name, entry in described.datasets.items()}
        _print_json(
            {
                "collection": store.collection,
                "store": store.name,
                "points": sum(counts.values()),
                "dimension": described.dimension,
                "identity": dataclasses.asdict(described.identity),
                "service": described.service,
                "version": described.version,
                "datasets": datasets,
            }
        )
    else:
        _print(render.render_collection(store.collection, store.name, described, counts))
    if oldest is not None:
        check_age(described, oldest, datetime.now(UTC))


@app.command("models")
@_takes_settings
def show_models(_context: typer.Context, *, settings: Settings) -> None:
    """Show well-known embedding models: their windows, prefixes and retrieval in Vietnamese and Korean."""
    if settings.json:
        _print_json(
            {"models": [{**dataclasses.asdict(model), "unverified": sorted(model.unverified)} for model in MODELS]}
        )
    else:
        _print(render_models())


@app.command("doctor")
@_takes_settings
def examine_setup(context: typer.Context, *, settings: Settings) -> None:
    """Tell what a run would use and whether it would work; write nothing."""
    examination = examine(settings, traced=trace_settings(context, settings))
    if settings.json:
        _print_json(examination.as_json())
    elif not settings.quiet:
        _print(render_examination(examination))
    elif examination.failure:
        _complain(f"error: {examination.failure}")
    raise typer.Exit(examination.exit_code)


@app.command("copy")
@_takes_settings
def copy_to_server(
    _context: typer.Context,
    *,
    settings: Settings,
    to_qdrant_url: Annotated[str, typer.Option("--to-qdrant-url", metavar="URL", help="URL of the server to copy to.")],
    to_collection: Annotated[
        str | None, typer.Option("--to-collection", metavar="NAME", help="Its name there. Default: the same.")
    ] = None,
) -> None:
    """Copy the collection to a server: points, vectors, payload and identity, with nothing embedded.

    The key of that server is QDRANT_API_KEY.
    """
    source, _ = open_chosen_store(settings, lock_wait=PATIENCE)
    with closing(source):
        url = environment.make_qdrant_url(to_qdrant_url, 6333, https=settings.qdrant_https)
        target, notes = open_server(url, to_collection or source.collection, settings, exclusive=True)
        with closing(target):
            _tell(settings, *notes)
            written = 0
            for written in copy_collection(source, target):
                log.debug("%d points copied", written)
    if settings.json:
        _print_json({"points": written, "store": target.name, "collection": target.collection})
    elif not settings.quiet:
        _print([f"{written} points copied to collection {target.collection!r} in {target.name}"])


def _surround(first: Embedder, second: Embedder | None, cache: Cache | None, there: Collection | None) -> Embedder:
    """Put a second service behind the first, and a cache before both."""
    embedder = first
    if second:
        comparable = there is not None and not differ(there.identity, first.identity)
        embedder = FallbackEmbedder(first, second, canaries=there.canaries if there and comparable else None)
    return CachedEmbedder(embedder, cache) if cache else embedder


def _open_sources(
    paths: Mapping[Literal["excel", "text"], Sequence[Path]],
    dataset: str | None,
    **reading: Any,  # noqa: ANN401 - those of open_source
) -> list[Source]:
    if not any(paths.values()):
        raise UsageError("nothing to index: name a workbook (--excel faq.xlsx) or a folder of text (--text-dir laws)")
    if dataset and sum(map(len, paths.values())) > 1:
        raise UsageError(f"--dataset {dataset} names one source, but the run has several")
    return [open_source(kind, str(path), dataset=dataset, **reading) for kind, group in paths.items() for path in group]


def _read_mapping(columns: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for column in columns:
        role, separator, name = column.partition("=")
        if not separator or role.strip() not in ("source", "question", "page_content") or not name.strip():
            raise UsageError(f'--map {column}: write ROLE="Column", with source, question or page_content as the role')
        mapping[role.strip()] = name.strip()
    return mapping


def _read_lines(name: str) -> list[str]:
    return [line for line in os.environ.get(f"CREATE_VECTOR_DB_{name}", "").splitlines() if line.strip()]


def _head(context: typer.Context, embedder: Embedder, store: Store, *, dry_run: bool) -> str:
    settings = f"; settings from {context.obj}" if context.obj else ""
    return (
        f"{'dry run: ' if dry_run else ''}model {embedder.identity.model or '(asked with the first text)'} by "
        f"{embedder.name}, collection {store.collection!r} in {store.name}{settings}"
    )


def _absent(store: Store) -> StoreError:
    return StoreError(f"there is no collection {store.collection!r} in {store.name}: fill it first, or name another")


def _tell_command() -> str:
    """Give what was typed, without --max-delete and without the secrets that a URL may hold."""
    return shlex.join([PROGRAM, *map(mask_url, _strip_flag(sys.argv[1:], "--max-delete"))])


def _strip_flag(arguments: Sequence[str], name: str) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in arguments:
        if not skip and not word.startswith(f"{name}=") and word != name:
            kept.append(word)
        skip = word == name
    return kept


@contextmanager
def _telling_errors() -> Iterator[None]:
    """Turn an error that was foreseen into one line on stderr and its exit code; a bug keeps its traceback."""
    try:
        yield
    except IngestError as error:
        _complain(f"error: {error}")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt as received:
        ended = read_signal(received)
        _complain(f"error: {ended}")
        raise SystemExit(ended.exit_code) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader like `head` has gone
        raise SystemExit(0) from None


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TerminationSignal


def _set_up_logging(settings: Settings) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers = [handler]
    log.setLevel(logging.WARNING if settings.quiet else logging.DEBUG if settings.verbose else logging.INFO)
    if settings.verbose > 1:
        for name in LIBRARIES:
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.DEBUG)


@contextmanager
def _watching(settings: Settings) -> Iterator[Callable[[Tally], None]]:
    """Show progress on a terminal, and nothing anywhere else."""
    if settings.quiet or settings.json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - cron has no terminal
    from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

    with logging_redirect_tqdm([log]), tqdm(bar_format="{desc} [{elapsed}]", leave=False) as bar:
        yield lambda tally: bar.set_description_str(render.render_progress(tally))


def _print_report(report: Report, settings: Settings) -> None:
    if settings.json:
        _print_json(report.as_json())
    elif not settings.quiet:
        _print([*render.render_report(report), *report.notes])
    for line in render.render_problems(report):
        _complain(line)


def _write_report(report: Report, path: Path) -> None:
    """Replace a file with the report in one step, so that no reader ever sees half of it."""
    temporary = path.parent / f"{path.name}.{os.getpid()}.tmp"
    try:
        temporary.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        _complain(f"error: --report {path}: {error.strerror}: the report was not written")


def _tell(settings: Settings, *lines: str) -> None:
    if not settings.quiet:
        _complain(*lines)


def _complain(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_json(value: Json) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
