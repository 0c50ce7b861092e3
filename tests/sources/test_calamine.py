from io import BytesIO

import pytest
import python_calamine

from ingest.sources import calamine
from ingest.sources.book import PanicError
from ingest.sources.unreadable import PROTECTED, RefusedError, UnreadableError


class PanicException(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (PanicException("index out of bounds"), PanicError, "its content made the reader fail"),
        (python_calamine.PasswordError("protected"), RefusedError, PROTECTED),
        (python_calamine.XmlError("bad\ncell"), UnreadableError, "bad cell"),
        (ValueError("year 0"), UnreadableError, "year 0"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
        (MemoryError(), MemoryError, ""),
    ],
)
def test_what_it_raises_is_translated(
    error: BaseException, expected: type[BaseException], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Workbook:
        @staticmethod
        def from_filelike(content: BytesIO) -> None:
            raise error

    monkeypatch.setattr(calamine, "CalamineWorkbook", Workbook)
    with pytest.raises(expected) as caught:
        calamine.open_book(b"")
    assert type(caught.value) is expected
    assert words in str(caught.value)


def test_rows_may_fail_too() -> None:
    def fail() -> object:
        yield ["a"]
        raise python_calamine.CalamineError("bad\nrow")

    rows = calamine._guard(fail())  # type: ignore[arg-type] # a generator of what it yields
    assert next(rows) == ["a"]
    with pytest.raises(UnreadableError, match="bad row"):
        next(rows)
