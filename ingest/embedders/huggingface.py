"""Hugging Face Inference: hf-inference by default, or another of the providers behind Hugging Face's router."""

import json
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.deadline import run_within
from ingest.embedders.checks import read_vectors
from ingest.embedders.credentials import clean_token
from ingest.embedders.failures import SCOPE, TOKENS_PAGE, Asked, translate_exception
from ingest.embedders.pooling import check_pooling, pool
from ingest.errors import CredentialError, IngestError, UsageError
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    from ingest.model import Vectors

HF_INFERENCE = "hf-inference"
ROUTER = "https://router.huggingface.co"
CONNECT, READ = 10.0, 120.0  # seconds
LOOK_UP = 30.0  # seconds that the client may take for asking the hub who serves a model
_SESSION = threading.Lock()  # threads that meet at the first request would each make a session, before 2.0


class HuggingFace:
    """A model behind Hugging Face's router, by `huggingface_hub.InferenceClient`, from 1.13 on.

    hf-inference is asked by its full URL, so that the client makes no look-up: that has no time-out, and goes without
    the token. For another provider it can't be avoided, so that a request may take CONNECT + READ + LOOK_UP in all.
    A client serves one request: those before 2.0 hold every reply until they are closed. That costs microseconds, since
    the connections are not the client's: they are kept by the library's one session.
    bill_to: the organisation whose credits are spent; "" for the token's own account.
    pooling: "mean" or "cls", for a model that hf-inference answers token by token; "" refuses one.
    """

    def __init__(
        self,
        model: str,
        *,
        token: str | None,
        token_name: str = "",
        provider: str = HF_INFERENCE,
        bill_to: str = "",
        pooling: str = "",
        router: str = ROUTER,
        read: float = READ,
    ) -> None:
        self._model = model
        self._token = clean_token(token, token_name)
        self._provider = provider
        self._url = f"{router}/hf-inference/models/{model}/pipeline/feature-extraction"
        self._headers = _make_headers(bill_to)
        self._pooling = check_pooling(pooling)
        if pooling and provider != HF_INFERENCE:
            raise UsageError(f"the provider {provider} pools the tokens by itself: leave --pooling out")
        self._read = read
        self._asked = Asked(
            provider,
            model,
            hub=True,
            token_name=token_name or "open_embedder",
            bill_to=bill_to,
            secrets=(self._token,) if self._token else (),
        )

    @property
    def name(self) -> str:
        return self._provider

    @property
    def identity(self) -> Identity:
        return Identity(self._model, pooling=self._pooling)

    @property
    def limits(self) -> Limits:
        return Limits()

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
        except IngestError:
            raise
        except Exception as error:
            if translated := translate_exception(error, asked=self._asked):
                raise translated from error
            raise

    def _request(self, texts: list[str]) -> "Vectors":
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
        from huggingface_hub import InferenceClient, get_session  # noqa: PLC0415 - heavy

        with _SESSION:
            session = get_session()

        # A tuple is httpx's own: connect, read, write, pool. The type that the client declares is narrower.
        timeout: Any = (CONNECT, self._read, self._read, self._read)
        if self._pooling:  # the client makes an array of what comes, and texts of unlike length make none
            headers = {**self._headers, "authorization": f"Bearer {self._token}"}
            response = session.post(self._url, json={"inputs": texts}, headers=headers, timeout=timeout)
            response.raise_for_status()
            reply = pool(json.loads(response.content), self._pooling)
            return read_vectors(reply, service=self._provider, model=self._model)
        target: dict[str, Any] = (
            {"model": self._url}
            if self._provider == HF_INFERENCE
            else {"model": self._model, "provider": self._provider}
        )
        with InferenceClient(**target, token=self._token, timeout=timeout, headers=self._headers) as client:
            vectors: Vectors = client.feature_extraction(texts)
            return vectors


def _make_headers(bill_to: str) -> dict[str, str]:
    """Make the header that names who pays: https://huggingface.co/docs/inference-providers/pricing."""
    if not (bill_to.isascii() and (bill_to.isprintable())):
        raise UsageError(f"the organisation {bill_to!r} of --bill-to is none: name it as in its page on huggingface.co")
    return {"X-HF-Bill-To": bill_to} if bill_to else {}
