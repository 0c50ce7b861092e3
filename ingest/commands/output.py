"""What a person or a script sees: lines on stdout and stderr, JSON, progress, the log."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

import typer

from ingest import render
from ingest.clock import tell_time
from ingest.errors import IngestError, LockedError, UsageError, read_signal
from ingest.model import Json
from ingest.report import Report, Tally
from ingest.settings import Settings

LIBRARIES = ("httpx", "httpx2", "huggingface_hub", "qdrant_client")  # what -vv lets speak; none logs a header
log = logging.getLogger("ingest")
_answered = ContextVar("answered", default=False)  # whether this command has printed its JSON object, or tried to


def tell(settings: Settings, *lines: str) -> None:
    """Say something on stderr, but for --quiet."""
    if not settings.quiet:
        complain(*lines)


def complain(*lines: str) -> None:
    """Say what went wrong, on stderr; a log on a full disk ends no run."""
    for line in lines:
        try:
            typer.echo(line, err=True)
        except OSError:
            _drop_buffer(sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout. Raises UsageError where it takes none, BrokenPipeError where its reader has gone."""
    for line in lines:
        try:
            typer.echo(line)
        except BrokenPipeError:
            raise
        except OSError as error:
            _drop_buffer(sys.stdout)
            raise UsageError(f"stdout can't be written: {error.strerror}: free the disk of its file") from error


def print_json(value: Json) -> None:
    """Print one JSON object on stdout, the only one of a command."""
    _answered.set(True)
    print_lines([json.dumps(value, ensure_ascii=False, indent=2)])


def print_report(report: Report, about: Mapping[str, Json], settings: Settings) -> None:
    """Print the report of a run, and its problems on stderr. `about` is what the JSON says besides."""
    if settings.json:
        print_json({**report.as_json(), **about})
    elif not settings.quiet:
        print_lines([*render.render_report(report), *report.notes])
    complain(*render.render_problems(report))


def write_report(report: Mapping[str, Json], path: Path) -> None:
    """Replace a file with the report in one step, so that no reader ever sees half of it."""
    temporary = path.parent / f"{path.name}.{os.getpid()}.tmp"
    try:
        temporary.write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        complain(f"warning: --report {path}: {error.strerror}: the report was not written")


@contextmanager
def answering(about: Mapping[str, Json], *, wanted: bool) -> Iterator[None]:
    """Print, where JSON is wanted, what ends a command before it has printed an object of its own.

    about: what that object says besides. A signal goes on as the error that it means.
    """
    _answered.set(False)
    try:
        yield
    except KeyboardInterrupt as received:
        ended = read_signal(received)
        _answer_end(ended, about, wanted=wanted)
        raise ended from None
    except IngestError as error:
        _answer_end(error, about, wanted=wanted)
        raise


def answer(value: Mapping[str, Json]) -> None:
    """Print the JSON object of a failure; what can't be printed changes no exit code."""
    try:
        print_json(value)
    except BrokenPipeError:
        _drop_buffer(sys.stdout)
    except UsageError as error:
        complain(f"error: {error}")


def describe_end(exit_code: int, error: str, about: Mapping[str, Json]) -> Mapping[str, Json]:
    """Give as JSON what ended a command before it had anything to report."""
    return {"exit_code": exit_code, "error": error, **about}


@contextmanager
def reporting(path: Path | None, about: dict[str, Json]) -> Iterator[None]:
    """Write a report of what ends a run before it has one of its own, but for a lock: its holder writes one.

    about: what the report says besides; when it ended is added.

    Raises UsageError where no report could be written to the path.
    """
    if path and not (path.parent.is_dir() and os.access(path.parent, os.W_OK) and not path.is_dir()):
        raise UsageError(f"--report {path}: no file can be written there: name one in a folder that is there")
    try:
        yield
    except LockedError:
        raise
    except (IngestError, KeyboardInterrupt) as ended:
        error = read_signal(ended) if isinstance(ended, KeyboardInterrupt) else ended
        about["finished"] = tell_time()
        if path:
            write_report(describe_end(error.exit_code, str(error), about), path)
        raise


def _answer_end(error: IngestError, about: Mapping[str, Json], *, wanted: bool) -> None:
    if wanted and not _answered.get():
        answer(describe_end(error.exit_code, str(error), about))


def set_up_logging(settings: Settings) -> None:
    """Send the log to stderr, as much of it as --quiet and --verbose say."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers = [handler]
    log.setLevel(logging.WARNING if settings.quiet else logging.DEBUG if settings.verbose else logging.INFO)
    if settings.verbose > 1:
        for name in LIBRARIES:
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.DEBUG)


def _drop_buffer(stream: TextIO) -> None:
    """Let go of what a stream could not write: Python tries again at its exit, and has a code of its own for that."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def watching(settings: Settings) -> Iterator[Callable[[Tally], None]]:
    """Show progress on a terminal, and nothing anywhere else."""
    if settings.quiet or settings.json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - cron has no terminal
    from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

    with logging_redirect_tqdm([log]), tqdm(bar_format="{desc} [{elapsed}]", leave=False) as bar:
        yield lambda tally: bar.set_description_str(render.render_progress(tally))
