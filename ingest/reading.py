"""The options that name sources and say how they are read, for every command that reads them, declared once."""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from ingest.errors import UsageError
from ingest.model import IndexKind
from ingest.protocols import Source
from ingest.settings import flag
from ingest.sources import open_source
from ingest.sources.names import ROLES

_PLAIN = re.compile(r"[\w-]+(\[\d*\])?")  # a name in a path of Qdrant that needs no quotes


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read; None is unset."""

    excel: Annotated[
        list[Path] | None,
        flag(
            "--excel",
            "--csv",
            metavar="FILE",
            help="Workbook (.xlsx .xlsm .xls .xlsb .ods .csv .tsv), a folder or a quoted pattern.",
        ),
    ] = None
    text_dir: Annotated[
        list[Path] | None, flag("--text-dir", metavar="DIR", help="Folder of .txt, .md and .markdown files.")
    ] = None
    dataset: Annotated[
        str | None, flag("--dataset", metavar="NAME", help="Name of the dataset, for a run with one source.")
    ] = None
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ROLE=COLUMN",
            help='Column of a role: page_content="Cột khác". [env: CREATE_VECTOR_DB_MAP, one a line]',
        ),
    ] = None
    sheet: Annotated[
        list[str] | None,
        typer.Option("--sheet", metavar="NAME", help="Sheet to read. [env: CREATE_VECTOR_DB_SHEET, one a line]"),
    ] = None
    context_columns: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="COLUMN",
            help="Column that is embedded too, behind the question. [env: CREATE_VECTOR_DB_CONTEXT, one a line]",
        ),
    ] = None
    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include", metavar="PATTERN", help="Pattern of files to read. [env: CREATE_VECTOR_DB_INCLUDE, one a line]"
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="PATTERN", help="Pattern of files not to. [env: CREATE_VECTOR_DB_EXCLUDE, one a line]"
        ),
    ] = None
    encoding: Annotated[
        str | None,
        flag(
            "--encoding",
            metavar="NAME",
            help="Encoding of text and CSV files that are not Unicode. Default: found out of each.",
        ),
    ] = None


def open_sources(reading: Reading) -> list[Source]:
    """Make the sources that the options name; nothing is read yet. Raises UsageError where they name none."""
    excel, folders = reading.excel or [], reading.text_dir or []
    if not excel and not folders:
        raise UsageError("nothing to index: name a workbook (--excel faq.xlsx) or a folder of text (--text-dir laws)")
    if reading.dataset and len(excel) + len(folders) > 1:
        raise UsageError(f"--dataset {reading.dataset} names one source, but the run has several")
    include = reading.include or _read_lines("INCLUDE")
    exclude = reading.exclude or _read_lines("EXCLUDE")
    mapping = _read_mapping(reading.columns or _read_lines("MAP"))
    sheets = reading.sheet or _read_lines("SHEET")
    context = reading.context_columns or _read_lines("CONTEXT")
    named: Mapping[Literal["excel", "text"], Sequence[Path]] = {"excel": excel, "text": folders}
    return [
        open_source(
            kind,
            path,
            dataset=reading.dataset,
            mapping=mapping,
            sheets=sheets,
            include=include,
            exclude=exclude,
            encoding=reading.encoding or "",
            context=context,
        )
        for kind, paths in named.items()
        for path in paths
    ]


def read_indexes(given: Sequence[str]) -> tuple[tuple[str, IndexKind], ...]:
    """Read FIELD:KIND of each payload index: the path of the field as Qdrant writes it, and the kind.

    A name in it that holds more than letters, digits, "_" and "-" is quoted, as Qdrant asks. Raises UsageError.
    """
    kinds: dict[str, IndexKind] = {kind: kind for kind in get_args(IndexKind)}
    indexes: list[tuple[str, IndexKind]] = []
    for index in given or _read_lines("INDEX"):
        field, _, kind = unicodedata.normalize("NFC", index).strip().rpartition(":")
        if not field.strip(". ") or kind not in kinds:
            raise UsageError(f"--index {index}: write FIELD:KIND, metadata.rating:float; kinds are {', '.join(kinds)}")
        if field == "source" or field.startswith("ingest."):
            raise UsageError(f"--index {index}: this field has its index already; leave it out")
        if '"' not in field:
            field = ".".join(name if _PLAIN.fullmatch(name) else f'"{name}"' for name in field.split("."))
        indexes.append((field, kinds[kind]))
    return tuple(indexes)


def _read_mapping(columns: Sequence[str]) -> dict[str, list[str]]:
    mapping: dict[str, list[str]] = {}
    for column in columns:
        role, separator, name = column.partition("=")
        if not separator or role.strip() not in ROLES or not name.strip():
            raise UsageError(f'--map {column}: write ROLE="Column", with source, question or page_content as the role')
        mapping.setdefault(role.strip(), []).append(name.strip())
    return mapping


def _read_lines(name: str) -> list[str]:
    return [line for line in os.environ.get(f"CREATE_VECTOR_DB_{name}", "").splitlines() if line.strip()]
