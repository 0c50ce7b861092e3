"""Spreadsheets of OpenDocument for tests, written by hand: no more parts than a reader asks for."""

from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "draw": "drawing",
    }.items()
)
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_STYLES = (
    '<office:automatic-styles><style:style style:name="ta1" style:family="table">'
    '<style:table-properties table:display="true"/></style:style><style:style style:name="ta2" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)
COVERED = "<table:covered-table-cell/>"


def make_document(*tables: str, kind: str = "spreadsheet") -> bytes:
    """Make an .ods of tables."""
    body = f"<office:body><office:{kind}>{''.join(tables)}</office:{kind}></office:body>"
    head = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES} '
    links = f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:calcext="{_CALC}" office:version="1.3">'
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", f"{head}{links}{_STYLES}{body}</office:document-content>")
    return buffer.getvalue()


def table(*rows: str, name: str = "FAQ", hidden: bool = False) -> str:
    """Write a sheet."""
    return f'<table:table table:name="{escape(name)}" table:style-name="ta{1 + hidden}">{"".join(rows)}</table:table>'


def row(*cells: str, repeated: int = 1) -> str:
    """Write a row; a cell that is no XML is a text."""
    written = "".join(cell if cell.startswith("<") else text(f"<text:p>{escape(cell)}</text:p>") for cell in cells)
    return f'<table:table-row table:number-rows-repeated="{repeated}">{written}</table:table-row>'


def text(paragraphs: str, attributes: str = "") -> str:
    """Write a cell of text."""
    return f'<table:table-cell office:value-type="string" {attributes}>{paragraphs}</table:table-cell>'


def value(kind: str, attribute: str, shown: str = "?", more: str = "") -> str:
    """Write a cell of another type."""
    typed = f'office:value-type="{kind}" {attribute} {more}'
    return f"<table:table-cell {typed}><text:p>{shown}</text:p></table:table-cell>"


def blanks(count: int) -> str:
    """Write blank cells."""
    return f'<table:table-cell table:number-columns-repeated="{count}"/>'
