"""What turns texts into vectors: one adapter a service, and around any of them checks, pacing, retries and halving."""

from typing import TYPE_CHECKING

from ingest.embedders.endpoint import Endpoint
from ingest.embedders.hashing import Hashing
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import UsageError
from ingest.protocols import Embedder, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.embedders.pacing import Clock

DEFAULT_MODEL = "sentence-transformers/paraphrase-multilingual-mpnet-base-v2"


def open_embedder(
    spec: str,
    *,
    model: str = "",
    token: str | None = None,
    token_name: str = "",
    provider: str = "hf-inference",
    send_token: bool = False,
    max_wait: float = 600.0,
    concurrency: int = 4,
    requests_per_minute: float | None = None,
    query_prefix: str = "",
    document_prefix: str = "",
    clock: "Clock | None" = None,
) -> Embedder:
    """Open an embedder; nothing is asked yet.

    spec: "hf", "hashing", or the URL of an Inference Endpoint or of text-embeddings-inference.
    token_name: the variable that the token came from, for messages.
    send_token: send the token to a URL of any host, not to Hugging Face's alone.
    max_wait: seconds without any success after which a service that fails has failed for good.
    concurrency: requests at the same time, at most.
    Raises UsageError for any other spec.
    """

    def open_hf() -> Service:
        return HuggingFace(model or DEFAULT_MODEL, token=token, token_name=token_name, provider=provider)

    def open_url() -> Service:
        return Endpoint(spec, model=model, token=token, token_name=token_name, send_token=send_token)

    adapters: Mapping[str, Callable[[], Service]] = {
        "hf": open_hf,
        "hashing": Hashing,
        "http": open_url,
        "https": open_url,
    }
    scheme, separator, _ = spec.partition("://")
    if scheme not in adapters or bool(separator) != scheme.startswith("http"):
        raise UsageError(
            f"there is no embedder {scheme!r}: use hf (Hugging Face Inference), the http(s) URL of an Inference "
            "Endpoint or of text-embeddings-inference, or hashing (offline, lexical)"
        )
    return SteadyEmbedder(
        adapters[scheme](),
        max_wait=max_wait,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        query_prefix=query_prefix,
        document_prefix=document_prefix,
        clock=clock,
    )
