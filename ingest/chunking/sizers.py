"""What a part is measured by: characters, tokens, or tokens as its letters let expect."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from ingest.chunking.letters import CAPITALS
from ingest.protocols import TokenCounter

# A piece is a word, or so much of it: a text without spaces is one word of any length.
_PIECE = re.compile(r"\S{1,16}")
_LONGEST = 16  # characters for each token that there is room for: more of them would be white space
SPECIAL = 2  # tokens that most models add to a text
# What a character weighs, of the weight of a token. A sign, a digit, an ideograph: most models make a token of each. A
# syllable of Korean, a letter of any script that is no alphabet of Europe, a capital: models have seen fewer words of
# these. Any other letter, and a space.
_TOKEN, _DENSE, _LETTER = 20, 18, 8
_SIGNS = re.compile(
    r"[!-@\[-`{-~\u00a1-\u00bf\u2010-\u2bff\u2e80-\u303f\u318d-\u9fff\uf900-\ufaff\ufe00-\ufe6f\uff00-\uff65"
    r"\U00010000-\U0010ffff]"
)
_DENSE_ONE = rf"[{CAPITALS}\u0590-\u1dff\u3040-\u318c\ua000-\uf8ff\ufb00-\ufdff\ufe70-\ufeff\uff66-\uffff]"
_DENSELY = re.compile(f"{_DENSE_ONE}{_DENSE_ONE}*")  # runs, told by their first: twice as fast as each or as a "+"
_KEPT = 100_000  # counts of pieces, and ...
_LEADS = 1_000  # ... of what stands before parts


class Sizer(Protocol):
    """Measures texts. What it measures need not be additive: a text may be more, or less, than its pieces together.

    limit: most units of an embedded text, its prefix and what the model adds to it (special tokens) included.
    """

    @property
    def limit(self) -> int: ...

    def measure(self, text: str) -> int:
        """Count the units of a text that is embedded alone, what the model adds to it included."""
        ...

    def reach(self, lead: str, text: str, start: int, end: int) -> int:
        """Guess up to where `lead + text[start:position]` is within the limit: `start < position <= end`.

        A guess, since the part that is cut there is measured again; one too far costs another try, one too near
        makes a part smaller than it could be. It must depend on nothing but `lead` and `text[start:end]`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Characters:
    """Counts characters; limit: at most so many."""

    limit: int

    def measure(self, text: str) -> int:
        """Count the characters."""
        return len(text)

    def reach(self, lead: str, text: str, start: int, end: int) -> int:  # noqa: ARG002 - every text is as long as it is
        """Find the position; this is no guess."""
        farthest = start + self.limit - len(lead)
        if farthest >= end:
            return end
        return farthest if farthest > start else start + 1


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counts tokens, as the model does.

    Whole texts are counted whole. A guess adds up the tokens of words, which are counted once: words come again and
    again, and few tokenizers make a token of two.

    prefix: what the model wants before a document; it counts.
    _pieces: the tokens of each word alone; "" has those that the model adds to any text.
    """

    limit: int
    counter: TokenCounter
    prefix: str = ""
    _pieces: dict[str, int] = field(default_factory=dict)
    _leads: dict[str, int] = field(default_factory=dict)

    def measure(self, text: str) -> int:
        """Count the tokens."""
        return self.counter.count_each([self.prefix + text])[0]

    def reach(self, lead: str, text: str, start: int, end: int) -> int:
        """Add up words until there is no room."""
        room = self.limit - self._measure_lead(lead)
        if room <= 0:
            return start + 1
        farthest = min(end, start + room * _LONGEST)
        pieces, last = self._pieces, None
        for match in _PIECE.finditer(text, start, farthest):
            piece = match[0]
            if piece not in pieces:
                self._count(piece)
            room -= pieces[piece]
            if room < 0:
                return last.end() if last else start + 1
            last = match
        return farthest

    def _measure_lead(self, lead: str) -> int:
        measured = self._leads.get(lead)
        if measured is None:
            if len(self._leads) >= _LEADS:
                self._leads.clear()
            measured = self._leads[lead] = self.measure(lead)
        return measured

    def _count(self, piece: str) -> None:
        """Count a word, by itself: for several the tokenizer wakes threads, which takes longer than a few words do."""
        if len(self._pieces) >= _KEPT:
            self._pieces.clear()
        if "" not in self._pieces:
            [self._pieces[""]] = self.counter.count_each([""])
        [count] = self.counter.count_each([piece])
        self._pieces[piece] = max(1, count - self._pieces[""])


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimates tokens by the script, where no tokenizer is at hand: at least what models of many languages take.

    Five letters make two tokens, ten syllables of Korean nine, and a sign, a digit or an ideograph makes one. So the
    same text takes about twice the tokens in Korean that it takes in Vietnamese, and no vocabulary that has the common
    words of a language takes more. docs/retrieval.md tells what was measured.

    prefix: what the model wants before a document; it counts.
    """

    limit: int
    prefix: str = ""

    def measure(self, text: str) -> int:
        """Estimate the tokens, with the special ones."""
        return SPECIAL - (-self._weigh(self.prefix + text) // _TOKEN)

    def reach(self, lead: str, text: str, start: int, end: int) -> int:
        """Shorten what could fit at best until it does."""
        room = (self.limit - SPECIAL) * _TOKEN - self._weigh(self.prefix + lead)
        length = min(end - start, room // _LETTER)
        while length > 1 and (weight := self._weigh(text[start : start + length])) > room:
            length = min(length - 1, length * room // weight)
        return start + max(length, 1)

    def _weigh(self, text: str) -> int:
        letters, signs, dense = len(text), len(_SIGNS.findall(text)), len("".join(_DENSELY.findall(text)))
        return _LETTER * letters + (_TOKEN - _LETTER) * signs + (_DENSE - _LETTER) * dense
