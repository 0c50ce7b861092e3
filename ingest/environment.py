"""What the environment says: the `.env`, secrets and where each came from, and the names that others have taken."""

import os
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import CredentialError, UsageError
from ingest.hosts import is_loopback

TOKENS = (
    "HF_TOKEN",
    "HUGGINGFACE_API_KEY",
    "HF_API_TOKEN",
    "HUGGINGFACEHUB_API_TOKEN",
    "HUGGINGFACE_API_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
)
MODELS = ("CREATE_VECTOR_DB_MODEL", "EMBEDDINGS_MODEL_NAME", "HF_MODEL_ID")
SERVICE_KEY, OPENAI_KEY = "EMBEDDINGS_API_KEY", "OPENAI_API_KEY"
OPENAI = "api.openai.com"
RETIRED, ROUTER = "api-inference.huggingface.co", "router.huggingface.co"  # the first answers 410 since 2025
CLOUD = ".qdrant.io"  # hosts that speak nothing but https
_EXAMPLE = re.compile(
    r"your[_-].*|<.*>|(hf|sk|api)?[_-]?x{3,}|hf_\.{3}|\.{3}|…|change[_-]?me|todo|none|null", re.IGNORECASE
)
_COMMENT = re.compile(rb"^[ \t]*#[^\r\n]*", re.MULTILINE)
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))  # what copies of web pages bring along
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and the variable, or the place, that it came from. Its text never shows.

    others: the variables that hold another one, and would have been taken if this one were not there.
    """

    name: str
    value: str
    others: Sequence[str] = ()

    @property
    def origin(self) -> str:
        """Where it came from, for a person who has to find the wrong one: with the other places."""
        if not self.others:
            return self.name
        return f"{self.name} ({' and '.join(self.others)} {'is' if len(self.others) == 1 else 'are'} set too)"

    def __repr__(self) -> str:
        return f"Secret({self.name})"


def read_dotenv(path: str | None, environ: MutableMapping[str, str]) -> Path | None:
    """Fill what is unset or empty in `environ` from a `.env`, by default that of the working directory.

    Gives the path of what was read, None where there is no file. Raises UsageError where `path` names none.
    """
    file = Path(path or ".env")
    if not file.is_file():
        if path:
            raise UsageError(f"--env-file {path}: no such file")
        return None
    from dotenv import dotenv_values  # noqa: PLC0415 - most runs from cron have no .env

    try:
        values = dotenv_values(stream=StringIO(_read_text(file)))
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error
    for name, value in values.items():
        if value and not environ.get(name):
            environ[name] = value
    return file.absolute()


def find(names: Sequence[str], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the first of these variables that is set and not empty, with its value."""
    return next(((name, value.strip()) for name in names if (value := environ.get(name, "")).strip()), None)


def find_secret(names: Sequence[str], environ: Mapping[str, str]) -> Secret | None:
    """Give the first of these secrets, and where others are; `<NAME>_FILE` names a file that holds one.

    Raises CredentialError for a file that cannot be read, or an example that nobody replaced.
    """
    places = [place for name in names for place in (name, f"{name}_FILE") if find([place], environ)]
    if not places:
        return None
    secret = _take_secret(places[0], environ)
    if is_example(secret.value):
        raise CredentialError(f"{secret.name} holds an example, not a credential of yours: set it, or remove it")
    spare = {place: environ[place].strip() for place in places[1:]}
    others = [place for place, value in spare.items() if value != secret.value and not is_example(value)]
    return replace(secret, others=tuple(others))


def is_example(value: str) -> bool:
    """Say whether a value is what a template shows: `your_api_key`, `hf_xxxx` and the like."""
    return bool(_EXAMPLE.fullmatch(value))


def read_flag(name: str, environ: Mapping[str, str]) -> bool | None:
    """Read a variable as yes or no; None where it is unset. Raises UsageError for anything else."""
    if not (found := find([name], environ)):
        return None
    value = found[1].casefold()
    if value not in _TRUE + _FALSE:
        raise UsageError(f"{name}={found[1]} is neither true nor false")
    return value in _TRUE


@dataclass(frozen=True, slots=True)
class Choice:
    """The embedder that the settings ask for. `spec` "" means that none does. notes: what was read anew, or left."""

    spec: str
    model: str
    notes: Sequence[str] = ()


def choose_embedder(spec: str, model: str, environ: Mapping[str, str]) -> Choice:
    """Choose by flag or variable, else USE_HF_API, else `hf` where a model or a token is named; then the old names.

    HF_INFERENCE_API and MODEL_PROVIDER name a chat model in many a project, so they count only where nothing else does.
    """
    named = bool(spec or find(MODELS, environ) or find([*TOKENS, *(f"{name}_FILE" for name in TOKENS)], environ))
    use_hf = read_flag("USE_HF_API", environ)
    if not spec and use_hf is not None:
        spec = "hf" if use_hf else "local"
    if not spec and named:
        spec = "hf"
    if not spec and not model:
        return _follow_old_names(environ)
    if hosted := _read_hosted_url("--embedder", spec, model):
        return hosted
    spare = [name for name in ("HF_INFERENCE_API", "MODEL_PROVIDER") if find([name], environ)]
    note = f"{' and '.join(spare)} left alone: elsewhere it names a chat model, and the embedder is set otherwise"
    return Choice(spec or "hf", model, [note] if spare else [])


def _follow_old_names(environ: Mapping[str, str]) -> Choice:
    if found := find(["HF_INFERENCE_API"], environ):
        return _read_hosted_url(*found) or Choice(found[1], "")
    provider = find(["MODEL_PROVIDER"], environ)
    if provider and provider[1].casefold() == "huggingface":
        return Choice("hf", "")
    if provider and provider[1].casefold() == "aws" and (endpoint := find(["AWS_ENDPOINT_NAME"], environ)):
        return Choice(f"sagemaker:{endpoint[1]}", "")
    return Choice("", "")


def _read_hosted_url(name: str, value: str, model: str = "") -> Choice | None:
    """Read a URL of Hugging Face's own inference, of the retired host or of today's, as the model at `hf` it means.

    model: the one that is named elsewhere, which wins.
    """
    try:
        url = urlsplit(value)
    except ValueError:
        return None  # whoever opens it says so
    path = url.path.removeprefix("/hf-inference") if url.hostname == ROUTER else url.path
    if url.hostname != RETIRED and path == url.path:
        return None
    told = re.sub(r"^/(models|pipeline/feature-extraction)/|/pipeline/feature-extraction/?$", "", path).strip("/")
    model = model or told
    named = f"model {model} at hf" if model else "hf"
    retired = "the retired " if url.hostname == RETIRED else ""
    return Choice("hf", model, [f"{name} names {retired}{url.hostname}: read as {named}"])


def make_qdrant_url(host: str, port: int, *, https: bool | None) -> str:
    """Make the URL of a server from a host or a URL, and a port that a URL may state itself.

    A bare host is reached by plain http, whatever keys are set, unless it is Qdrant's cloud or `https` says so.
    Raises UsageError for a URL whose port is no number.
    """
    if "://" in host:
        try:
            own = urlsplit(host).port
        except ValueError as error:
            raise UsageError("the URL of the Qdrant server has no port that is one: write http://HOST:6333") from error
        return host if own else f"{host.rstrip('/')}:{port}"
    name, _, own_port = host.partition(":")
    secure = https if https is not None else name.endswith(CLOUD)
    return f"{'https' if secure else 'http'}://{name}:{own_port or port}"


def find_qdrant_key(url: str, environ: Mapping[str, str]) -> tuple[Secret | None, str]:
    """Give the key of a server, and a note: an example is left out where the server is on this machine."""
    found = find(["QDRANT_API_KEY"], environ)
    if found and is_example(found[1]) and is_loopback(urlsplit(url).hostname):
        return None, "QDRANT_API_KEY holds an example: left out, since the server is on this machine"
    return find_secret(["QDRANT_API_KEY"], environ), ""


def find_token(environ: Mapping[str, str]) -> Secret | None:
    """Give the Hugging Face token of the environment, else the one that `hf auth login` stored."""
    if secret := find_secret(TOKENS, environ):
        return secret
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import get_token  # noqa: PLC0415 - heavy

    stored = get_token()
    return Secret("hf auth login", stored) if stored else None


def find_service_key(url: str, environ: Mapping[str, str], *, send: bool = False) -> Secret | None:
    """Give the credential of a service at a URL of the user's: EMBEDDINGS_API_KEY, else OPENAI_API_KEY.

    The second belongs to OpenAI: it goes to no other host, unless `send` says so.
    """
    theirs = f"{url}/".startswith(f"https://{OPENAI}/")
    return find_secret([SERVICE_KEY, OPENAI_KEY] if theirs or send else [SERVICE_KEY], environ)


def _take_secret(place: str, environ: Mapping[str, str]) -> Secret:
    value = environ[place].strip()
    if not place.endswith("_FILE"):
        return Secret(place, value)
    try:
        return Secret(place, _read_text(Path(value)).strip())
    except ValueError as error:
        raise CredentialError(f"{place}={value}: it holds no credential: {error}") from error
    except OSError as error:
        raise CredentialError(f"{place}={value}: {error.strerror}") from error


def _read_text(file: Path) -> str:
    """Read a file that some editor or shell wrote; PowerShell's are UTF-16. Raises ValueError, and OSError.

    Comments in an encoding that stays in doubt are left out: they are for people, and names and keys are ASCII.
    """
    from ingest.sources.decoding import NAME_IT, recover  # noqa: PLC0415 - most runs from cron have no such file
    from ingest.sources.unreadable import UnreadableError  # noqa: PLC0415 - as above

    content = file.read_bytes()
    try:
        text = recover(content).text
    except UnreadableError:
        try:
            text = recover(_COMMENT.sub(b"", content)).text
        except UnreadableError as error:
            raise ValueError(str(error).replace(NAME_IT, "")) from error
    return text.translate(_INVISIBLE)
