"""How large a part may be, and in what it is measured: as the user says, else as the model's window is."""

import re
from dataclasses import dataclass
from typing import Final

from ingest.errors import UsageError
from ingest.model import Json
from ingest.protocols import Window

CHARACTERS: Final = "characters"
TOKENS: Final = "tokens"
ESTIMATED: Final = "estimated tokens"  # by the script, where nothing counts them

ENDLESS = 400  # characters, for a model that reads any length: about what the narrowest window holds
NARROWEST = 128  # tokens: the window of a model of which nothing is known
WIDEST = 512  # tokens, however wide the window: a part is about one thing, and one vector says it
_LEAST = {CHARACTERS: 40, TOKENS: 20, ESTIMATED: 20}  # a smaller part says nothing beside its prefix
_PER_TOKEN = 3  # characters, about
_TOKENS = re.compile(r"([+-]?\d+)[ ]?t(?:okens?)?")


@dataclass(frozen=True, slots=True)
class Size:
    """So much of a unit, at most.

    Raises UsageError for less than is worth embedding.
    """

    number: int
    unit: str

    def __post_init__(self) -> None:
        if self.number < (least := _LEAST[self.unit]):
            raise UsageError(f"chunk size {self} is too small: give at least {Size(least, self.unit)}")

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"

    @property
    def most_overlap(self) -> int:
        """The characters that two parts may share: less than half of one."""
        characters = self.number if self.unit == CHARACTERS else self.number * _PER_TOKEN
        return (characters - 1) // 2


def read_size(value: Json) -> Size:
    """Read a size as the user writes it: 400 characters, "126t" tokens. Raises UsageError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Size(value, CHARACTERS)
    if isinstance(value, str):
        text = value.strip().lower()
        if found := _TOKENS.fullmatch(text):
            return Size(int(found[1]), TOKENS)
        if re.fullmatch(r"[+-]?\d+", text):
            return Size(int(text), CHARACTERS)
    raise UsageError(f"chunk size {value!r} is neither a number of characters, as 400, nor one of tokens, as 126t")


def choose_size(window: Window | None) -> Size:
    """Choose the size for a model: its window, in tokens; estimated where nothing counts them.

    Only a window wider than a part should be is not used up: WIDEST.
    """
    if window is None:
        return Size(ENDLESS, CHARACTERS)
    unit = ESTIMATED if isinstance(window.tokenizer, str) else TOKENS
    return Size(min(window.tokens or NARROWEST, WIDEST), unit)
