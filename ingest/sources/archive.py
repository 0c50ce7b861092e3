"""A look into a zipped workbook before anything parses it: whether it is whole, and how large it would become."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingest.sources.unreadable import PROTECTED, RefusedError, quote

UNPACKED = 1 << 30  # bytes of all parts that a reader opens
_RATIO, _RATIO_FROM = 200, 64 << 20  # the densest of some 440 honest workbooks had a part packed 121 to 1
_MEMBERS = 50_000
_CHUNK = 1 << 20
_SEAM = 256  # bytes of a chunk that are looked at again with the next: longer than any tag's beginning up to its place
_HEAD = 4096
_ERRORS = (BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError, ArithmeticError, zlib.error)
_UNREAD = re.compile(r"(^|/)(media|embeddings|pictures|thumbnails)/", re.IGNORECASE)  # a reader never opens these
_ENTITY = (b"<!ENTITY", "<!ENTITY".encode("utf-16-le"), "<!ENTITY".encode("utf-16-be"))
_CELL = re.compile(rb'[<:]c\s[^<>]{0,200}?\br="([A-Za-z]{1,3})\d')
_ROW = re.compile(rb'[<:]row\s[^<>]{0,200}?\br="(\d{1,7})"')
_MANIFEST = "META-INF/manifest.xml"


@dataclass(frozen=True, slots=True)
class Archive:
    """What was found.

    names: of all its parts, with "/". cells: of the smallest rectangle that holds the cells of the largest sheet, as
    far as they say where they stand. farthest: the lower right corner of that rectangle, "XFD1048576".
    """

    names: tuple[str, ...]
    cells: int
    farthest: str


def inspect(content: bytes) -> Archive:
    """Read a zipped workbook through once, without parsing it. Raises RefusedError where no library should try.

    Each part that a reader opens is unpacked, a piece at a time, and compared with its checksum.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            _check_sizes(members)
            extents = [_read_part(archive, member) for member in members if not _UNREAD.search(member.filename)]
    except _ERRORS as error:
        if isinstance(error, RefusedError):
            raise
        if "not a zip file" in str(error):  # its list of parts, which stands at the end, was not found
            raise RefusedError("it is cut off: its end is missing; restore it from the original") from error
        raise RefusedError(f"it is damaged ({quote(error)}); restore it from the original") from error
    cells, farthest = max(extents, default=(0, ""))
    return Archive(tuple(member.filename.replace("\\", "/") for member in members), cells, farthest)


def _check_sizes(members: list[ZipInfo]) -> None:
    if any(member.flag_bits & 1 for member in members):
        raise RefusedError(PROTECTED)
    if len(members) > _MEMBERS:
        raise RefusedError(f"it is an archive of {len(members):,} files, which no workbook is; take it out")
    read = [member for member in members if not _UNREAD.search(member.filename)]
    total = sum(member.file_size for member in read)
    dense = any(member.file_size > max(_RATIO_FROM, _RATIO * member.compress_size) for member in read)
    if total > UNPACKED or dense:
        raise RefusedError(
            f"it would unpack to {_write_size(total)}, like a zip bomb; "
            "if it is honest, delete empty rows and columns that hold only formats, and split it"
        )


def _read_part(archive: ZipFile, member: ZipInfo) -> tuple[int, str]:
    """Unpack a part; give the cells of the rectangle that a sheet fills and its far corner."""
    columns: set[bytes] = set()
    top, bottom, sheet = 0, 0, False
    try:
        part = archive.open(member)
    except NotImplementedError:  # a kind of compression that the readers may know
        return 0, ""
    with part:
        for number, chunk in enumerate(_read_chunks(part)):
            if number == 0:
                sheet = b"worksheet" in chunk[:_HEAD]
                if member.filename == _MANIFEST and b"encryption-data" in chunk:
                    raise RefusedError(PROTECTED)
            if any(word in chunk for word in _ENTITY) and member.filename.endswith((".xml", ".rels")):
                raise RefusedError(
                    "its XML defines entities, as a bomb of XML does and no workbook; open it and save it again"
                )
            if sheet:
                columns.update(_CELL.findall(chunk))
                rows = [int(row) for row in _ROW.findall(chunk)]
                top, bottom = min([*rows, top or bottom or 1 << 30]), max([*rows, bottom])
    if not columns or not bottom:
        return 0, ""
    numbers = sorted((_read_letters(letters), letters) for letters in columns)
    width = numbers[-1][0] - numbers[0][0] + 1
    return width * (bottom - top + 1), f"{numbers[-1][1].decode().upper()}{bottom}"


def _read_chunks(part: IO[bytes]) -> Iterator[bytes]:
    """Read a part to its end, where its checksum is compared; each piece begins with the end of the one before."""
    seam = b""
    while chunk := part.read(_CHUNK):
        yield seam + chunk
        seam = chunk[-_SEAM:]


def _read_letters(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _write_size(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
