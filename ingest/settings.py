"""The settings that every command takes, declared once: flag, environment twin, and what they open."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from ingest import environment
from ingest.embedders import DEFAULT_MODEL, Encoder, open_embedder
from ingest.embedders.cache import Cache, open_cache
from ingest.embedders.credentials import is_hugging_face
from ingest.embedders.prefixes import describe_use
from ingest.embedders.recipe import read_recipe
from ingest.environment import Secret
from ingest.errors import UsageError
from ingest.model import Collection
from ingest.protocols import Embedder, Store
from ingest.share import WHOLE, Share
from ingest.stores import open_store
from ingest.stores.form import Form

_FREE = ("hashing", "local")  # by the name of the embedder
_WITHOUT = ("hashing", "sagemaker")  # no service; boto3 finds the credentials of AWS by itself
# What is meant for the service of a URL goes to whatever URL the user names.
_SERVICE_KEYS = [f"{name}{end}" for name in (environment.SERVICE_KEY, environment.OPENAI_KEY) for end in ("", "_FILE")]
_PLACES = ("qdrant_path", "qdrant_url", "qdrant_host")  # where the store is: one of them
FORM = tuple(field.name for field in fields(Form))  # settings of a new collection of a server
PATIENCE = 10.0  # seconds that a command which only reads waits for the embedded store
DEFAULT_PATH, DEFAULT_COLLECTION = "qdrant_data", "legal_rag"
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
    prefer_grpc: Annotated[
        bool | None,
        flag("--prefer-grpc/--no-prefer-grpc", help="Talk gRPC to the server. Default: where it is answered."),
    ] = None
    shard_number: Annotated[
        int | None, flag("--shard-number", metavar="SHARDS", min=1, help="Of a new collection of a server: its shards.")
    ] = None
    replication_factor: Annotated[
        int | None, flag("--replication-factor", metavar="COPIES", min=1, help="... the copies of each shard.")
    ] = None
    write_consistency_factor: Annotated[
        int | None,
        flag("--write-consistency-factor", metavar="COPIES", min=1, help="... the copies that must take a write."),
    ] = None
    on_disk: Annotated[
        bool | None, flag("--on-disk/--no-on-disk", help="... whether its vectors are read from disk.")
    ] = None
    quantization: Annotated[
        str | None,
        flag("--quantization", metavar="scalar|binary|none", help="... smaller copies of its vectors, in memory."),
    ] = None
    collection: Annotated[
        str | None,
        flag(
            "--collection", metavar="NAME", env=["COLLECTION_NAME"], help="Name of the collection. Default: legal_rag."
        ),
    ] = None
    alias: Annotated[
        str | None,
        flag("--alias", metavar="NAME", help="Name of a server's alias: --rebuild switches it to a new collection."),
    ] = None
    embedder: Annotated[
        str | None,
        flag(
            "--embedder",
            metavar="SPEC",
            env=["EMBEDDER"],
            help="What makes the vectors: hf (Hugging Face Inference), the URL of an Inference Endpoint or of "
            "text-embeddings-inference, openai:URL, local or local:FOLDER, sagemaker:ENDPOINT, or hashing (offline "
            "and lexical, for a trial).",
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
    bill_to: Annotated[
        str | None, flag("--bill-to", metavar="NAME", help="The organisation whose credits hf spends.")
    ] = None
    send_token: Annotated[
        bool | None, flag("--send-token", help="Send the Hugging Face token to a URL of another host, too.")
    ] = None
    query_prefix: Annotated[
        str | None,
        flag("--query-prefix", metavar="TEXT", help="What goes before a query. Default: as the model was trained."),
    ] = None
    document_prefix: Annotated[
        str | None, flag("--document-prefix", metavar="TEXT", help="What goes before a text that is indexed.")
    ] = None
    pooling: Annotated[
        str | None,
        flag("--pooling", metavar="mean|cls", help="How to pool what a service answers token by token."),
    ] = None
    quantised: Annotated[bool | None, flag("--quantised", help="Run the int8 files of a local model.")] = None
    device: Annotated[
        str | None, flag("--device", metavar="cpu|cuda", help="Where a local model runs. Default: cuda where it is.")
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
    places = [name for name in _PLACES if _is_typed_anywhere(context, name)]
    if places:  # what is typed wins over any other place of the environment
        values |= {name: None for name in _PLACES if name not in places}
    return Settings(**values)


def refuse_run_options(context: typer.Context) -> None:
    """Raise UsageError for an option of a run that was typed before a subcommand, where nothing would obey it."""
    shared = {field.name for field in fields(Settings)}
    for name in context.params:
        if name not in shared and _is_typed(context, name):
            typed = next(option.opts[0] for option in context.command.params if option.name == name)
            raise UsageError(f"{typed} goes with a run, not with {context.invoked_subcommand!r}")


def open_chosen_store(
    settings: Settings,
    *,
    lock_wait: float,
    exclusive: bool = False,
    max_wait: float | None = None,
    share: Share = WHOLE,
    gather: bool = False,
) -> tuple[Store, list[str]]:
    """Open the store that the settings name, and say what was decided on the way.

    exclusive: hold a server's collection against other runs on this host, but for other shares.
    max_wait, gather: see `open_store`.
    """
    name = settings.collection or DEFAULT_COLLECTION
    host = settings.qdrant_url or settings.qdrant_host
    if not host:
        path = str(settings.qdrant_path or DEFAULT_PATH)
        form = read_form(settings)
        return open_store(path=path, collection=name, lock_wait=lock_wait, alias=settings.alias, form=form), []
    if settings.qdrant_path:
        raise UsageError(
            f"both a server and a folder (--qdrant-path {settings.qdrant_path}) are set: unset one of them"
        )
    url = environment.make_qdrant_url(host, settings.qdrant_port or 6333, https=settings.qdrant_https)
    return open_server(
        url,
        name,
        settings,
        alias=settings.alias,
        exclusive=exclusive,
        lock_wait=lock_wait,
        max_wait=max_wait,
        share=share,
        gather=gather,
    )


def open_for_reading(settings: Settings) -> Store:
    """Open the store that the settings name for a command that only reads, and makes nothing; see PATIENCE."""
    nothing: dict[str, Any] = dict.fromkeys(FORM)
    return open_chosen_store(replace(settings, **nothing), lock_wait=PATIENCE)[0]


def read_form(settings: Settings) -> Form:
    """Give how a server is to keep a new collection. Raises UsageError for what no collection can have."""
    return Form(**{name: getattr(settings, name) for name in FORM})


def open_server(
    url: str,
    collection: str,
    settings: Settings,
    *,
    exclusive: bool,
    alias: str | None = None,
    lock_wait: float = 0.0,
    max_wait: float | None = None,
    share: Share = WHOLE,
    gather: bool = False,
) -> tuple[Store, list[str]]:
    """Open a server with the key of the environment."""
    key, note = environment.find_qdrant_key(url, os.environ)
    store = open_store(
        url=url,
        collection=collection,
        alias=alias,
        api_key=key.value if key else None,
        prefer_grpc=settings.prefer_grpc,
        grpc_port=settings.qdrant_grpc_port,
        max_wait=max_wait,
        form=read_form(settings),
        exclusive=exclusive,
        lock_wait=lock_wait,
        share=share,
        gather=gather,
    )
    return store, [note] if note else []


def open_chosen_embedder(
    settings: Settings,
    described: Collection | None = None,
    **options: Any,  # noqa: ANN401 - those of open_embedder
) -> tuple[Encoder, list[str]]:
    """Open the embedder that the settings name, else the one that a collection recorded; and say what was decided.

    described: what the collection recorded, to embed queries for it.
    """
    choice = environment.choose_embedder(settings.embedder or "", settings.model or "", os.environ)
    if described and (not settings.embedder or described.identity.model.startswith("hashing")):
        choice = environment.Choice(read_recipe(described).spec, "")
    if not choice.spec:
        raise UsageError(
            "no embedder is configured. Set HF_TOKEN (https://huggingface.co/settings/tokens, with the right 'Make "
            "calls to Inference Providers'), or name an endpoint: --embedder URL, or try it offline now: "
            "--embedder hashing"
        )
    embedder = _open_spec(choice.spec, choice.model, settings, collection=described, **options)
    identity = embedder.identity
    return embedder, [*choice.notes, *describe_use(identity.model, identity.query_prefix, identity.document_prefix)]


def open_fallback(spec: str, settings: Settings, **options: Any) -> Encoder:  # noqa: ANN401 - those of open_embedder
    """Open the second service for the model that the settings name."""
    return _open_spec(spec, settings.model or "", settings, **options)


def open_run_cache(
    embedder: Embedder, *, directory: Path | None, url: str | None, enabled: bool, read_only: bool = False
) -> Cache | None:
    """Open the cache of a run; None for an embedder that costs nothing but this machine's time."""
    paid = embedder.name not in _FREE
    folder = str(directory) if directory else None
    return open_cache(directory=folder, url=url, enabled=enabled and paid, read_only=read_only)


def find_credential(spec: str, *, send: bool) -> Secret | None:
    """Give the token of Hugging Face for what is Hugging Face's, else the key of the service at a URL.

    send: the token goes to a host that is not Hugging Face's, too.
    """
    if spec.partition(":")[0] in _WITHOUT:
        return None
    if is_of_hub(spec):
        return environment.find_token(os.environ)
    key = environment.find_service_key(spec.removeprefix("openai:"), os.environ, send=send)
    return key or (environment.find_token(os.environ) if send else None)


def is_of_hub(spec: str) -> bool:
    """Say whether an embedder is asked by Hugging Face's token: hf, a host of theirs, or a model fetched from there."""
    url = spec.removeprefix("openai:")
    return "://" not in url or is_hugging_face(urlsplit(url))


def _open_spec(spec: str, model: str, settings: Settings, **options: Any) -> Encoder:  # noqa: ANN401 - those of open_embedder
    credential = find_credential(spec, send=bool(settings.send_token))
    return open_embedder(
        spec,
        model=model,
        token=credential.value if credential else None,
        token_name=credential.origin if credential else "",
        provider=settings.provider or "",
        send_token=bool(settings.send_token) or (credential is not None and credential.name in _SERVICE_KEYS),
        bill_to=settings.bill_to or "",
        pooling=settings.pooling or "",
        quantised=bool(settings.quantised),
        device=settings.device or "",
        query_prefix=settings.query_prefix,
        document_prefix=settings.document_prefix,
        **options,
    )


def _levels(context: typer.Context) -> list[Any]:
    """Give a command's context and, behind it, its parent's, whose type is private to typer."""
    return [level for level in (context, context.parent) if level]


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == COMMAND_LINE


def _is_typed_anywhere(context: typer.Context, *names: str) -> bool:
    return any(_is_typed(level, name) for level in _levels(context) for name in names)
