"""What may be shown of what holds a secret."""

import re

TAIL = 4  # characters of a token that are shown, to tell one's tokens apart
_LONG = 20  # characters of a token from which its tail gives nothing away; Hugging Face's have 37
_USER = re.compile(r"://\S*@")
_QUERY = re.compile(r"[?#]")


def mask_token(token: str) -> str:
    """Show of a token its kind and at most its last TAIL characters: hf_…abcd."""
    tail = token[-TAIL:] if len(token) >= _LONG else ""
    return f"{'hf_' if token.startswith('hf_') else ''}…{tail}"


def mask_users(text: str) -> str:
    """Take user and password out of every URL of a text."""
    return _USER.sub("://***@", text)


def mask_url(value: str) -> str:
    """Take user, password and query out of a setting that is a URL, or holds one; anything else stays."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        return value
    address, *query = _QUERY.split(rest, maxsplit=1)
    if query and "@" in query[0]:  # where the user ends and where the query begins can't be told
        return f"{scheme}://***"
    return f"{mask_users(f'{scheme}://{address}')}{'?***' if query else ''}"
