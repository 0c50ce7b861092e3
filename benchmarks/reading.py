# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how fast a large workbook is read, and the memory that the run and its child process take.

Run `python benchmarks/reading.py [ROWS]`. pandas is measured beside it where it is installed.
"""

import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

ROWS = 300_000
PARENT_MEMORY = 300  # MB that the parent may take, whatever the rows
HEADER = ("Câu hỏi", "Đáp án", "Nguồn", "Ghi chú")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
}


def write_workbook(path: Path, rows: int) -> None:
    """Write a workbook of four columns of text, about 740 bytes a row, its texts in the shared table as Excel does."""
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in PARTS.items():
            archive.writestr(name, content)
        with archive.open("xl/sharedStrings.xml", "w") as strings:
            strings.write(f'<sst xmlns="{MAIN}">'.encode())
            for row in range(rows + 1):
                strings.write("".join(f"<si><t>{text}</t></si>" for text in _write_row(row)).encode())
            strings.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for row in range(rows + 1):
                cells = "".join(
                    f'<c r="{letter}{row + 1}" t="s"><v>{4 * row + at}</v></c>' for at, letter in enumerate("ABCD")
                )
                sheet.write(f'<row r="{row + 1}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def read_here(path: Path) -> int:
    """Read the documents of a workbook; give their number."""
    from ingest.model import Document  # noqa: PLC0415 - one reader in one process
    from ingest.sources import open_source, workbook  # noqa: PLC0415 - as above

    source = open_source("excel", path)
    [file] = source.files()
    items = source.parse(file, Path(file.path).read_bytes())
    count = sum(isinstance(item, Document) for item in items)
    workbook._share_reader().close()  # noqa: SLF001 - what a child took is known when it has ended
    return count


def read_with_pandas(path: Path, engine: str) -> int:
    """Read a workbook as most programs do; give its rows."""
    import pandas as pd  # noqa: PLC0415 - a peer, which may not be here

    return sum(1 for _ in pd.read_excel(path, engine=engine).itertuples())


def measure(reader: str, path: Path) -> None:
    """Read in this process, and print rows, seconds, and the peak memory of this process and of its child in MB."""
    import resource  # noqa: PLC0415 - Windows has none

    started = time.perf_counter()
    rows = read_here(path) if reader == "create-vector-db" else read_with_pandas(path, reader.removeprefix("pandas, "))
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(rows, seconds, *(peak // unit for peak in peaks))


def report(rows: int) -> None:
    """Print a line for each reader."""
    readers = ["create-vector-db"]
    if find_spec("pandas"):
        readers += ["pandas, calamine", *(["pandas, openpyxl"] if find_spec("openpyxl") else [])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faq.xlsx"
        write_workbook(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        for reader in readers:
            command = [sys.executable, __file__, "--measure", reader, str(path)]
            said = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=True).stdout
            read, seconds, own, child = (float(number) for number in said.split())
            assert read == rows, read
            took = f"{own:.0f} MB"
            if reader == readers[0]:
                took += f" ({own / PARENT_MEMORY:.2f} of its limit), child {child:.0f} MB"
            print(f"{reader:18}: {seconds:6.1f} s {rows / seconds:8,.0f} rows/s, {took}")


def _write_row(row: int) -> tuple[str, ...]:
    if row == 0:
        return HEADER
    return (
        f"Người lao động được nghỉ phép năm bao nhiêu ngày, trường hợp {row}?",
        f"Người lao động làm việc đủ 12 tháng thì được nghỉ hằng năm, hưởng nguyên lương, số {row}. " * 5,
        f"Điều {row} Bộ luật Lao động 2019",
        f"Ghi chú số {row}: xem thêm văn bản hướng dẫn.",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], Path(sys.argv[3]))
    else:
        report(int(sys.argv[1]) if sys.argv[1:] else ROWS)
