"""Hugging Face Inference: hf-inference by default, or another of the providers behind Hugging Face's router."""

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.embedders.credentials import clean_token
from ingest.embedders.deadline import run_within
from ingest.embedders.failures import SCOPE, TOKENS_PAGE, Asked, translate_exception
from ingest.errors import CredentialError
from ingest.model import Identity

if TYPE_CHECKING:
    from ingest.model import Vectors

ROUTER = "https://router.huggingface.co"
CONNECT, READ = 10.0, 120.0  # seconds
LOOK_UP = 30.0  # seconds that the client may take for asking the hub who serves a model
_SESSION = threading.Lock()  # threads that meet at the first request would each make a session, before 2.0


class HuggingFace:
    """A model behind Hugging Face's router, by `huggingface_hub.InferenceClient`, from 1.13 on.

    hf-inference is asked by its full URL, so that the client makes no look-up: that has no time-out, and goes without
    the token. For another provider it can't be avoided, so that a request may take CONNECT + READ + LOOK_UP in all.
    A client serves one request: those before 2.0 hold every reply until they are closed.
    """

    def __init__(
        self,
        model: str,
        *,
        token: str | None,
        token_name: str = "",
        provider: str = "hf-inference",
        router: str = ROUTER,
        read: float = READ,
    ) -> None:
        self._model = model
        self._token = clean_token(token, token_name)
        self._provider = provider
        self._url = f"{router}/hf-inference/models/{model}/pipeline/feature-extraction"
        self._read = read
        self._asked = Asked(
            provider,
            model,
            hub=True,
            token_name=token_name or "open_embedder",
            secrets=(self._token,) if self._token else (),
        )

    @property
    def name(self) -> str:
        return self._provider

    @property
    def identity(self) -> Identity:
        return Identity(self._model)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order; one request, at most CONNECT + READ + LOOK_UP seconds.

        Raises CredentialError without a token, before any request; else as the table of failures says.
        """
        if not self._token:
            raise CredentialError(
                f"{self._provider} needs a token of Hugging Face: make one at {TOKENS_PAGE} with the right '{SCOPE}', "
                "and set HF_TOKEN"
            )
        try:
            return run_within(CONNECT + self._read + LOOK_UP, lambda: self._request(list(texts)))
        except Exception as error:
            if translated := translate_exception(error, asked=self._asked):
                raise translated from error
            raise

    def _request(self, texts: list[str]) -> "Vectors":
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
        from huggingface_hub import InferenceClient, get_session  # noqa: PLC0415 - heavy

        with _SESSION:
            get_session()

        target: dict[str, Any] = (
            {"model": self._url}
            if self._provider == "hf-inference"
            else {"model": self._model, "provider": self._provider}
        )
        # A tuple is httpx's own: connect, read, write, pool. The type that the client declares is narrower.
        timeout: Any = (CONNECT, self._read, self._read, self._read)
        with InferenceClient(**target, token=self._token, timeout=timeout) as client:
            vectors: Vectors = client.feature_extraction(texts)
            return vectors
