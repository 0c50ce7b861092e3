"""The settings that every command takes, declared once: flag, environment twin, and what they open."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest import environment
from ingest.embedders import DEFAULT_MODEL, open_embedder
from ingest.errors import UsageError
from ingest.model import Collection
from ingest.protocols import Embedder, Store
from ingest.stores import open_store

COMMAND_LINE = "COMMANDLINE"  # the name of typer's ParameterSource for what was typed


def flag(*names: str, help: str, env: Sequence[str] = (), **settings: Any) -> Any:  # noqa: A002, ANN401 - typer's own
    """Declare an option with its environment twin and the names that its users already have."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    twin = "CREATE_VECTOR_DB_" + long[2:].upper().replace("-", "_")
    return typer.Option(*names, help=help, envvar=[twin, *env], **settings)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is accepted before a subcommand and after it; None is unset."""

    env_file: Annotated[
        Path | None, flag("--env-file", metavar="FILE", help="Read settings from this file instead of ./.env.")
    ] = None
    qdrant_path: Annotated[
        Path | None,
        flag(
            "--qdrant-path",
            metavar="DIR",
            env=["QDRANT_PATH"],
            help="Folder of the embedded store. Default: ./qdrant_data.",
        ),
    ] = None
    qdrant_url: Annotated[
        str | None, flag("--qdrant-url", metavar="URL", env=["QDRANT_URL"], help="URL of a Qdrant server.")
    ] = None
    qdrant_host: Annotated[
        str | None, flag("--qdrant-host", metavar="HOST", env=["QDRANT_HOST"], help="Host of the server.")
    ] = None
    qdrant_port: Annotated[
        int | None, flag("--qdrant-port", metavar="PORT", env=["QDRANT_PORT"], help="Its REST port. Default: 6333.")
    ] = None
    qdrant_grpc_port: Annotated[
        int | None,
        flag("--qdrant-grpc-port", metavar="PORT", env=["QDRANT_GRPC_PORT"], help="Its gRPC port. Default: 6334."),
    ] = None
    qdrant_https: Annotated[
        bool | None,
        flag("--qdrant-https/--no-qdrant-https", env=["QDRANT_HTTPS"], help="Whether a bare host speaks https."),
    ] = None
    prefer_grpc: Annotated[bool | None, flag("--prefer-grpc", help="Talk gRPC to the server.")] = None
    collection: Annotated[
        str | None,
        flag(
            "--collection", metavar="NAME", env=["COLLECTION_NAME"], help="Name of the collection. Default: legal_rag."
        ),
    ] = None
    embedder: Annotated[
        str | None,
        flag(
            "--embedder",
            metavar="hf|URL|hashing",
            env=["EMBEDDER"],
            help="What makes the vectors: hf (Hugging Face Inference), the URL of an Inference Endpoint or of "
            "text-embeddings-inference, or hashing (offline and lexical, for a trial).",
        ),
    ] = None
    model: Annotated[
        str | None,
        flag(
            "--model",
            metavar="NAME",
            env=["EMBEDDINGS_MODEL_NAME", "HF_MODEL_ID"],
            help=f"The model. Default: {DEFAULT_MODEL}.",
        ),
    ] = None
    provider: Annotated[
        str | None, flag("--provider", metavar="NAME", help="Who serves the model behind hf. Default: hf-inference.")
    ] = None
    send_token: Annotated[
        bool | None, flag("--send-token", help="Send the Hugging Face token to a URL of another host, too.")
    ] = None
    json: Annotated[bool | None, flag("--json", help="Print one JSON object on stdout.")] = None
    quiet: Annotated[bool | None, flag("-q", "--quiet", help="Say nothing but what went wrong.")] = None
    verbose: Annotated[int, flag("-v", "--verbose", count=True, help="Say more; -vv also what libraries say.")] = 0


def read_settings(context: typer.Context) -> Settings:
    """Merge what was typed after a subcommand over what its parent has: typed before it, environment, default."""
    values: dict[str, Any] = {}
    for field in fields(Settings):
        levels = _levels(context)
        typed = [level for level in levels if _is_typed(level, field.name)]
        values[field.name] = (typed or levels[-1:])[0].params.get(field.name)
    if _is_typed_anywhere(context, "qdrant_path") and not _is_typed_anywhere(context, "qdrant_url", "qdrant_host"):
        values |= {"qdrant_url": None, "qdrant_host": None}  # what is typed wins over a server of the environment
    return Settings(**values)


def refuse_run_options(context: typer.Context) -> None:
    """Raise UsageError for an option of a run that was typed before a subcommand, where nothing would obey it."""
    shared = {field.name for field in fields(Settings)}
    for name in context.params:
        if name not in shared and _is_typed(context, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with a run, not with {context.invoked_subcommand!r}")


def open_chosen_store(settings: Settings, *, lock_wait: float, exclusive: bool = False) -> tuple[Store, list[str]]:
    """Open the store that the settings name, and say what was decided on the way.

    exclusive: hold a server's collection against other runs on this host.
    """
    name = settings.collection or "legal_rag"
    host = settings.qdrant_url or settings.qdrant_host
    if not host:
        return open_store(path=str(settings.qdrant_path or "qdrant_data"), collection=name, lock_wait=lock_wait), []
    if settings.qdrant_path:
        raise UsageError(f"both a server ({host}) and --qdrant-path {settings.qdrant_path} are set: unset one of them")
    url = environment.make_qdrant_url(host, settings.qdrant_port or 6333, https=settings.qdrant_https)
    return open_server(url, name, settings, exclusive=exclusive)


def open_server(url: str, collection: str, settings: Settings, *, exclusive: bool) -> tuple[Store, list[str]]:
    """Open a server with the key of the environment."""
    key, note = environment.find_qdrant_key(url, os.environ)
    store = open_store(
        url=url,
        collection=collection,
        api_key=key.value if key else None,
        prefer_grpc=bool(settings.prefer_grpc),
        grpc_port=settings.qdrant_grpc_port,
        exclusive=exclusive,
    )
    return store, [note] if note else []


def open_chosen_embedder(
    settings: Settings,
    described: Collection | None = None,
    **options: Any,  # noqa: ANN401 - those of open_embedder
) -> tuple[Embedder, list[str]]:
    """Open the embedder that the settings name, else the one that a collection recorded; and say what was decided."""
    choice = environment.choose_embedder(settings.embedder or "", settings.model or "", os.environ)
    provider = settings.provider
    if described and (not settings.embedder or described.identity.model.startswith("hashing")):
        choice, provider = _follow(described)
    if not choice.spec:
        raise UsageError(
            "no embedder is configured. Set HF_TOKEN (https://huggingface.co/settings/tokens, with the right 'Make "
            "calls to Inference Providers'), or name an endpoint: --embedder URL, or try it offline now: "
            "--embedder hashing"
        )
    token = None if choice.spec == "hashing" else environment.find_token(os.environ)
    embedder = open_embedder(
        choice.spec,
        model=choice.model,
        token=token.value if token else None,
        token_name=token.name if token else "",
        provider=provider or "hf-inference",
        send_token=bool(settings.send_token),
        **options,
    )
    return embedder, list(choice.notes)


def _follow(described: Collection) -> tuple[environment.Choice, str | None]:
    """Give the choice, and the provider behind hf, that made a collection: what its service was called."""
    model, service = described.identity.model, described.service
    if model.startswith("hashing"):
        return environment.Choice("hashing", ""), None
    if "://" in service:
        return environment.Choice(service, model), None
    return environment.Choice("hf", model), service


def _levels(context: typer.Context) -> list[Any]:
    """Give a command's context and, behind it, its parent's, whose type is private to typer."""
    return [level for level in (context, context.parent) if level]


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == COMMAND_LINE


def _is_typed_anywhere(context: typer.Context, *names: str) -> bool:
    return any(_is_typed(level, name) for level in _levels(context) for name in names)
