"""Workbooks for tests, written by hand: ECMA-376 with inline strings, no more parts than a reader asks for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from ingest.sources.cells import write_letters

Value: TypeAlias = str | int | float | bool | date | datetime | time | timedelta | Exception | None

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - what a cell holds has no zone
_FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
_STYLES = {kind: index for index, kind in enumerate(_FORMATS, start=1)}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def make_workbook(
    sheets: Mapping[str, Sequence[Sequence[Value]]],
    *,
    states: Mapping[str, str] | None = None,
    charts: Sequence[str] = (),
    corner: tuple[int, int] = (0, 0),
) -> bytes:
    """Make an .xlsx of sheets of rows, the top left cell of each at `corner` (row, column).

    states: "hidden" or "veryHidden" by sheet. charts: names of chart sheets that follow. None is no cell, and an
    exception the error value that its text names.
    """
    names = [*sheets, *charts]
    kinds = ["worksheet"] * len(sheets) + ["chartsheet"] * len(charts)
    parts = {
        "[Content_Types].xml": _write_types(kinds),
        "_rels/.rels": _write_relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _write_list(names, states or {}),
        "xl/_rels/workbook.xml.rels": _write_relations(
            [(kind, f"{kind}s/sheet{number}.xml") for number, kind in enumerate(kinds, start=1)]
        ),
        "xl/styles.xml": _write_styles(),
    }
    for number, (name, kind) in enumerate(zip(names, kinds, strict=True), start=1):
        data = "".join(_write_rows(sheets.get(name, ()), corner))
        parts[f"xl/{kind}s/sheet{number}.xml"] = f'<{kind} xmlns="{_MAIN}"><sheetData>{data}</sheetData></{kind}>'
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def _write_list(names: Sequence[str], states: Mapping[str, str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}" state="{states.get(name, "visible")}"/>'
        for number, name in enumerate(names, start=1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _write_types(kinds: Sequence[str]) -> str:
    """Write what openpyxl finds the parts by."""
    parts = [("xl/workbook.xml", "sheet.main"), ("xl/styles.xml", "styles")]
    parts += [(f"xl/{kind}s/sheet{number}.xml", kind) for number, kind in enumerate(kinds, start=1)]
    overrides = "".join(f'<Override PartName="/{path}" ContentType="{_TYPE}.{kind}+xml"/>' for path, kind in parts)
    return f'<Types xmlns="{_PACKAGE}/content-types">{overrides}</Types>'


def _write_relations(targets: Sequence[tuple[str, str]]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _write_styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{200 + style}" formatCode="{_FORMATS[kind]}"/>' for kind, style in _STYLES.items()
    )
    styles = "".join(f'<xf numFmtId="{200 + style}"/>' for style in _STYLES.values())
    return f'<styleSheet xmlns="{_MAIN}"><numFmts>{formats}</numFmts><cellXfs><xf/>{styles}</cellXfs></styleSheet>'


def _write_rows(rows: Sequence[Sequence[Value]], corner: tuple[int, int]) -> Iterator[str]:
    for row, values in enumerate(rows, start=corner[0] + 1):
        cells = (
            _write_cell(f"{write_letters(column)}{row}", value)
            for column, value in enumerate(values, start=corner[1])
            if value is not None
        )
        yield f'<row r="{row}">{"".join(cells)}</row>'


def _write_cell(place: str, value: Value) -> str:
    match value:
        case bool():
            return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        case Exception():
            return f'<c r="{place}" t="e"><v>{value}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value!r}</v></c>'
        case datetime():
            days = (value - _EPOCH) / timedelta(days=1)
        case date():
            days = (datetime(value.year, value.month, value.day) - _EPOCH).days  # noqa: DTZ001 - as above
        case time():
            days = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second) / timedelta(days=1)
        case _:
            assert value is not None
            days = value / timedelta(days=1)
    return f'<c r="{place}" s="{_STYLES[type(value)]}"><v>{days!r}</v></c>'
