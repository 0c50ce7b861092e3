"""One vector for a text from those of its tokens, for services that answer token by token."""

from typing import TYPE_CHECKING

from ingest.errors import UsageError

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors

POOLINGS = ("mean", "cls")
_TOKENS, _PASSES = 2, 3  # axes: (tokens, dimension); (1, tokens, dimension), as a pipeline of transformers gives them


def check_pooling(pooling: str) -> str:
    """Give a pooling that is known, or "" for none. Raises UsageError for any other."""
    if pooling not in ("", *POOLINGS):
        raise UsageError(f"there is no pooling {pooling!r}: use {' or '.join(POOLINGS)}")
    return pooling


def pool(reply: object, pooling: str) -> object:
    """Pool the tokens of each text of a reply; what is no list of tokens stays what it is.

    The rows are those of the text alone, since services answer without padding: no mask is needed.
    """
    return [_pool_text(text, pooling) for text in reply] if pooling and isinstance(reply, list) else reply


def _pool_text(text: object, pooling: str) -> object:
    import numpy as np  # noqa: PLC0415 - heavy

    try:
        tokens = np.array(text, np.float32)
    except (ValueError, TypeError):
        return text  # which no one can read: said where vectors are made of it
    if tokens.ndim == _PASSES and len(tokens) == 1:
        tokens = tokens[0]
    if tokens.ndim != _TOKENS or not len(tokens):
        return text
    return pool_tokens(tokens, pooling)


def pool_tokens(tokens: "Vectors", pooling: str) -> "Vector":
    """Pool (tokens, dimension) to (dimension,): the first token's, or the mean of all."""
    pooled: Vector = tokens[0] if pooling == "cls" else tokens.mean(axis=0, dtype="float64").astype("float32")
    return pooled
