"""Where a text may be cut: each function gives the last boundary of its kind in a window, None where there is none.

A boundary is the position that the part before it ends at: `low <= boundary <= high`. White space around it belongs to
neither part. The functions look at the window and a little around it, never at the whole text.
"""

import re
import unicodedata

_BLANK_LINE = re.compile(r"\n[^\S\n]*(?=\n)")
# A stop of an alphabet or of Korean is followed by white space, an ideographic one by anything. The look-behind tries
# a row of dots once and not at each dot. The class comes first, since `re` skips to one, but not to a look-behind.
_STOP = re.compile(
    r"[.!?…。！？｡](?:(?<=[.!?…])(?<![.!?…].)[.!?…]*+[\"”’»)\]]*+(?=\s)|(?<=[。！？｡])[。！？｡]*+[”’」』）)\"]*+)"
)
_LAST_WORD = re.compile(r"[^\s(\[“‘\"'«]*\Z")
_WORD_AHEAD = re.compile(r"\s*+(\S)")
_NUMBER = re.compile(r"\d+[a-zđ]?\Z")
_COUNTED = re.compile(  # words that a number names, so that its full stop is no end: "Điều 5. Phạm vi"
    r"(?:điều|khoản|điểm|chương|mục|phần|số|article|art\.|section|sec\.|chapter|part|no\.|제)\s*\Z", re.IGNORECASE
)
_MARKER = re.compile(r"(?:\d+|[ivxlc]+)[a-zđ]?\Z", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:tp|ts|ths|pgs|gs|bs|ks|nxb|tr|mrs?|ms|dr|prof|st|vs|no|art|sec|fig|para|cf|inc|ltd|co|jr|sr)\Z", re.IGNORECASE
)
_CONTEXT = 32  # characters before a full stop that are looked at: longer words are no abbreviations
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # written without spaces
_ZERO_WIDTH_JOINER = "\u200d"


def find_blank_line(text: str, low: int, high: int) -> int | None:
    """Find the last empty line: the end of a paragraph."""
    last = None
    for match in _BLANK_LINE.finditer(text, low, high + 2):
        if match.start() > high:
            break
        last = match.start()
    return last


def find_line(text: str, low: int, high: int) -> int | None:
    """Find the last end of a line."""
    found = text.rfind("\n", low, high + 1)
    return found if found >= 0 else None


def find_sentence(text: str, low: int, high: int) -> int | None:
    """Find the last end of a sentence, after its stop and what closes it."""
    # A stop of several characters may begin before the window.
    for match in reversed(list(_STOP.finditer(text, max(0, low - _CONTEXT), high + 1))):
        if low <= match.end() <= high and _ends_sentence(text, match.start(), match.end()):
            return match.end()
    return None


def find_pause(text: str, low: int, high: int) -> int | None:
    """Find the last semicolon, else the last comma, that white space follows: the end of it."""
    for mark in ("; ", ", "):
        found = text.rfind(mark, low - 1, high + 1)
        if found >= low - 1 and found >= 0:
            return found + 1
    return None


def find_word(text: str, low: int, high: int) -> int | None:
    """Find the last end of a word; between ideographs, any place is one."""
    for position in range(high, low - 1, -1):
        if is_word_end(text, position):
            return position
    return None


def is_word_end(text: str, position: int) -> bool:
    """Say whether one word ends and nothing hangs on it here."""
    if text[position].isspace():
        return not text[position - 1].isspace()
    return _IDEOGRAPH.match(text, position) is not None and is_grapheme_end(text, position)


def find_grapheme(text: str, low: int, high: int) -> int:
    """Find the last end of what a reader sees as one character; `high` where there is none behind `low`."""
    for position in range(high, low, -1):
        if is_grapheme_end(text, position):
            return position
    return high


def is_grapheme_end(text: str, position: int) -> bool:
    """Say whether the character here begins something new.

    The joins that occur in running text, of those in UAX #29: marks, joiners, skin tones, flags, Hangul in letters.
    """
    if not 0 < position < len(text):
        return True
    before, after = text[position - 1], text[position]
    if after < "\u0300":
        return before != _ZERO_WIDTH_JOINER
    joined = (
        unicodedata.category(after).startswith("M")
        or _ZERO_WIDTH_JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\u1160" <= after <= "\u11ff" and "\u1100" <= before <= "\u11ff")
    )
    return not (joined or (_is_flag_letter(after) and _count_flag_letters(text, position) % 2))


def find_word_start(text: str, low: int, high: int) -> int | None:
    """Find the first beginning of a word, `low <= beginning < high`."""
    for position in range(low, high):
        if text[position].isspace() or not position:
            continue
        if text[position - 1].isspace() or is_word_end(text, position):
            return position
    return None


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _count_flag_letters(text: str, position: int) -> int:
    """Count the letters before a position that flags are made of, two each; not further back than it is worth."""
    start = position
    while start and position - start < _CONTEXT and _is_flag_letter(text[start - 1]):
        start -= 1
    return position - start


def _ends_sentence(text: str, start: int, end: int) -> bool:
    """Say whether the stop `text[start:end]` ends a sentence and not an abbreviation or a number of something."""
    if text[start] not in ".!?…":
        return True
    follows = _WORD_AHEAD.match(text, end)
    if follows and follows.group(1).islower():
        return False
    if text[start:end].rstrip('"”’»)]') != ".":
        return True
    before = text[max(0, start - _CONTEXT) : start]
    match = _LAST_WORD.search(before)
    word = match.group() if match else ""
    lead = before[: len(before) - len(word)]
    begins_line = ("\n" in lead or start <= _CONTEXT) and not lead.rpartition("\n")[2].strip()
    if begins_line and _MARKER.match(word):
        return False
    if _NUMBER.match(word):
        return not _COUNTED.search(lead)
    return len(word) > 1 and "." not in word and not _ABBREVIATION.match(word)
