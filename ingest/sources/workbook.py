"""The bytes of a workbook to its sheets: .xlsx .xlsm .xls .xlsb .ods, told by their content and not by their name."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from ingest.sources.decoding import decode
from ingest.sources.sheet import Row, Sheet
from ingest.sources.unreadable import UnreadableError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_ZIP = b"PK\x03\x04"
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds an encrypted workbook: [MS-OFFCRYPTO] 2.3
_PROTECTED = "it is protected by a password; save a copy without one"
_MANIFEST, _MANIFEST_BYTES = "META-INF/manifest.xml", 1 << 20
_QUOTED = 200  # characters of calamine's own words


def is_workbook(content: bytes) -> bool:
    """Tell whether the bytes begin like a workbook."""
    return content.startswith((_ZIP, _COMPOUND))


def list_sheets(content: bytes) -> list[Sheet]:
    """List the sheets of a workbook in its order. Raises UnreadableError, with the way out."""
    from python_calamine import (  # noqa: PLC0415 - heavy, and not needed for --help
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    if not is_workbook(content):
        raise UnreadableError(_describe_other(content))
    try:
        with _calamine():
            workbook = CalamineWorkbook.from_filelike(BytesIO(content))
            listed = workbook.sheets_metadata
    except UnreadableError as error:
        protected = isinstance(error.__cause__, PasswordError)
        raise UnreadableError(_PROTECTED if protected else _describe_broken(content, error)) from error
    return [
        Sheet(
            name=unicodedata.normalize("NFC", sheet.name),
            open=_opener(workbook, index),
            hidden=sheet.visible != SheetVisibleEnum.Visible,
            kind="" if sheet.typ == SheetTypeEnum.WorkSheet else "a chart or macro sheet",
        )
        for index, sheet in enumerate(listed)
    ]


def _opener(workbook: "CalamineWorkbook", index: int) -> Callable[[], tuple[int, Iterator[Row]]]:
    def read() -> tuple[int, Iterator[Row]]:
        with _calamine():
            sheet = workbook.get_sheet_by_index(index)
            return (sheet.start or (0, 0))[1], _read_rows(sheet)

    return read


def _read_rows(sheet: "CalamineSheet") -> Iterator[Row]:
    with _calamine():  # iter_rows keeps the rows above the first filled one and drops the columns left of it
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield Row(number, cells)


@contextmanager
def _calamine() -> Iterator[None]:
    """Turn what calamine raises into UnreadableError: its errors, and the panics of the Rust that it is made of."""
    try:
        yield
    except Exception as error:
        words = " ".join(str(error).split())[:_QUOTED]
        raise UnreadableError(f"it could not be read: {words}; open it and save it again as .xlsx") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3 makes this class at run time: there is none to import
            raise
        raise UnreadableError("its content made the reader fail; open it and save it again as .xlsx") from error


def _describe_other(content: bytes) -> str:
    if not content:
        return "it is empty (0 bytes); restore it from the original"
    start = content[:1024].lower()
    if b"<html" in start or b"<table" in start:
        return "it is a web page under the name of a workbook; open it and save it as .xlsx"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "it is an XML spreadsheet of 2003; open it and save it as .xlsx"
    try:
        decode(content)
    except UnreadableError:
        return "it is not a workbook: its content is of no known format; open it and save it as .xlsx"
    return "it is a text file under the name of a workbook; rename it to .csv, or open it and save it as .xlsx"


def _describe_broken(content: bytes, error: UnreadableError) -> str:
    """Say why calamine, which tries every format and keeps the reasons to itself, recognised none."""
    if content.startswith(_COMPOUND):
        if _ENCRYPTED in content:
            return _PROTECTED
        return "it is no workbook that can be read: damaged, or protected by a password; open it and save it as .xlsx"
    from zipfile import BadZipFile, ZipFile  # noqa: PLC0415 - for broken files only

    try:
        with ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            if _MANIFEST in names:
                with archive.open(_MANIFEST) as manifest:
                    if b"encryption-data" in manifest.read(_MANIFEST_BYTES):
                        return _PROTECTED
    except (BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError, ArithmeticError) as damage:
        words = " ".join(str(damage).split())[:_QUOTED]
        return f"it is cut off or damaged ({words}); restore it from the original"
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        return (
            "it is a zip archive without a workbook in it; open it with the program that made it, and save it as .xlsx"
        )
    return str(error)
