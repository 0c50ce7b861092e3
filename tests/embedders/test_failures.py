import importlib
import inspect
from dataclasses import replace

import httpx
import huggingface_hub.errors
import pytest

from ingest.embedders.failures import Asked, translate, translate_exception
from ingest.errors import (
    CredentialError,
    CreditsError,
    IngestError,
    RefusedError,
    UnavailableError,
    UsageError,
)

HUB = Asked("hf-inference", "org/model", hub=True, token_name="HUGGINGFACE_API_KEY", secrets=("hf_secret",))
TEAM = replace(HUB, bill_to="acme")
URL = Asked("https://host", "org/model")
KEYED = replace(URL, token_name="EMBEDDINGS_API_KEY")
OWN = Asked("https://x.eu-west-1.aws.endpoints.huggingface.cloud", "org/model", token_name="HF_TOKEN")
SCOPE = "'Make calls to Inference Providers'"


def read(status: int, asked: Asked = HUB, body: bytes = b'{"error": "no hf_secret"}') -> IngestError:
    return translate(status, {}, body, asked=asked, now=0)


@pytest.mark.parametrize("asked", [HUB, URL])
def test_every_status_has_one_line_that_names_service_status_and_words(asked: Asked) -> None:
    for status in range(300, 600):
        error = read(status, asked)
        assert str(error).startswith(f"{asked.service} answers {status}: no ")
        assert "\n" not in str(error)
        assert ("hf_secret" in str(error)) == (asked is URL)  # it had no secret to hide


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 529])
def test_what_passes_is_waited_out(status: int) -> None:
    error = read(status)
    assert isinstance(error, UnavailableError)
    assert error.timed_out == (status == 504)
    assert not error.unreachable


@pytest.mark.parametrize(("status", "transient"), [(400, True), (424, True), (413, False), (422, False)])
def test_what_is_refused_is_halved(status: int, transient: bool) -> None:
    error = read(status)
    assert isinstance(error, RefusedError)
    assert error.perhaps_transient == transient


@pytest.mark.parametrize(
    ("status", "asked", "kind", "mend"),
    [
        (401, HUB, CredentialError, f"from HUGGINGFACE_API_KEY was not accepted.*{SCOPE}.*'read'.*settings/tokens/new"),
        (401, URL, CredentialError, "none was sent: set EMBEDDINGS_API_KEY.*HF_TOKEN.*--send-token"),
        (401, KEYED, CredentialError, "from EMBEDDINGS_API_KEY was not accepted: is it of this service"),
        (401, OWN, CredentialError, "'Make calls to your Inference Endpoints'.*settings/tokens"),
        (402, HUB, CreditsError, "/settings/billing.*--bill-to.*what is written stays"),
        (402, TEAM, CreditsError, "acme.*organizations/acme/settings/billing"),
        (402, URL, CreditsError, "its account has no credits left"),
        (403, HUB, CredentialError, f"HUGGINGFACE_API_KEY lacks a right.*{SCOPE}.*settings/tokens/new"),
        (403, TEAM, CredentialError, "--bill-to.*that organisation"),
        (403, URL, CredentialError, "none was sent"),
        (403, KEYED, CredentialError, "EMBEDDINGS_API_KEY lacks a right: may it use org/model"),
        (404, HUB, UsageError, "org/model is not served there.*co/org/model.*--provider.*--embedder local.*Endpoint"),
        (404, URL, UsageError, "no /embed"),
        (405, URL, UsageError, "no such request"),
        (407, URL, CredentialError, "HTTPS_PROXY"),
        (410, HUB, UsageError, "retired"),
    ],
)
def test_what_no_waiting_mends_says_what_does(status: int, asked: Asked, kind: type, mend: str) -> None:
    error = read(status, asked)
    assert type(error) is kind
    with pytest.raises(IngestError, match=mend):
        raise error


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_of_someone_else_gets_no_advice_about_tokens_of_hugging_face(status: int) -> None:
    assert "huggingface" not in str(read(status, KEYED))


def test_no_quota_left_is_no_limit_that_passes() -> None:
    body = b'{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'
    assert type(read(429, KEYED, body)) is CreditsError
    assert type(read(429, KEYED, b'{"error": {"code": "rate_limit_exceeded"}}')) is UnavailableError


def test_the_words_of_a_wait_are_read() -> None:
    error = translate(429, {"Retry-After": "7"}, b"", asked=HUB)
    assert isinstance(error, UnavailableError)
    assert error.retry_after == 7


def test_a_redirect_names_where_to_without_its_secrets() -> None:
    error = translate(308, {"location": "https://new.host/embed?key=abc"}, b"", asked=URL)
    assert type(error) is UsageError
    assert "moved to https://new.host/embed: name the new URL" in str(error)


def _list_exceptions() -> list[type[Exception]]:
    """List what the HTTP libraries raise, and what huggingface_hub raises over HTTP."""
    base = next(cls for cls in huggingface_hub.errors.HfHubHTTPError.__mro__ if cls.__name__ == "HTTPError")
    library = importlib.import_module(base.__module__.partition(".")[0])
    modules = {httpx, library, huggingface_hub.errors}
    found = {
        cls
        for module in modules
        for cls in vars(module).values()
        if inspect.isclass(cls) and issubclass(cls, Exception) and not issubclass(cls, Warning)
    }
    http = tuple(
        cls for module in (httpx, library) for cls in (module.HTTPError, module.InvalidURL, module.StreamError)
    )
    named = (huggingface_hub.errors.OfflineModeIsEnabled, httpx.CookieConflict, library.CookieConflict)
    return sorted(
        (cls for cls in found if issubclass(cls, (*http, *named))), key=lambda cls: (cls.__module__, cls.__name__)
    )


@pytest.mark.parametrize("cls", _list_exceptions(), ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_no_foreign_exception_is_missed(cls: type[Exception]) -> None:
    error = cls.__new__(cls, "about hf_secret")
    error.args = ("about hf_secret",)
    translated = translate_exception(error, asked=HUB)
    assert isinstance(translated, IngestError)
    assert "hf_secret" not in str(translated)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (StopIteration(), UsageError, "no provider serves 'org/model'"),
        (ValueError("Provider 'nebius' not supported."), UsageError, "nebius"),
        (ValueError("setting an array element with a sequence. inhomogeneous shape"), UsageError, "token by token"),
        (ValueError("could not convert string to float"), UnavailableError, "cannot be read"),
        (TypeError("float() argument must be a string"), UnavailableError, "cannot be read"),
        (AttributeError("'list' object has no attribute 'get'"), UnavailableError, "cannot be read"),
        (KeyError("data"), UnavailableError, "cannot be read"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), UnavailableError, "cannot be read"),
        (FileNotFoundError(2, "No such file", "/ca.pem"), UsageError, "/ca.pem"),
        (ImportError("Using SOCKS proxy, but the 'socksio' package is not installed."), UsageError, "'socksio'"),
        (huggingface_hub.errors.LocalEntryNotFoundError("no connection"), UnavailableError, "cannot be reached"),
    ],
)
def test_what_clients_let_through_is_known(error: Exception, kind: type, words: str) -> None:
    translated = translate_exception(error, asked=HUB)
    assert type(translated) is kind
    assert words in str(translated)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), AssertionError(), ZeroDivisionError()])
def test_a_bug_stays_a_bug(error: Exception) -> None:
    assert translate_exception(error, asked=HUB) is None
