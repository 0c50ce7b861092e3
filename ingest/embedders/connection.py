"""One HTTP service at a URL of the user's: its name, who may see the token, one client for all requests."""

import json
import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from ingest.deadline import run_within
from ingest.embedders.credentials import clean_token, is_hugging_face, refuse_retired
from ingest.embedders.failures import Asked, translate, translate_exception
from ingest.errors import IngestError, RefusedError, UsageError
from ingest.hosts import is_loopback
from ingest.trust import make_trust

if TYPE_CHECKING:
    import httpx

CONNECT, READ = 10.0, 120.0  # seconds
SLACK = 30.0  # seconds more that an answer may take which comes in drops
LARGEST = 512 * 2**20  # bytes of an answer: vectors for each of 512 tokens of 100 texts; more would fill the memory
# Seconds that an endpoint scaled to zero holds a request while it starts, instead of answering 503; less than READ, so
# that who waits hears of it in between. https://huggingface.co/docs/inference-endpoints/guides/autoscaling
SCALE_UP = 60
_DEDICATED = ".endpoints.huggingface.cloud"


class Connection:
    """A service that is asked over HTTP, and how its answers translate.

    The token goes to Hugging Face's hosts over https, elsewhere only where `send_token` says so; redirects are not
    followed. A user and password in the URL are sent as such, instead of the token. Safe to use from threads.
    Raises UsageError for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        token: str | None = None,
        token_name: str = "",
        send_token: bool = False,
        read: float = READ,
    ) -> None:
        self._split = _parse(url)
        self._read = read
        self._user = None
        if self._split.username is not None:
            self._user = (unquote(self._split.username), unquote(self._split.password or ""))
        sends = (send_token or is_hugging_face(self._split)) and not self._user
        self._token = clean_token(token, token_name) if sends else ""
        self.url = _make_url(self._split)  # without its user, and without a slash at the end
        self.asked = Asked(
            self.url,
            model,
            token_name=(token_name or "open_embedder") if self._token else "the URL" if self._user else "",
            secrets=tuple(secret for secret in (self._token, *(self._user or ())[-1:]) if secret),
        )
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def request(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> "httpx.Response":
        """Send one request and give the answer, of whatever status; at most CONNECT + read + SLACK seconds.

        Raises RefusedError for an answer of more than LARGEST bytes, which fewer texts would make smaller; else as the
        table of failures says of exceptions.
        """
        try:
            client = self.open()
            return run_within(CONNECT + self._read + SLACK, lambda: self._ask(client, method, url, body))
        except IngestError:
            raise
        except Exception as error:
            if translated := translate_exception(error, asked=self.asked):
                raise translated from error
            raise

    def translate(self, response: "httpx.Response") -> IngestError:
        """Make the error that an answer means."""
        return translate(response.status_code, response.headers, response.content, asked=self.asked)

    def open(self) -> "httpx.Client":
        """Give the client, made at the first call: connections are its own, and used again."""
        import httpx  # noqa: PLC0415 - heavy

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    auth=self._user,
                    headers=self._make_headers(),
                    timeout=httpx.Timeout(self._read, connect=CONNECT),
                    trust_env=not is_loopback(self._split.hostname),  # never through a proxy to this machine
                    verify=make_trust(self._split.scheme),
                )
                weakref.finalize(self, self._client.close)
            return self._client

    def _ask(self, client: "httpx.Client", method: str, url: str, body: Mapping[str, Any] | None) -> "httpx.Response":
        """Read an answer as long as it isn't larger than any can be."""
        import httpx  # noqa: PLC0415 - heavy

        content = bytearray()
        with client.stream(method, url, json=body) as response:
            for part in response.iter_raw():
                content += part
                if len(content) > LARGEST:
                    raise RefusedError(f"{self.url} gives an answer of more than {LARGEST // 2**20} MiB")
        return httpx.Response(response.status_code, headers=response.headers, content=bytes(content))

    def _make_headers(self) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        if (self._split.hostname or "").endswith(_DEDICATED):
            headers["x-scale-up-timeout"] = str(SCALE_UP)
        return headers


def read_json(response: "httpx.Response") -> Any:  # noqa: ANN401 - whatever came
    """Give what the body of an answer holds, None where it is no JSON."""
    import orjson  # noqa: PLC0415 - heavy; reads the digits of vectors several times as fast as json

    try:
        return orjson.loads(response.content)
    except ValueError:
        pass
    try:
        return json.loads(response.content)  # takes NaN, which Python's servers write for a vector that is damaged
    except (ValueError, RecursionError):
        return None


def _parse(url: str) -> SplitResult:
    try:
        split = urlsplit(url.strip())
        _ = split.port
    except ValueError as error:
        raise UsageError(f"the URL of the embedding service is none: {error}") from error
    if split.scheme not in ("http", "https"):
        raise UsageError("the URL of the embedding service begins with neither http:// nor https://")
    if not split.hostname:
        raise UsageError("the URL of the embedding service names no host")
    refuse_retired(split)
    if split.query or split.fragment:
        raise UsageError(
            f"the URL of the embedding service ({_make_url(split)}) must end with its path, without ? and #: "
            "a credential goes into EMBEDDINGS_API_KEY"
        )
    return split


def _make_url(split: SplitResult) -> str:
    host = f"[{split.hostname}]" if ":" in (split.hostname or "") else split.hostname
    port = f":{split.port}" if split.port else ""
    return f"{split.scheme}://{host}{port}{split.path.rstrip('/')}"
