"""How a command takes its options: those that several share are fields of a dataclass, declared once."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.commands.output import answering, set_up_logging
from ingest.cutting import Cutting
from ingest.model import Json
from ingest.ping import Ping
from ingest.reading import Reading
from ingest.settings import Settings, flag, read_settings

SHARED = (Reading, Cutting)  # options that some commands take
LockWait = Annotated[str, flag("--lock-wait", metavar="TIME", help="How long to wait for another run: 90s, 10m, 2h.")]


@dataclasses.dataclass(frozen=True, slots=True)
class Invocation:
    """What a command finds as its context's object: the `.env` that was read, and whom a run tells of itself.

    json: whether --json was typed, before the command or after it.
    about: what a run knows of itself so far: its report says it, and so does what ends the run before that.
    """

    env_file: Path | None
    ping: Ping
    json: bool
    about: dict[str, Json] = dataclasses.field(default_factory=dict)


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Settings as its argument `settings`, and those of SHARED that it asks for.

    A shared setting may be typed before a subcommand or after it.
    """
    parameters = inspect.signature(command).parameters.values()
    context_ = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    groups = {item.name: item.annotation for item in parameters if item.annotation in SHARED}
    options = {name: _list_options(declared) for name, declared in groups.items()}
    own = [item for item in parameters if item.annotation not in (Settings, *SHARED, typer.Context)]

    @functools.wraps(command)
    def wrapper(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command takes
        settings = read_settings(context)
        set_up_logging(settings)
        with answering(context.obj.about, wanted=settings.json or context.obj.json):
            call(context, settings, values)

    def call(context: typer.Context, settings: Settings, values: dict[str, Any]) -> None:
        for name, declared in groups.items():
            values[name] = declared(**{option.name: values.pop(option.name) for option in options[name]})
        kept = {name: values[name] for name in (*groups, *(item.name for item in own)) if name in values}
        command(context, settings=settings, **kept)

    shared = [option for listed in options.values() for option in listed]
    taken = sorted([context_, *shared, *own, *_list_options(Settings)], key=lambda item: item.kind)
    wrapper.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # what typer reads
    wrapper.__annotations__ = {item.name: item.annotation for item in taken}
    return wrapper


def _list_options(declared: Any) -> list[inspect.Parameter]:  # noqa: ANN401 - a dataclass of options
    return [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(declared)
    ]
