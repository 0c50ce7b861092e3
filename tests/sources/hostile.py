"""Workbooks with one defect each, and what must become of them. No more bytes than the defect needs."""

from collections.abc import Callable
from io import BytesIO
from string import ascii_uppercase
from zipfile import ZIP_DEFLATED, ZipFile

from ingest.sources.formats import COMPOUND
from tests.sources.workbooks import make_workbook

HEADER = ["Câu hỏi", "Đáp án", "Nguồn"]
ROWS = [HEADER, *([f"Điều {number}?", f"Nghỉ phép {number} ngày", "Luật"] for number in range(1, 51))]
GOOD = make_workbook({"Hỏi đáp": ROWS, "질문": [["질문", "답변"], ["왜?", "그래서"]]})
SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def replace_part(part: str, change: Callable[[bytes], bytes], content: bytes = GOOD) -> bytes:
    """Change one part of a workbook, and its checksum with it."""
    with ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def flip_bit(content: bytes = GOOD, part: str = SHEET) -> bytes:
    """Damage the compressed data of one part."""
    with ZipFile(BytesIO(content)) as archive:
        at = archive.getinfo(part).header_offset + 30 + len(part.encode()) + 20
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def add_far_cells(*places: str) -> bytes:
    """Put a word into cells far from the table; each stands in a row of its own."""
    rows = "".join(
        f'<row r="{place.lstrip(ascii_uppercase)}"><c r="{place}" t="inlineStr"><is><t>xa</t></is></c></row>'
        for place in places
    )
    return replace_part(SHEET, lambda data: data.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))


def write_zeros(part: str, size: int) -> bytes:
    """Make a bomb: a part of so many bytes of white space, which pack a thousand to one."""
    piece = b" " * (1 << 20)
    buffer = BytesIO(GOOD)
    with ZipFile(buffer, "a", ZIP_DEFLATED) as archive, archive.open(part, "w") as stream:
        for _ in range(size >> 20):
            stream.write(piece)
    return buffer.getvalue()


def declare_entities(part: str = "xl/workbook.xml") -> bytes:
    """Make a bomb of XML: ten entities, each ten of the one before."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10))
    document = b'<!DOCTYPE x [<!ENTITY e0 "ha">' + entities + b"]>"
    return replace_part(part, lambda data: document + data.replace("Hỏi đáp".encode(), b"&e9;"))


def zip_of(*names: str) -> bytes:
    """Make an archive of small parts."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


def name_stream(name: str) -> bytes:
    """Make what looks like a compound file with one stream of that name."""
    return COMPOUND + bytes(504) + name.encode("utf-16-le") + bytes(1000)


_OWNER = b"\x05Nguyn" + b" " * 49 + b"\x05\0" + "Nguyn".encode("utf-16-le") + " ".encode("utf-16-le") * 49

# name → the content, and words of the one sentence that is said of the file.
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty (0 bytes)"),
    "zeros": (bytes(5000), "full of zero bytes"),
    "csv": ("Câu hỏi,Đáp án\nq,a\n".encode(), "a text file under the name of a workbook"),
    "csv in UTF-16": ("Câu hỏi\tĐáp án\n".encode("utf-16"), "a text file under the name of a workbook"),
    "web page": (b"<html><body><table></table></body></html>", "a web page under the name of a workbook"),
    "web page in UTF-16": ("<HTML><body></body></HTML>".encode("utf-16"), "a web page under the name of a workbook"),
    "web archive": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "a web archive (MHTML)"),
    "xml of 2003": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "an XML spreadsheet of 2003",
    ),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF, not a workbook"),
    "rtf": (b"{\\rtf1\\ansi", "it is a Rich Text file, not a workbook"),
    "image": (b"\x89PNG\r\n\x1a\n\0\0", "it is an image, not a workbook"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "it is a compressed archive, not a workbook"),
    "database": (b"SQLite format 3\0", "it is a database, not a workbook"),
    "random": (bytes(range(1, 256)) * 3, "of no known format"),
    "lock of excel": (_OWNER, "it is the lock that Excel keeps"),
    "excel 4": (b"\x09\x04\x06\0\0\0\x10\0\0\0", "a workbook of Excel 4 or older"),
    "password": (name_stream("EncryptedPackage"), "protected by a password"),
    "doc": (name_stream("WordDocument"), "it is a Word document"),
    "msg": (name_stream("__substg1.0_001A001F"), "it is a message of Outlook"),
    "compound of nothing": (COMPOUND + bytes(504), "damaged, or protected by a password"),
    "docx": (zip_of("[Content_Types].xml", "word/document.xml"), "it is a Word document, not a workbook"),
    "pptx": (zip_of("[Content_Types].xml", "ppt/presentation.xml"), "it is a PowerPoint presentation"),
    "numbers": (zip_of("Index/Document.iwa"), "it is a document of Apple Numbers"),
    "zip": (zip_of("a.txt", "b.txt"), "a zip archive without a workbook in it"),
    "cut in half": (GOOD[: len(GOOD) // 2], "it is cut off: its end is missing"),
    "cut by a byte": (GOOD[:-1], "it is "),
    "flipped byte": (flip_bit(), "it is damaged"),
    "zip bomb": (write_zeros("xl/worksheets/sheet9.xml", 128 << 20), "like a zip bomb"),
    "xml bomb": (declare_entities(), "defines entities"),
    "xml bomb in a sheet": (declare_entities(SHEET), "defines entities"),
    "xml cut off": (replace_part("xl/workbook.xml", lambda data: data[:100]), "a part of it is damaged or missing"),
    "xml of nothing": (replace_part("xl/workbook.xml", lambda data: b""), "a part of it is damaged or missing"),
}
