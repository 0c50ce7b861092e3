"""What a failure of an HTTP service means: one table for statuses, one for exceptions, shared by all adapters.

What each class leads to (wait, halve, stop) is said by `ingest.errors`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.embedders.models import SUGGESTED
from ingest.embedders.waits import read_loading, read_wait
from ingest.embedders.words import quote, tidy
from ingest.errors import (
    CredentialError,
    CreditsError,
    IngestError,
    RefusedError,
    UnavailableError,
    UsageError,
)

TOKENS_PAGE: Final = "https://huggingface.co/settings/tokens"
# The form for a new token, with the right ticked: https://huggingface.co/docs/inference-providers
NEW_TOKEN_PAGE: Final = f"{TOKENS_PAGE}/new?ownUserPermissions=inference.serverless.write&tokenType=fineGrained"
SCOPE: Final = "Make calls to Inference Providers"
_ENDPOINT_SCOPE = "Make calls to your Inference Endpoints"
_ENDPOINTS = ".endpoints.huggingface.cloud"
_BILLING_PAGE = "https://huggingface.co/settings/billing"
# What OpenAI says, with 429, of an account without credits: https://platform.openai.com/docs/guides/error-codes
_NO_QUOTA = b'"insufficient_quota"'
_TRANSIENT = {408, 425, 429}  # with every 5xx: the same request may succeed later
_THROTTLED = {429}
_STARTING = {502, 503}  # of an Inference Endpoint that was scaled to zero, too
_SLOW = {504, 524}  # a proxy gave up on the service: a smaller request may succeed
_REFUSED = {413, 422}
_PERHAPS_REFUSED = {400, 424}  # hf-inference says 400 of any exception, text-embeddings-inference 424 of a failed run
_ERRORS, _SERVER_ERRORS = 400, 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for what, and with whose token; for messages.

    hub: it is one of Hugging Face's providers, not a URL of the user's.
    token_name: where the token that was sent came from, and what other one there is; "" where none was sent.
    bill_to: the organisation whose credits are spent; "" for the account's own.
    secrets: what no message may show.
    """

    service: str
    model: str = ""
    hub: bool = False
    token_name: str = ""
    bill_to: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def translate(
    status: int, headers: Mapping[str, str], body: bytes, *, asked: Asked, now: float | None = None
) -> IngestError:
    """Make the error that an HTTP answer means.

    now: seconds since 1970, the clock's by default.
    """
    words = quote(body, asked.secrets) or tidy(headers.get("x-error-message", ""), asked.secrets)
    said = f"{asked.service} answers {status}" + (f": {words}" if words else "")
    if status in _MENDS or _NO_QUOTA in body:
        kind, mend = _MENDS[402 if _NO_QUOTA in body else status]
        return kind(f"{said} — {mend(asked)}")
    if status in _REFUSED | _PERHAPS_REFUSED:
        return RefusedError(said, perhaps_transient=status in _PERHAPS_REFUSED)
    if status in _TRANSIENT or status >= _SERVER_ERRORS:
        wait = read_wait(headers, time.time() if now is None else now)
        return UnavailableError(
            said,
            retry_after=wait,
            timed_out=status in _SLOW,
            throttled=status in _THROTTLED,
            starting=status in _STARTING,
            loads=read_loading(body),
        )
    if status < _ERRORS:
        target = tidy(headers.get("location", "").partition("?")[0], asked.secrets)
        return UsageError(f"{said} — it has moved{f' to {target}' if target else ''}: name the new URL")
    return UsageError(f"{said} — it takes no such request: is it a service that embeds?")


def translate_exception(error: BaseException, *, asked: Asked) -> IngestError | None:
    """Make the error that a foreign exception means; None for one that is not known: a bug.

    The classes are matched by name, since huggingface_hub raises those of httpx before 2.0 and those of httpx2 since.
    """
    if (response := _find_response(error)) is not None and not _is_look_up(error):
        return translate(response.status_code, response.headers, _read_body(response), asked=asked)
    names = [cls.__name__ for raised in (error, error.__cause__) if raised for cls in type(raised).__mro__]
    words = tidy(str(error), asked.secrets) or type(error).__name__
    for name, make in _EXCEPTIONS.items():
        if name in names:
            return make(words, asked)
    return None


def _mend_401(asked: Asked) -> str:
    if not asked.token_name:
        return (
            "it asks for a credential, and none was sent: set EMBEDDINGS_API_KEY to that of the service; HF_TOKEN goes "
            "to Hugging Face's hosts alone, elsewhere with --send-token"
        )
    return f"the token from {asked.token_name} was not accepted: {_advise_token(asked) or 'is it of this service?'}"


def _mend_402(asked: Asked) -> str:
    if not asked.hub:
        return f"its account has no credits left: buy some there, then run again: {_STAYS}"
    if asked.bill_to:
        page = f"https://huggingface.co/organizations/{asked.bill_to}/settings/billing"
        return f"{asked.bill_to} (--bill-to) has no credits left: buy some at {page}, then run again: {_STAYS}"
    return (
        f"buy credits or subscribe at {_BILLING_PAGE}, or spend those of an organisation (--bill-to NAME), then run "
        f"again: {_STAYS}"
    )


def _mend_403(asked: Asked) -> str:
    if not asked.token_name:
        return _mend_401(asked)
    advice = _advise_token(asked) or f"may it use {asked.model or 'the model'} there?"
    theirs = f"; for the credits of {asked.bill_to} (--bill-to), tick it for that organisation" if asked.bill_to else ""
    return f"the token from {asked.token_name} lacks a right: {advice}{theirs}"


def _mend_404(asked: Asked) -> str:
    if asked.hub:
        return (
            f"{asked.model} is not served there. Its page, https://huggingface.co/{asked.model}, tells who serves it: "
            "name that one as --provider; or another --model; or run it here, with --embedder local; or serve it "
            "yourself (an Inference Endpoint, or text-embeddings-inference) and name its URL as --embedder"
        )
    return "there is no /embed: is it the URL of an Inference Endpoint or of text-embeddings-inference?"


def _advise_token(asked: Asked) -> str:
    """Tell how to make a token that is enough; "" for a service of someone else than Hugging Face."""
    if asked.hub:
        right, page = SCOPE, NEW_TOKEN_PAGE
    elif asked.service.endswith(_ENDPOINTS) or f"{_ENDPOINTS}/" in asked.service:
        right, page = _ENDPOINT_SCOPE, TOKENS_PAGE
    else:
        return ""
    return f"make one with the right '{right}', which a 'read' token has not, at {page} and set HF_TOKEN"


_STAYS = "what is written stays"

# Failures that no waiting mends, with the sentence that does.
_MENDS: dict[int, tuple[type[IngestError], Callable[[Asked], str]]] = {
    401: (CredentialError, _mend_401),
    402: (CreditsError, _mend_402),
    403: (CredentialError, _mend_403),
    404: (UsageError, _mend_404),
    407: (CredentialError, lambda _: "the proxy asks for a password: put it into HTTPS_PROXY"),
    410: (UsageError, lambda _: "that address is retired: use --embedder hf, or the URL of an endpoint of yours"),
}


def _unreachable(words: str, asked: Asked) -> IngestError:
    return UnavailableError(f"{asked.service} cannot be reached: {words}", unreachable=True)


def _timed_out(_: str, asked: Asked) -> IngestError:
    return UnavailableError(f"{asked.service} took too long to answer", timed_out=True)


def _cut(words: str, asked: Asked) -> IngestError:
    return UnavailableError(f"the connection to {asked.service} broke: {words}")


def _unreadable(words: str, asked: Asked) -> IngestError:
    return UnavailableError(f"{asked.service} gave a reply that cannot be read: {words}")


def _unsendable(_: str, asked: Asked) -> IngestError:
    return RefusedError(f"{asked.service} cannot be sent a text with half a character in it (a lone surrogate)")


def _misconfigured(words: str, asked: Asked) -> IngestError:
    return UsageError(f"{asked.service} cannot be asked: {words}")


def _not_found(_: str, asked: Asked) -> IngestError:
    return UsageError(
        f"model {asked.model!r} is not on huggingface.co, or it is private or gated and the token from "
        f"{asked.token_name or 'nowhere'} may not see it: check --model, and the token at {TOKENS_PAGE}"
    )


def _unserved(_: str, asked: Asked) -> IngestError:
    return UsageError(f"{asked.service}: no provider serves {asked.model!r} for embedding: {_mend_404(asked)}")


def _offline(_: str, asked: Asked) -> IngestError:
    return UsageError(f"HF_HUB_OFFLINE is set, so that {asked.service} may not be asked: unset it")


def _read_value_error(words: str, asked: Asked) -> IngestError:
    """Tell a reply that is no matrix from a request that huggingface_hub refuses to make."""
    if "inhomogeneous" in words:  # numpy, of lists of unlike length
        return refuse_tokens(asked.service, asked.model)
    if "array element" in words or "could not convert" in words:  # numpy, of what is no number
        return _unreadable(words, asked)
    return _misconfigured(words, asked)


def refuse_tokens(service: str, model: str) -> UsageError:
    """Make the refusal of a reply that holds a vector for each token instead of one for each text."""
    return UsageError(
        f"{service} answers token by token: {model or 'its model'} is a plain encoder without pooling, not an "
        f"embedding model. Use one that is: {SUGGESTED}"
    )


# By name of the class, the first that fits. httpx and httpx2 name theirs alike.
_EXCEPTIONS: dict[str, Callable[[str, Asked], IngestError]] = {
    "ConnectTimeout": _unreachable,
    "ConnectError": _unreachable,
    "ProxyError": _unreachable,
    "PoolTimeout": _cut,
    "TimeoutException": _timed_out,
    "TimeoutError": _timed_out,
    "UnsupportedProtocol": _misconfigured,
    "LocalProtocolError": _misconfigured,
    "TooManyRedirects": _misconfigured,
    "InvalidURL": _misconfigured,
    "CookieConflict": _misconfigured,
    "DecodingError": _unreadable,
    "TransportError": _cut,
    "StreamError": _cut,
    "OfflineModeIsEnabled": _offline,
    "LocalEntryNotFoundError": _unreachable,  # the hub, of a file that is not here either
    "RepositoryNotFoundError": _not_found,
    "GatedRepoError": _not_found,
    "DisabledRepoError": _not_found,
    "HTTPError": _cut,
    "StopIteration": _unserved,
    "UnicodeDecodeError": _unreadable,
    "UnicodeEncodeError": _unsendable,
    "JSONDecodeError": _unreadable,
    "ValueError": _read_value_error,
    "AttributeError": _unreadable,
    "ImportError": _misconfigured,  # a proxy that speaks SOCKS takes a package more; httpx names it
    "TypeError": _unreadable,
    "KeyError": _unreadable,
    "IndexError": _unreadable,
    "OSError": _misconfigured,  # what the clients do not wrap: a certificate file that isn't there
}


def _find_response(error: BaseException) -> Any:  # noqa: ANN401 - of httpx or of httpx2
    """Find the answer behind an error, also where huggingface_hub stumbled over its body and lost the status."""
    seen: BaseException | None = error
    while seen is not None:
        response = getattr(seen, "response", None)
        if response is not None and response.status_code >= _ERRORS:
            return response
        seen = seen.__context__
    return None


def _is_look_up(error: BaseException) -> bool:
    """Say whether the hub, asked who serves a model, did not know it: its 401 is not about the token."""
    return any(cls.__name__ in ("RepositoryNotFoundError", "DisabledRepoError") for cls in type(error).__mro__)


def _read_body(response: Any) -> bytes:  # noqa: ANN401 - of httpx or of httpx2
    try:
        return bytes(response.content)
    except RuntimeError:  # the stream of an answer that was never read: StreamError of either library
        return b""
