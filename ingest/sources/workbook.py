"""The bytes of a workbook to its sheets: .xlsx .xlsm .xls .xlsb .ods, told by their content and not by their name."""

import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING

from ingest.sources.formats import describe_other, is_workbook
from ingest.sources.sheet import Sheet
from ingest.sources.unreadable import UnreadableError

if TYPE_CHECKING:
    from ingest.sources.reader import Reader

__all__ = ["is_workbook", "list_sheets"]


def list_sheets(content: bytes) -> list[Sheet]:
    """List the sheets of a workbook in its order. Raises UnreadableError, with the way out.

    It is parsed in another process, one for all workbooks of this one.
    """
    if not is_workbook(content):
        raise UnreadableError(describe_other(content))
    reader = _share_reader()
    book = reader.open(content)
    return [
        Sheet(
            name=unicodedata.normalize("NFC", head.name),
            open=partial(reader.read, book, index),
            hidden=head.hidden,
            kind=head.kind,
            survey=partial(reader.survey, book, index),
        )
        for index, head in enumerate(book.heads)
    ]


@cache
def _share_reader() -> "Reader":
    """Give the one reader of this process, which ends with it."""
    import atexit  # noqa: PLC0415 - needed where a workbook is read

    from ingest.sources.reader import Reader  # noqa: PLC0415 - as above

    reader = Reader()
    atexit.register(reader.close)
    return reader
