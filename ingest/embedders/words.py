"""A service's own words, fit for one line: what its body says, without any secret."""

import json
import re
from collections.abc import Iterable

LENGTH = 300  # characters that are quoted at most
_KEYS = ("error", "message", "detail", "errors", "error_description", "msg")  # where services put their sentence
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def quote(body: bytes, secrets: Iterable[str] = ()) -> str:
    """Give what a body says: the sentence of its JSON, the title of its page, or itself; "" for an empty one."""
    text = body.decode("utf-8", "replace")
    try:
        text = _find_sentence(json.loads(text))
    except (ValueError, RecursionError):
        if text.lstrip().startswith("<"):
            title = _TITLE.search(text)
            text = title[1] if title else _TAG.sub(" ", text)
    return tidy(text, secrets)


def tidy(text: str, secrets: Iterable[str] = ()) -> str:
    """Bring a text to one line of at most LENGTH characters and take the secrets out."""
    for secret in filter(None, secrets):  # "" stands between any two letters
        text = text.replace(secret, "***")
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= LENGTH else line[: LENGTH - 1] + "…"


def _find_sentence(value: object) -> str:
    if isinstance(value, dict):
        return next((_find_sentence(value[key]) for key in _KEYS if value.get(key)), json.dumps(value))
    if isinstance(value, list):
        return "; ".join(_find_sentence(item) for item in value)
    return str(value)
