"""What turns texts into vectors: one adapter a service, and around any of them checks, pacing, retries and halving."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ingest.embedders.encoder import Encoder
from ingest.embedders.endpoint import Endpoint
from ingest.embedders.hashing import Hashing
from ingest.embedders.huggingface import HF_INFERENCE, HuggingFace
from ingest.embedders.local import Local
from ingest.embedders.mistakes import check_model
from ingest.embedders.models import DEFAULT_MODEL
from ingest.embedders.openai import OpenAI
from ingest.embedders.prefixes import choose_prefixes
from ingest.embedders.recipe import read_recipe
from ingest.embedders.sagemaker import SageMaker
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import UsageError
from ingest.model import Collection
from ingest.protocols import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.embedders.pacing import Clock

__all__ = ["DEFAULT_MODEL", "Encoder", "open_embedder"]


def open_embedder(
    spec: str = "",
    *,
    collection: Collection | None = None,
    model: str = "",
    token: str | None = None,
    token_name: str = "",
    provider: str = "",
    send_token: bool = False,
    bill_to: str = "",
    pooling: str = "",
    quantised: bool = False,
    device: str = "",
    query_prefix: str | None = None,
    document_prefix: str | None = None,
    max_wait: float = 600.0,
    concurrency: int = 4,
    requests_per_minute: float | None = None,
    clock: "Clock | None" = None,
) -> Encoder:
    """Open an embedder; nothing is asked yet.

    spec: "hf", "local" or "local:FOLDER", "hashing", "openai:URL", "sagemaker:ENDPOINT", or the URL of an Inference
    Endpoint or of text-embeddings-inference.
    collection: what a collection recorded (`store.describe()`): whatever isn't given here is as it was filled.
    token_name: the variable that the token came from, for messages. send_token: send the token to a URL of any host,
    not to Hugging Face's alone. bill_to: the organisation that pays for hf.
    pooling: "mean" or "cls", for services that answer token by token. quantised, device: of a local model.
    query_prefix, document_prefix: None means those that a well-known model was trained with, "" none.
    max_wait: seconds without any success after which a service that fails has failed for good.
    concurrency: requests at the same time, at most.
    Raises UsageError for any other spec, or a model that is known not to embed texts.
    """
    if collection:
        recipe = read_recipe(collection)
        spec, model, provider = spec or recipe.spec, model or recipe.model, provider or recipe.provider
        query_prefix = recipe.query_prefix if query_prefix is None else query_prefix
        document_prefix = recipe.document_prefix if document_prefix is None else document_prefix
        pooling, quantised = pooling or recipe.pooling, quantised or recipe.quantised
    kind, _, rest = spec.partition(":")
    if kind in ("hf", "local") and not rest:
        model = model or DEFAULT_MODEL
    check_model(model, pooling)
    credentials: dict[str, Any] = {"token": token, "token_name": token_name}

    def open_hf() -> Service:
        named = provider or HF_INFERENCE
        return HuggingFace(model, provider=named, bill_to=bill_to, pooling=pooling, **credentials)

    def open_local() -> Service:
        source = rest or model
        return Local(source, model=model, quantised=quantised, pooling=pooling, device=device, **credentials)

    def open_url() -> Service:
        return Endpoint(spec, model=model, pooling=pooling, send_token=send_token, **credentials)

    def open_openai() -> Service:
        return OpenAI(rest, model=model, send_token=send_token, **credentials)

    adapters: Mapping[str, Callable[[], Service]] = {
        "hf": open_hf,
        "hashing": Hashing,
        "http": open_url,
        "https": open_url,
        "local": open_local,
        "openai": open_openai,
        "sagemaker": lambda: SageMaker(rest, model=model, pooling=pooling),
    }
    if kind not in adapters or not _fits(kind, rest):
        raise UsageError(
            f"there is no embedder {kind!r}: use hf (Hugging Face Inference), local or local:FOLDER, openai:URL, "
            "sagemaker:ENDPOINT, the http(s) URL of an Inference Endpoint or of text-embeddings-inference, or hashing "
            "(offline, lexical)"
        )
    known = model or PurePath(rest).name if kind == "local" else model
    query_prefix, document_prefix = choose_prefixes(known, query_prefix, document_prefix)
    return SteadyEmbedder(
        adapters[kind](),
        max_wait=max_wait,
        concurrency=1 if kind == "hashing" else concurrency,  # threads that share the interpreter's lock only wait
        requests_per_minute=requests_per_minute,
        query_prefix=query_prefix,
        document_prefix=document_prefix,
        clock=clock,
        local=kind in ("hashing", "local"),
    )


def _fits(kind: str, rest: str) -> bool:
    """Say whether what follows the kind in a spec is what that kind needs."""
    match kind:
        case "hf" | "hashing":
            return not rest
        case "http" | "https":
            return rest.startswith("//")
        case "openai" | "sagemaker":
            return bool(rest)
    return True
