"""Sources: what is read, and how it becomes documents."""

import os
from collections.abc import Mapping, Sequence
from typing import Literal

from ingest.errors import UsageError
from ingest.protocols import Source
from ingest.sources.excel import open_excel
from ingest.sources.text import open_text


def open_source(
    kind: Literal["excel", "text"],
    location: str | os.PathLike[str],
    *,
    dataset: str | None = None,
    mapping: Mapping[str, str | Sequence[str]] | None = None,
    sheets: Sequence[str] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    encoding: str = "",
    context: Sequence[str] = (),
) -> Source:
    """Make a source; nothing is read before its `files()`.

    location: "excel": a workbook, a folder of them, or a pattern ("faq/**/*.xlsx"); "text": a folder.
    dataset: its name in the collection; without one, the last part of the absolute path.
    mapping: "excel" only: the names of the columns for some of the roles "source", "question" and "page_content", one
    or several of each, for sheets that have the one or the other; a sheet that has none is read as without them.
    sheets: "excel" only: the only sheets to read.
    include, exclude: shell patterns for the path of a file within the folder, or for its name.
    encoding: of text and CSV files that do not show by their bytes that they are Unicode; without one it is found out.
    context: "excel" only: names of columns that are embedded too, behind the question.
    Raises UsageError for a kind, a mapping or an encoding that doesn't exist.
    """
    if not os.fspath(location):
        raise UsageError(f"the {kind} source has an empty path; name a {'folder' if kind == 'text' else 'workbook'}")
    match kind:
        case "excel":
            return open_excel(
                location,
                dataset=dataset,
                mapping=mapping or {},
                sheets=sheets,
                include=include,
                exclude=exclude,
                encoding=encoding,
                context=context,
            )
        case "text":
            return open_text(location, dataset=dataset, include=include, exclude=exclude, encoding=encoding)
        case _:
            raise UsageError(f'no source of the kind "{kind}"; there are "excel" and "text"')
