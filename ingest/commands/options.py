"""How a command takes its options: those that several share are fields of a dataclass, declared once."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.commands.output import set_up_logging
from ingest.ping import Ping
from ingest.reading import Reading
from ingest.settings import Settings, flag, read_settings

LockWait = Annotated[str, flag("--lock-wait", metavar="TIME", help="How long to wait for another run: 90s, 10m, 2h.")]


@dataclasses.dataclass(frozen=True, slots=True)
class Invocation:
    """What a command finds as its context's object: the `.env` that was read, and whom a run tells of itself."""

    env_file: Path | None
    ping: Ping


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Settings as its argument `settings`, and those of Reading as `reading` if it asks.

    A shared setting may be typed before a subcommand or after it.
    """
    parameters = inspect.signature(command).parameters.values()
    context_ = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    reads = any(item.annotation is Reading for item in parameters)
    read = _list_options(Reading) if reads else []
    own = [item for item in parameters if item.annotation not in (Settings, Reading, typer.Context)]

    @functools.wraps(command)
    def wrapper(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command takes
        settings = read_settings(context)
        set_up_logging(settings)
        if reads:
            values["reading"] = Reading(**{option.name: values.pop(option.name) for option in read})
        kept = {name: values[name] for name in ("reading", *(item.name for item in own)) if name in values}
        command(context, settings=settings, **kept)

    taken = sorted([context_, *read, *own, *_list_options(Settings)], key=lambda item: item.kind)
    wrapper.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # what typer reads
    wrapper.__annotations__ = {item.name: item.annotation for item in taken}
    return wrapper


def _list_options(declared: type[Settings | Reading]) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(declared)
    ]
