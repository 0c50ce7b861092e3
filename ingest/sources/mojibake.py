"""Text that some other program damaged before it was saved: valid UTF-8, but not what anyone wrote."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from ingest.sources.misreadings import NAMES, SEQUENCE, TABLES, is_broad, is_written, show, undo, undo_eastern

# Of the sequences, those by which chance does not make a letter: Vietnamese with two marks, Hangul.
_TELLING = re.compile(rb"\xe1[\xb8-\xbb][\x80-\xbf]|[\xea-\xed][\x80-\xbf]{2}")
_RUN = re.compile(b"(?:%b)+" % SEQUENCE.pattern)
_SHARE = 0.5  # of the characters beyond ASCII; 0.82 in a sample that lost a third of its letters, 0.00 in sound laws
_MANY = 10  # fewer that hang on words, and none telling, are no reason to refuse a text that can't be repaired
_PAIRS = 2  # of which a text of nothing else consists; one is chance
# What begins no letter in UTF-8 as sound texts hold it: "√π", "3×½", "─┐", "»…".
_SIGNS = frozenset({"Sm", "So", "Pi", "Pf"})
_MARKS = frozenset({"Pi", "Pf", "Pd"})  # what ends a word, and so comes after a letter by chance: "Spaß“", "Groß –"
_LAYERS = 3  # times that a text may have gone through
_TRIED = 200  # runs of sequences that are looked at one by one
# A sign amid letters of which the first begins a sequence: what is left of one, where a letter was lost.
_BROKEN = re.compile("[Â-ô][¡-©«-±´-¹»-¿€-™›‹](?=[A-Za-zÀ-ÖØ-öø-ÿ])")
_BROKEN_FEW, _BROKEN_SHARE = 3, 0.1  # so many, and of the characters beyond ASCII so much, are no stray ones


@dataclass(frozen=True, slots=True)
class Mojibake:
    """UTF-8 that was once read as another encoding.

    name: of that encoding. line: in which it stands, from 1; 0 for the whole text.
    repaired: the text as it was, None where a letter was lost.
    example: a word of it, where it is too little to be certain of, and so no reason to refuse a text; else "".
    """

    name: str
    line: int
    repaired: str | None
    example: str = ""


def find_mojibake(text: str) -> Mojibake | None:
    """Find what a text in UTF-8 was once wrongly read as; None where it reads as it was written.

    Only the whole text is ever repaired, and only where every character of it goes back to a byte and all bytes
    together are UTF-8: nothing is lost then.
    """
    if _is_suspect(text):
        if name := _recognise(text):
            return Mojibake(name, 0, _repair(text))
        if unwound := _unwind(text, _LAYERS):
            return Mojibake(NAMES[unwound[0]], 0, unwound[1])
    name, was = undo_eastern(text)
    if name:
        return Mojibake(name, 0, was)
    return _search_lines(text)


def _search_lines(text: str) -> Mojibake | None:
    """Find the first line that is damaged for certain, else the first that seems to be."""
    doubtful: Mojibake | None = None
    for number, line in enumerate(text.split("\n") if _is_suspect(text) else (), start=1):
        if not _is_suspect(line):
            continue
        if name := _recognise(line, whole=False):
            return Mojibake(name, number, None)
        doubtful = doubtful or _find_doubtful(line, number)
    broken = _find_broken(text)
    return broken if broken and not (doubtful and broken.example) else doubtful


def _find_broken(text: str) -> Mojibake | None:
    """Find what is left of letters that were lost: most of the text, or a word of it."""
    first = _BROKEN.search(text)
    if not first:
        return None
    foreign, count = len(text) - len(text.encode("ascii", "ignore")), len(_BROKEN.findall(text))
    if count >= _BROKEN_FEW and count >= _BROKEN_SHARE * foreign:
        return Mojibake("another encoding", 0, None)
    line = 1 + text.count("\n", 0, first.start())
    return Mojibake("another encoding", line, None, _quote(text, first.start()))


def _find_doubtful(line: str, number: int) -> Mojibake | None:
    for codec, name in NAMES.items():
        if (start := next(_find_sure(line, codec), -1)) >= 0:
            return Mojibake(name, number, None, _quote(line, start))
    return None


def _quote(text: str, at: int) -> str:
    """Give the word that stands there."""
    before = re.search(r"\S{0,20}\Z", text[max(0, at - 20) : at])
    behind = re.match(r"\S{0,20}", text[at : at + 20])
    return (before.group() if before else "") + (behind.group() if behind else "")


def _is_suspect(text: str) -> bool:
    """Tell, at little cost, whether there is anything to look at."""
    starts, start = _list_starts()
    return any(text[found.start() : found.end() + 1] in starts for found in start.finditer(text))


@cache
def _list_starts() -> tuple[frozenset[str], re.Pattern[str]]:
    """List the first two characters of every sequence, as some encoding shows them, and what may be the first of them.

    Each character alone is a letter of sound texts.
    """
    starts = {lead + trail for table in TABLES.values() for lead in table[0xC2:0xF5] for trail in table[0x80:0xC0]}
    leads, trails = ("".join(map(re.escape, {start[place] for start in starts})) for place in (0, 1))
    return frozenset(starts), re.compile(f"[{leads}](?=[{trails}])")


@cache
def _find_words(codec: str) -> re.Pattern[bytes]:
    """Give the pattern of sequences that make letters of a word, one beside a letter or several in a row.

    Left out are those that show a sign first or a mark later: sound texts hold these.
    """
    kinds = [unicodedata.category(character) for character in TABLES[codec]]

    def choose(first: int, last: int, kept_out: frozenset[str]) -> bytes:
        chosen = (b"\\x%02x" % byte for byte in range(first, last + 1) if kinds[byte] not in kept_out)
        return b"[%b]" % (b"".join(chosen) or b"^\\x00-\\xff")

    trail = choose(0x80, 0xBF, _MARKS)
    leads = ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4))
    ways = (choose(*lead, _SIGNS) + trail * length for length, lead in enumerate(leads, start=1))
    one = b"(?:%b)" % b"|".join(ways)
    return re.compile(b"(?<=[A-Za-z])%b+|%b{2,}|%b(?=[A-Za-z])" % (one, one, one))


def _recognise(text: str, *, whole: bool = True) -> str:
    """Name the encoding in which most of the characters beyond ASCII spell UTF-8, "" where too few do.

    whole: whether the text is all there is; of a line among others more is asked.
    """
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    spelled: dict[str, int] = {}
    for codec, name in NAMES.items():
        shown = show(text, codec)
        rest, sequences = SEQUENCE.subn(b"", shown)
        length = len(shown) - len(rest)
        if not _TELLING.search(shown) and not (whole and sequences >= _PAIRS and _is_bare(text, rest)):
            words = b"".join(_find_words(codec).findall(shown))
            length = len(words) if len(SEQUENCE.findall(words)) >= _MANY else 0
        if length and length >= _SHARE * foreign:
            spelled[name] = length
    return max(spelled, key=lambda name: spelled[name], default="")


def _is_bare(text: str, rest: bytes) -> bool:
    """Tell whether a text is nothing but sequences, in characters among which no quotes or boxes are to be met."""
    return not rest.strip() and max(text, default="") <= "\xff"


def _repair(text: str) -> str | None:
    """Undo it as often as it was done; None where no encoding, or more than one, gives another text without a loss."""
    for layer in range(_LAYERS, 0, -1):
        ways = {was for _, was in undo(text)}
        if len(ways) != 1:
            ways = {was for was in ways if is_written(was)}
        if len(ways) != 1:
            unwound = _unwind(text, layer)
            return unwound[1] if unwound else None
        text = ways.pop()
        if not _recognise(text):
            inner = _unwind(text, layer - 1)
            return inner[1] if inner else text
    return None


def _unwind(text: str, layers: int) -> tuple[str, str] | None:
    """Undo it where what comes back is what people write, and stands where they write it; None for a doubt.

    Gives the encoding that was undone first, and the text.
    """
    ways: dict[str, str] = {}
    for codec, was in undo(text) if layers else ():
        if inner := _unwind(was, layers - 1):
            ways.setdefault(inner[1], codec)
        elif is_written(was) and next(_find_sure(text, codec), -1) >= 0:
            ways.setdefault(was, codec)
    return next(((codec, was) for was, codec in ways.items()), None) if len(ways) == 1 else None


def _find_sure(text: str, codec: str) -> Iterator[int]:
    """Yield where sequences spell what texts hold, and what chance does not make."""
    shown = show(text, codec)
    for run in islice(_RUN.finditer(shown), _TRIED):
        try:
            letters = run.group().decode()
        except UnicodeDecodeError:
            continue
        if is_written(letters) and (letters[1:] or _is_placed(text, run.start(), run.end(), letters)):
            yield run.start()


def _is_placed(text: str, start: int, end: int, letter: str) -> bool:
    """Tell whether a letter stands at a place where its sequence is no chance: three characters, or amid a word."""
    if is_broad(letter):
        return False
    if end - start > _PAIRS:
        return True
    if not letter.isalpha():
        return text[start] == "Â"
    before, behind = text[max(0, start - 1) : start], text[end : end + 1]
    lower = behind.isascii() and behind.islower()
    inside = before.isascii() and (before.islower() or (lower and before.isalpha()))
    if unicodedata.category(text[end - 1]) in _MARKS:
        return inside and (lower or text[start].isupper())
    return inside or (lower and unicodedata.category(text[start]) not in _SIGNS)
