"""Where the command line begins and ends: the table of commands, settings from files, errors, signals, exit codes."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from ingest import environment
from ingest.commands.copy import copy_to_server
from ingest.commands.doctor import examine_setup
from ingest.commands.index import PROGRAM, index
from ingest.commands.info import show_info
from ingest.commands.list import list_origins
from ingest.commands.models import show_models
from ingest.commands.options import Invocation
from ingest.commands.output import answer, answering, complain, describe_end
from ingest.commands.preview import preview_sources
from ingest.commands.remove import remove_from_collection
from ingest.commands.search import search_collection
from ingest.commands.show import show_origin
from ingest.commands.verify import verify_collection
from ingest.deadline import is_any_left
from ingest.errors import IngestError, Interrupted, Terminated, TerminationSignal, UsageError, read_signal
from ingest.ping import Ping
from ingest.streams import open_streams, restart_in_utf8

SOURCES = ("--excel", "--csv", "--text-dir")
COMMANDS = {
    "preview": preview_sources,
    "verify": verify_collection,
    "search": search_collection,
    "info": show_info,
    "list": list_origins,
    "show": show_origin,
    "models": show_models,
    "doctor": examine_setup,
    "copy": copy_to_server,
    "remove": remove_from_collection,
}


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
app.callback(invoke_without_command=True)(index)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def run() -> NoReturn:
    """Run the command line and exit."""
    restart_in_utf8()
    leave(main(sys.argv[1:]))


def leave(code: int) -> NoReturn:
    """Exit; at once where a thread hangs, which in the middle of an import would hold up the interpreter for ever."""
    if is_any_left():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line; give its exit code."""
    open_streams()
    ping = Ping(arguments, COMMANDS, warn=complain)
    asks_json = "--json" in arguments
    code = 1  # a bug, which keeps its traceback
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _end)
    try:
        with _telling_errors(), answering({}, wanted=asks_json):
            found = environment.read_dotenv(find_env_file(arguments, os.environ), os.environ)
            app(args=list(arguments), prog_name=PROGRAM, obj=Invocation(found, ping, asks_json))
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
        # A mistake in the command line, which typer has told; its class is private to typer.
        if asks_json and (tell := getattr(ended.__context__, "format_message", None)):
            answer(describe_end(code, tell(), {}))
    finally:
        ping.finish(code)
    return code


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


@contextmanager
def _telling_errors() -> Iterator[None]:
    """Turn an error that was foreseen into one line on stderr and its exit code; a bug keeps its traceback."""
    try:
        yield
    except IngestError as error:
        complain(f"error: {error}")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt as received:
        ended = read_signal(received)
        complain(f"error: {ended}")
        raise SystemExit(ended.exit_code) from None
    except FileNotFoundError:
        if _has_working_directory():
            raise
        complain("error: the working directory is gone: go to one that is there, or name each path in full")
        raise SystemExit(UsageError.exit_code) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader like `head` has gone
        raise SystemExit(0) from None


def _has_working_directory() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Raise at the first signal what ends the run with a report; end at once at the second.

    What is then half-written is mended by the next run, as after any death.
    """
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _end_at_once)
    raise TerminationSignal if number == signal.SIGTERM else KeyboardInterrupt


def _end_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    os._exit((Terminated if number == signal.SIGTERM else Interrupted).exit_code)
