"""Where each setting came from: a flag, a variable by name, the `.env`, or the default."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import environment
from ingest.doctor.findings import Setting
from ingest.doctor.masks import mask_url
from ingest.embedders import DEFAULT_MODEL
from ingest.embedders.huggingface import HF_INFERENCE
from ingest.errors import UsageError
from ingest.settings import COMMAND_LINE, DEFAULT_COLLECTION, DEFAULT_PATH, Settings

if TYPE_CHECKING:
    import typer

FLAG, DEFAULT = "flag", "default"
_ASIDE = ("env_file", "json", "quiet", "verbose")  # how the doctor speaks, not what a run would use


def trace_settings(context: "typer.Context", settings: Settings, dotenv: Path | None) -> list[Setting]:
    """Tell each setting that a run would go by, in the order of the help, and what follows where none is set.

    context: the subcommand's. dotenv: the `.env` that was read, None where none was.
    """
    written = _read_written(dotenv)
    names = [field.name for field in fields(Settings) if field.name not in _ASIDE]
    traced = [
        Setting(_make_flag(name), mask_url(str(value)), _trace(context, name, dotenv, written))
        for name in names
        if (value := getattr(settings, name)) is not None
    ]
    return [*traced, *_follow_defaults(settings)]


def choose(settings: Settings) -> environment.Choice:
    """Choose the embedder as a run would; none where a run would fail, which the check of the embedder tells."""
    try:
        return environment.choose_embedder(settings.embedder or "", settings.model or "", os.environ)
    except UsageError:
        return environment.Choice("", "")


def _follow_defaults(settings: Settings) -> Iterator[Setting]:
    if not settings.collection:
        yield Setting("--collection", DEFAULT_COLLECTION, DEFAULT)
    if not (settings.qdrant_path or settings.qdrant_url or settings.qdrant_host):
        yield Setting("--qdrant-path", DEFAULT_PATH, DEFAULT)
    choice = choose(settings)
    if choice.spec and not settings.embedder:
        yield Setting("--embedder", mask_url(choice.spec), _name_chooser(settings))
    if choice.spec == "hf" and not settings.model:
        yield Setting("--model", choice.model or DEFAULT_MODEL, _name_chooser(settings) if choice.model else DEFAULT)
    if choice.spec == "hf" and not settings.provider:
        yield Setting("--provider", HF_INFERENCE, DEFAULT)


def _name_chooser(settings: Settings) -> str:
    """Name what chose the embedder where no setting does, in the order in which `choose_embedder` looks."""
    tokens = [name for token in environment.TOKENS for name in (token, f"{token}_FILE")]
    for names in (["USE_HF_API"], environment.MODELS, tokens, ["HF_INFERENCE_API"], ["MODEL_PROVIDER"]):
        if found := environment.find(names, os.environ):
            return f"since {found[0]} is set"
    return "since --model is set" if settings.model else DEFAULT


def _trace(
    context: Any,  # noqa: ANN401 - the type is private to typer
    name: str,
    dotenv: Path | None,
    written: Mapping[str, str],
) -> str:
    """Trace one setting through the subcommand and its parent, as `read_settings` merges them."""
    levels = [level for level in (context, context.parent) if level]
    sources = [level.get_parameter_source(name) for level in levels]
    if any(source is not None and source.name == COMMAND_LINE for source in sources):
        return FLAG
    parameter = next(item for item in levels[-1].command.params if item.name == name)
    found = environment.find(parameter.envvar or [], os.environ)
    if not found:
        return DEFAULT
    return f"{found[0]} in {dotenv}" if written.get(found[0], "").strip() == found[1] else found[0]


def _read_written(dotenv: Path | None) -> Mapping[str, str]:
    if dotenv is None:
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - as rarely needed as where it fills the environment

    values = dotenv_values(dotenv, encoding="utf-8-sig")
    return {name: value for name, value in values.items() if value}


def _make_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
