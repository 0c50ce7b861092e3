"""Where a token may go, and that it can be sent at all."""

from urllib.parse import SplitResult

from ingest.errors import CredentialError, UsageError

# Not hf.space: a Space runs the code of whoever made it.
_HOSTS = ("huggingface.co", "endpoints.huggingface.cloud")
_RETIRED = "api-inference.huggingface.co"  # answers 410 since 2025


def clean_token(token: str | None, name: str) -> str:
    """Give a token as it is sent, "" for none.

    Raises CredentialError, without its text, for one that no header can hold.
    """
    cleaned = (token or "").strip()
    if not (cleaned.isascii() and cleaned.isprintable()) or " " in cleaned:
        raise CredentialError(
            f"the token from {name or 'open_embedder'} holds characters that no token has: copy it again"
        )
    return cleaned


def refuse_retired(url: SplitResult) -> None:
    """Raise UsageError for a URL of the host that Hugging Face's inference had before."""
    if url.hostname == _RETIRED:
        raise UsageError(f"{_RETIRED} is retired: use --embedder hf, with --model for what its URL ended with")


def is_hugging_face(url: SplitResult) -> bool:
    """Say whether a URL is, over TLS, of a host that Hugging Face runs."""
    host = url.hostname or ""
    return url.scheme == "https" and any(host == known or host.endswith(f".{known}") for known in _HOSTS)
