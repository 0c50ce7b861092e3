"""What a model reads of a text, and what counts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class TokenCounter(Protocol):
    """Counts tokens as a model does. Safe to call from threads."""

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        """Count the tokens of each text, with the special ones that the model wants around it."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """What an embedding model reads of a text. It ignores the rest, and most services don't say so.

    model: its name. prefix: what goes before a document.
    tokens: at most so many, special ones and prefix included; None where that is not known.
    tokenizer: what counts them, else why there is none at hand.
    digest: that of the tokenizer, since another one counts otherwise; "" where it has none.
    fetch: gets the tokenizer from where the model is published and gives the window with it; None where nobody is
    asked.
    """

    model: str
    tokens: int | None
    tokenizer: TokenCounter | str
    prefix: str = ""
    digest: str = ""
    fetch: Callable[[], "Window"] | None = None
