"""An endpoint of Amazon SageMaker: text-embeddings-inference or Hugging Face's containers behind boto3."""

import json
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ingest.deadline import run_within
from ingest.embedders.checks import read_vectors
from ingest.embedders.failures import Asked, translate
from ingest.embedders.pooling import check_pooling, pool
from ingest.embedders.words import tidy
from ingest.errors import CredentialError, IngestError, RefusedError, UnavailableError, UsageError
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    from ingest.model import Vectors

CONNECT, READ = 10.0, 70.0  # seconds; a container must answer within 60
SLACK = 30.0  # seconds more, for fetching credentials
# Bytes of a request. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LARGEST = 6_291_456
_MISSING = {401, 403, 404, 410}  # of the container: not about a token, since none reaches it
_CREDENTIALS = (
    "check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and its right sagemaker:InvokeEndpoint"
)

# Codes of errors of AWS. https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
_REJECTED = {
    *("AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired", "MissingAuthenticationToken"),
    *("UnrecognizedClientException", "InvalidClientTokenId", "IncompleteSignature", "InvalidSignatureException"),
    *("SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "MissingAuthenticationTokenException"),
}
_BUSY = {
    "Throttling",
    "ThrottlingException",
    "ModelNotReadyException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}


def _unlogged(name: str, words: str) -> IngestError:
    return CredentialError(f"{name} cannot be asked: {words} — {_CREDENTIALS}")


def _slow(name: str, _: str) -> IngestError:
    return UnavailableError(f"{name} took too long to answer", timed_out=True)


def _unreachable(name: str, words: str) -> IngestError:
    return UnavailableError(f"{name} cannot be reached: {words}", unreachable=True)


def _cut(name: str, words: str) -> IngestError:
    return UnavailableError(f"the connection to {name} broke: {words}")


# Exceptions of botocore by name of the class, the first that fits: what fails before an answer is there.
_EXCEPTIONS: dict[str, Callable[[str, str], IngestError]] = {
    **dict.fromkeys(("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"), _unlogged),
    **dict.fromkeys(("ProfileNotFound", "SSOError", "TokenRetrievalError", "LoginError"), _unlogged),
    **dict.fromkeys(("ReadTimeoutError", "TimeoutError"), _slow),
    **dict.fromkeys(
        ("ConnectTimeoutError", "EndpointConnectionError", "SSLError", "ProxyConnectionError"), _unreachable
    ),
    **dict.fromkeys(("HTTPClientError", "ResponseStreamingError", "IncompleteReadError"), _cut),
    "NoRegionError": lambda name, _: UsageError(f"{name} cannot be asked: no region is named: set AWS_DEFAULT_REGION"),
    "BotoCoreError": lambda name, words: UsageError(f"{name} cannot be asked: {words}"),
}


class SageMaker:
    """A SageMaker endpoint. Credentials and region are boto3's to find; it makes no retries of its own.

    model: what the collection records, since an endpoint does not tell.
    pooling: "mean" or "cls", for a container that answers token by token; "" refuses one.
    """

    def __init__(self, endpoint: str, *, model: str = "", pooling: str = "") -> None:
        self._endpoint = endpoint
        self.name = f"sagemaker:{endpoint}"
        self.identity = Identity(model, pooling=check_pooling(pooling))
        self._asked = Asked(self.name, model)
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def limits(self) -> Limits:
        return Limits(bytes=LARGEST)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order; one request.

        Raises as the table of failures says of the container's own status; CredentialError where AWS refuses;
        RefusedError, without asking, for more than SageMaker takes in a request.
        """
        body = self._encode(texts)
        try:
            content = run_within(CONNECT + READ + SLACK, lambda: self._invoke(body))
        except IngestError:
            raise
        except Exception as error:
            if translated := self._translate(error):
                raise translated from error
            raise
        reply = self._read(content)
        return read_vectors(pool(reply, self.identity.pooling), service=self.name, model=self.identity.model)

    def _encode(self, texts: Sequence[str]) -> bytes:
        try:
            body = json.dumps({"inputs": list(texts), "truncate": True, "normalize": True}, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise RefusedError(f"{self.name} cannot be sent a text with a lone surrogate in it") from error
        if len(body) > LARGEST:
            raise RefusedError(f"{self.name} takes at most {LARGEST} bytes a request, {len(body)} are too many")
        return body

    def _invoke(self, body: bytes) -> bytes:
        answer = self._open().invoke_endpoint(
            EndpointName=self._endpoint, Body=body, ContentType="application/json", Accept="application/json"
        )
        content: bytes = answer["Body"].read()
        return content

    def _open(self) -> Any:  # noqa: ANN401 - boto3 makes its classes while it runs
        try:
            import boto3  # noqa: PLC0415 - heavy, and of an extra
            from botocore.config import Config  # noqa: PLC0415 - heavy
        except ImportError as error:
            raise UsageError("sagemaker needs boto3: pip install 'create-vector-db[sagemaker]'") from error
        with self._lock:  # boto3 makes clients in one thread only
            if self._client is None:
                self._client = boto3.client(
                    "sagemaker-runtime",
                    config=Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 1}),
                )
            return self._client

    def _read(self, content: bytes) -> list[Any]:
        try:
            reply = json.loads(content)
        except (ValueError, RecursionError):
            reply = None
        if isinstance(reply, dict):  # Hugging Face's container for sentence-transformers wraps them
            reply = reply.get("embeddings")
        if not isinstance(reply, list):
            raise UnavailableError(f"{self.name} gave a reply that holds no vectors")
        return reply

    def _translate(self, error: Exception) -> IngestError | None:
        """Make the error that one of botocore's means; None for one that is not known."""
        if isinstance(answer := getattr(error, "response", None), dict):
            return self._translate_answer(answer)
        names = [cls.__name__ for cls in type(error).__mro__]
        make = next((make for name, make in _EXCEPTIONS.items() if name in names), None)
        return make(self.name, tidy(str(error))) if make else None

    def _translate_answer(self, answer: dict[str, Any]) -> IngestError:
        code, words = answer.get("Error", {}).get("Code", ""), answer.get("Error", {}).get("Message", "")
        meta = answer.get("ResponseMetadata", {})
        status, headers = int(meta.get("HTTPStatusCode", 0)), meta.get("HTTPHeaders", {})
        if code == "ModelError":  # the container's answer, within SageMaker's own of 424
            status, words = int(answer.get("OriginalStatusCode", status)), answer.get("OriginalMessage", words)
            if status in _MISSING:
                return UsageError(f"{self.name}: its container answers {status}: {tidy(words)}")
        elif code in _REJECTED:
            return CredentialError(f"{self.name} answers {code}: {tidy(words)} — {_CREDENTIALS}")
        elif code in _BUSY:
            status = 429
        elif status < 500:  # noqa: PLR2004 - what AWS refuses of itself is no text: a name, a region
            return UsageError(f"{self.name} answers {code}: {tidy(words)} — check the endpoint's name and the region")
        return translate(status, headers, words.encode(), asked=self._asked)
