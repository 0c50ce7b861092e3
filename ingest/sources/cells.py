"""Values of cells: as the text that a person sees, and as JSON with its type."""

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Self, TypeAlias

from ingest.model import Json
from ingest.sources.normalisation import normalise


class Covered(str):
    """A blank cell that is merged with the one above it."""

    __slots__ = ()


class Unsaved(str):
    """A blank cell whose formula was saved without its value."""

    __slots__ = ()


class Failed(str):
    """A blank cell whose formula came out as an error, such as #N/A."""

    __slots__ = ("error",)
    error: str

    def __new__(cls, *, error: str) -> Self:
        """Name the error."""
        failed = super().__new__(cls)
        failed.error = error
        return failed


class Linked(str):
    """A text with a hyperlink on it."""

    __slots__ = ("url",)
    url: str

    def __new__(cls, text: str = "", *, url: str) -> Self:
        """Put a link on a text."""
        linked = super().__new__(cls, text)
        linked.url = url
        return linked


Cell: TypeAlias = "str | int | float | bool | date | datetime | time | timedelta"  # "" is a blank cell

_SPACES = " \t\n\r\f\v\u0085\u00a0\u200b\u2028\u2029\ufeff"
# Control characters come from _xHHHH_ escapes; nobody sees them.
_CONTROL = re.compile("[\x00-\x08\x0c\x0e-\x1f\ufeff]")
_DIGITS = 15  # significant digits that Excel keeps and shows
_WRITTEN = 1e21  # from here on a number is written with its exponent
_EXACT = 2**53  # up to here a float holds every integer


def is_blank(cell: Cell) -> bool:
    """Tell whether a person sees nothing in the cell; 0 and FALSE are seen."""
    if isinstance(cell, str):  # mostly its first letter says it
        return not (cell and (cell[0].isalnum() or write_text(cell)))
    return not write_text(cell)


def is_empty(cell: Cell) -> bool:
    """Tell whether there is nothing in the cell: no value, and no formula whose value was not saved."""
    return is_blank(cell) and not isinstance(cell, Unsaved)


def name_kind(kind: type) -> str:
    """Name what a filter can tell apart of the values of a class of cells: numbers, text, or TRUE or FALSE."""
    if issubclass(kind, bool):
        return "TRUE or FALSE"
    return "numbers" if issubclass(kind, int | float) else "text"


def write_text(cell: Cell) -> str:
    """Write a cell as a person sees it: 2024 and not 2024.0, TRUE, 2024-01-31, 36:00:00; "" for a blank one."""
    match cell:
        case str():
            return _clean(cell)
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | float():
            return _write_number(write_json(cell))
        case datetime():
            return write_text(cell.date()) if cell.time() == time.min else cell.isoformat(" ")
        case timedelta():
            return _write_duration(cell)
        case _:
            return cell.isoformat()


def write_json(cell: Cell) -> Json:
    """Give a cell as JSON: numbers and booleans keep their type, dates are ISO 8601; None for a blank one."""
    match cell:
        case bool() | int():
            return cell
        case float():
            return _round(cell)
        case datetime():
            return write_text(cell).replace(" ", "T")
        case _:
            return write_text(cell) or None


def write_letters(column: int) -> str:
    """Name a column, counted from 0, as a spreadsheet does: A, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def read_letters(letters: str) -> int:
    """Give the number of a column, counted from 0, that a spreadsheet calls A, Z or AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _clean(text: str) -> str:
    if text.isprintable() and not ("Ð" in text or "ð" in text or "Ɖ" in text):  # of white space it holds spaces only
        return (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()
    text = text.replace("\v", "\n")  # Word's line break
    return normalise(_CONTROL.sub("", text)).strip(_SPACES)


def _round(number: float) -> int | float | None:
    """Give an integer where the number is one, else what Excel keeps of it: 0.3, not 0.30000000000000004."""
    if not math.isfinite(number):
        return None
    if number == int(number) and abs(number) <= _EXACT:
        return int(number)
    rounded = float(f"{number:.{_DIGITS}g}")
    return rounded if math.isfinite(rounded) else number  # the very largest round up out of range


def _write_number(number: Json) -> str:
    """Write a whole number with its digits, as long as a person would: 12345678901234600000, and 1e+300."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _WRITTEN:
        return f"{Decimal(str(number)):.0f}"  # the digits that are known, and zeros
    return "" if number is None else str(number)


def _write_duration(duration: timedelta) -> str:
    seconds = round(abs(duration).total_seconds())
    sign = "-" if duration < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
