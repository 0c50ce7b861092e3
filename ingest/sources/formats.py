"""What bytes are that are no workbook, told by how they begin and what they hold; and what to do about it."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence

from ingest.sources.unreadable import PROTECTED

ZIP = b"PK\x03\x04"
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2
_SAVE = "open it with the program that made it, and save it as .xlsx"
_HEAD = 4096  # bytes looked at
_SHORT = 3  # bytes with which a text may begin by chance
_STARTS = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a Rich Text file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"BM", "an image"),
    (b"RIFF", "an image or a recording"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
    (b"(\xb5/\xfd", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
)
_WORDS = (  # of a text, in lower case
    (b"urn:schemas-microsoft-com:office:spreadsheet", "an XML spreadsheet of 2003"),
    (b"mime-version:", "a web archive (MHTML) under the name of a workbook"),
    (b"<html", "a web page under the name of a workbook"),
    (b"<table", "a web page under the name of a workbook"),
    (b"<!doctype html", "a web page under the name of a workbook"),
)
# Workbooks before Excel 5, whose stream of records stood alone: the first record is a BOF, [MS-XLS] 2.4.21 and before.
_OLDEST = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
_STREAMS = (  # of a compound file, whose names are UTF-16: [MS-CFB] 2.6.1
    ("EncryptedPackage", PROTECTED),  # [MS-OFFCRYPTO] 2.3
    ("WordDocument", f"it is a Word document; {_SAVE}"),
    ("PowerPoint Document", f"it is a PowerPoint presentation; {_SAVE}"),
    ("__substg1.0_", f"it is a message of Outlook; {_SAVE}"),
    ("VisioDocument", f"it is a drawing of Visio; {_SAVE}"),
)
_PARTS = (  # of a zip archive
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint presentation"),
    ("visio/", "a drawing of Visio"),
    ("Index/Document.iwa", "a document of Apple Numbers, Pages or Keynote"),
    ("Index.zip", "a document of Apple Numbers, Pages or Keynote"),
    ("META-INF/container.xml", "a book (EPUB)"),
)
_LOCK_BYTES, _LOCK_NAME = 165, 54  # Excel's lock file: a length, a user's name, its padding, and the name in UTF-16


def is_workbook(content: bytes) -> bool:
    """Tell whether the bytes begin like a workbook."""
    return content.startswith((ZIP, COMPOUND))


def describe_other(content: bytes) -> str:
    """Say what bytes are that don't begin like a workbook."""
    if not content:
        return "it is empty (0 bytes); restore it from the original"
    if len(content) == _LOCK_BYTES and 0 < content[0] <= _LOCK_NAME:
        return "it is the lock that Excel keeps beside a workbook while it is open; name the workbook itself"
    head = content[:_HEAD]
    for start, name in _STARTS:
        if content.startswith(start) and (len(start) > _SHORT or not _is_text(head)):
            return f"it is {name}, not a workbook; {_SAVE}"
    if not head.strip(b"\0"):
        return "it is full of zero bytes; restore it from the original"
    lower = head.replace(b"\0", b"").lower()  # without the zeros of UTF-16
    for word, name in _WORDS:
        if word in lower:
            return f"it is {name}; open it and save it as .xlsx"
    name = "not a workbook: its content is of no known format"
    if content.startswith(_OLDEST):
        name = "a workbook of Excel 4 or older"
    elif _is_text(head):
        name = "a text file under the name of a workbook, perhaps a CSV to be named .csv"
    return f"it is {name}; open it and save it as .xlsx"


def describe_compound(content: bytes) -> str:
    """Say what a compound file is; "" for one that may hold a workbook."""
    for name, words in _STREAMS:
        if name.encode("utf-16-le") in content:
            return words
    return ""


def describe_archive(names: Sequence[str]) -> str:
    """Say what a zip archive with these parts is; "" for one that may hold a workbook."""
    if any(name.rpartition("/")[2] in ("workbook.xml", "workbook.bin", "content.xml") for name in names):
        return ""
    for part, words in _PARTS:
        if any(name.startswith(part) for name in names):
            return f"it is {words}, not a workbook; {_SAVE}"
    return f"it is a zip archive without a workbook in it; {_SAVE}"


def _is_text(head: bytes) -> bool:
    """Tell text from anything else by its control characters."""
    text = head.decode("utf-16" if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "latin-1", "replace")
    return not any(character < " " and character not in "\t\n\r\f\x1a\x1b" for character in text)
