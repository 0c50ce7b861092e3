"""What the environment says: the `.env`, secrets and where each came from, and the names that others have taken."""

import os
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import CredentialError, UsageError

TOKENS = (
    "HF_TOKEN",
    "HUGGINGFACE_API_KEY",
    "HF_API_TOKEN",
    "HUGGINGFACEHUB_API_TOKEN",
    "HUGGINGFACE_API_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
)
MODELS = ("CREATE_VECTOR_DB_MODEL", "EMBEDDINGS_MODEL_NAME", "HF_MODEL_ID")
EMBEDDERS = ("CREATE_VECTOR_DB_EMBEDDER", "EMBEDDER")
RETIRED = "api-inference.huggingface.co"  # answers 410 since 2025
CLOUD = ".qdrant.io"  # hosts that speak nothing but https
_EXAMPLE = re.compile(
    r"your[_-].*|<.*>|(hf|sk|api)?[_-]?x{3,}|hf_\.{3}|\.{3}|…|change[_-]?me|todo|none|null", re.IGNORECASE
)
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and the variable, or the place, that it came from. Its text never shows."""

    name: str
    value: str

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
        values = dotenv_values(file, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    for name, value in values.items():
        if value and not environ.get(name):
            environ[name] = value
    return file.absolute()


def find(names: Sequence[str], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the first of these variables that is set and not empty, with its value."""
    return next(((name, value.strip()) for name in names if (value := environ.get(name, "")).strip()), None)


def find_secret(names: Sequence[str], environ: Mapping[str, str]) -> Secret | None:
    """Give the first of these secrets; `<NAME>_FILE` names a file that holds it.

    Raises CredentialError for a file that cannot be read, or an example that nobody replaced.
    """
    for name in names:
        if found := find([name], environ):
            secret = Secret(*found)
        elif found := find([f"{name}_FILE"], environ):
            secret = _read_secret(*found)
        else:
            continue
        if is_example(secret.value):
            raise CredentialError(f"{secret.name} holds an example, not a credential of yours: set it, or remove it")
        return secret
    return None


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
    """The embedder that the settings ask for. `spec` "" means that none does. notes: what was left alone, and why."""

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
    spare = [name for name in ("HF_INFERENCE_API", "MODEL_PROVIDER") if find([name], environ)]
    note = f"{' and '.join(spare)} left alone: elsewhere it names a chat model, and the embedder is set otherwise"
    return Choice(spec or "hf", model, [note] if spare else [])


def _follow_old_names(environ: Mapping[str, str]) -> Choice:
    if found := find(["HF_INFERENCE_API"], environ):
        url = urlsplit(found[1])
        if url.hostname != RETIRED:
            return Choice(found[1], "")
        model = url.path.removeprefix("/models/").removeprefix("/pipeline/feature-extraction/").strip("/")
        return Choice("hf", model, [f"HF_INFERENCE_API names the retired {RETIRED}: read as model {model!r} at hf"])
    provider = find(["MODEL_PROVIDER"], environ)
    if provider and provider[1].casefold() == "huggingface":
        return Choice("hf", "")
    if provider and provider[1].casefold() == "aws" and (endpoint := find(["AWS_ENDPOINT_NAME"], environ)):
        return Choice(f"sagemaker:{endpoint[1]}", "")
    return Choice("", "")


def make_qdrant_url(host: str, port: int, *, https: bool | None) -> str:
    """Make the URL of a server from a host or a URL, and a port that a URL may state itself.

    A bare host is reached by plain http, whatever keys are set, unless it is Qdrant's cloud or `https` says so.
    """
    if "://" in host:
        return host if urlsplit(host).port else f"{host.rstrip('/')}:{port}"
    name, _, own_port = host.partition(":")
    secure = https if https is not None else name.endswith(CLOUD)
    return f"{'https' if secure else 'http'}://{name}:{own_port or port}"


def is_loopback(url: str) -> bool:
    """Say whether a URL names this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def find_qdrant_key(url: str, environ: Mapping[str, str]) -> tuple[Secret | None, str]:
    """Give the key of a server, and a note: an example is left out where the server is on this machine."""
    found = find(["QDRANT_API_KEY"], environ)
    if found and is_example(found[1]) and is_loopback(url):
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


def _read_secret(name: str, path: str) -> Secret:
    try:
        return Secret(name, Path(path).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise CredentialError(f"{name}={path}: {error.strerror}") from error
