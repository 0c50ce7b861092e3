"""Which row of a sheet is its header, and which of its columns plays which role."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ingest.sources.cells import Cell, Covered, is_blank, write_letters, write_text
from ingest.sources.header import LONG, Header, find_role, looks_like_names, write_name
from ingest.sources.mapping import Named
from ingest.sources.names import ANSWERS, CONTENTS, ROLES, normalise, recognise

SEARCHED = 20  # rows in which a header is looked for: titles, logos and dates of printing stand above it


def find_header(rows: Sequence[Sequence[Cell]], first: int, mapping: Named) -> Header | None:
    """Find the header among the first rows of a sheet, whose cells begin in column `first`, counted from 0.

    It is the first row of those that have the most columns of `mapping`; where no row has one, the row with the most
    roles and of those the widest: a name that is meant for another sheet does not hide the header of this one.
    A row without a column for page_content is none. Two rows are one header where some of
    its names stand in the upper one: those of cells merged with the ones below, or of columns unnamed in the lower.
    Cells that are no names, a date or a long explanation, are let pass beside two roles, where no row above has one.
    """
    lines = _fill_down(rows)
    found = (_find_header(rows, lines, first, fitting) for fitting in _fit(mapping, lines, first))
    return next((header for header in found if header), None)


def _fit(mapping: Named, lines: Sequence[Sequence[Cell]], first: int) -> list[dict[str, str]]:
    """List role → name of those columns of a mapping that stand in a row, or in two that may be one header.

    The most columns come first, and none at all last: a title, too, may say the name of a source.
    """
    fitting: list[dict[str, str]] = []
    for place, cells in enumerate(lines) if mapping else ():
        for line in (cells, _join(lines[place - 1], cells) if place else cells):
            there = _index_names(line, tuple(_make_unique(line, first)))
            named = {role: [name for name in names if normalise(name) in there] for role, names in mapping.items()}
            chosen = {role: names[0] for role, names in named.items() if names}
            if chosen and chosen not in fitting:
                fitting.append(chosen)
    return [*sorted(fitting, key=len, reverse=True), {}]


def _find_header(
    rows: Sequence[Sequence[Cell]], lines: Sequence[Sequence[Cell]], first: int, mapping: Mapping[str, str]
) -> Header | None:
    """Find the header that has every column of `mapping`."""
    found: list[Header] = []
    for place, cells in enumerate(lines):
        strict = bool(found) or not _names_table(cells)
        alone = _read_header(place, cells, first, mapping, strict=strict)
        joined = _read_header(place, _join(lines[place - 1], cells), first, mapping) if place else None
        if joined and len(joined.columns) > max(_count_roles(lines[place - 1]), _count_roles(cells)):
            found.append(joined)
        elif alone:
            found.append(alone)
    if not found:
        return None
    best = found[0] if mapping else max(found, key=lambda header: (len(header.columns), len(header.names)))
    if (below := best.place + 1) < len(rows):
        if _continues(rows[below], best):
            best = _read_header(below, lines[below], first, mapping) or best
        elif not mapping and best.is_repeated(rows[below]) and (more := _name_more(best, rows[below], first)):
            best = _read_header(below, more, first, mapping) or best  # says the names in another language
    above = [header for header in found if header.place < best.place - 1 and _is_row(rows[header.place])]
    return replace(best, doubt=_doubt_row(above[0], best)) if above and not mapping else best


def list_names(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """List what may be the names of columns where no header was recognised.

    They are the texts of the row that has most names which are known for a role, and of those the most texts.
    """
    texts = [
        tuple(write_name(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell)) for cells in rows
    ]
    return max(texts, key=lambda row: (sum(map(bool, map(find_role, row))), len(row)), default=())


def name_column(column: int) -> str:
    """Name a column that has no name of its own; counted from 0."""
    return f"column_{write_letters(column)}"


def _fill_down(rows: Sequence[Sequence[Cell]]) -> list[Sequence[Cell]]:
    """Write into cells that are merged with one above what that one says."""
    filled: list[Sequence[Cell]] = []
    for cells in rows:
        above = filled[-1] if filled else ()
        filled.append([_look(above, at) if isinstance(cell, Covered) else cell for at, cell in enumerate(cells)])
    return filled


def _look(cells: Sequence[Cell], at: int) -> Cell:
    return cells[at] if at < len(cells) else ""


def _join(upper: Sequence[Cell], lower: Sequence[Cell]) -> list[Cell]:
    return [_look(upper, at) if is_blank(cell) else cell for at, cell in enumerate(lower)]


def _name_more(header: Header, cells: Sequence[Cell], first: int) -> list[Cell]:
    """Give the names of a header with those of a row for the columns that have none; [] where it has none for them."""
    names = ["" if name == name_column(first + at) else name for at, name in enumerate(header.names)]
    both = [_look(names, at) or _look(cells, at) for at in range(max(len(names), len(cells)))]
    return both if sum(map(bool, names)) < sum(not is_blank(cell) for cell in both) else []


def _count_roles(cells: Sequence[Cell]) -> int:
    """Count the roles that a row names by itself, page_content or not."""
    return len(_rank_columns(cells, taken={})) if looks_like_names(cells) else 0


def _names_table(cells: Sequence[Cell]) -> bool:
    """Tell whether a row names two roles, page_content among them, and has fewer long texts than those."""
    roles = _rank_columns(cells, taken={})
    long = sum(isinstance(cell, str) and len(cell) > LONG for cell in cells)
    return "page_content" in roles and len(roles) > max(long, 1)


def _continues(cells: Sequence[Cell], header: Header) -> bool:
    """Tell whether a row is the second of a header: each role's cell is merged with its name, and others are named."""
    roles = [_look(cells, at) for at in header.columns.values()]
    return all(isinstance(cell, Covered) for cell in roles) and not all(map(is_blank, cells))


def _read_header(
    place: int, cells: Sequence[Cell], first: int, mapping: Mapping[str, str], *, strict: bool = True
) -> Header | None:
    if strict and not mapping and not looks_like_names(cells):
        return None
    if not mapping and "page_content" not in _rank_columns(cells, taken={}):
        return None
    names = tuple(_make_unique(cells, first))
    columns: dict[str, int] = {}
    by_name = _index_names(cells, names)
    for role, name in mapping.items():
        if (index := by_name.get(normalise(name))) is None:
            return None
        columns[role] = index
    candidates = _rank_columns(cells, taken=columns)
    doubts = []
    for role, ranked in candidates.items():
        best = [index for rank, index in ranked if rank == min(ranked)[0]]
        columns[role] = best[0]
        if len(best) > 1:
            doubts.append(_doubt(role, [(names[index], write_letters(first + index)) for index in best]))
    return Header(place, names, columns, "; ".join(doubts), tuple(mapping)) if "page_content" in columns else None


def _index_names(cells: Sequence[Cell], names: Sequence[str]) -> dict[str, int]:
    """Give the index of each column that has a name of its own, by that name as it is compared."""
    return {normalise(name): index for index, name in enumerate(names) if not is_blank(cells[index])}


def _rank_columns(cells: Sequence[Cell], *, taken: Mapping[str, int]) -> dict[str, list[tuple[int, int]]]:
    """List for each role that isn't taken the (rank, index) of the columns that could play it."""
    ranked: dict[str, list[tuple[int, int]]] = {}
    letters = []
    for index, cell in enumerate(cells):
        named = isinstance(cell, str) and cell and index not in taken.values()
        known = recognise(write_text(cell)) if named else None
        if known and known[0] not in taken:
            ranked.setdefault(known[0], []).append((known[1], index))
            letters.append(len(normalise(write_text(cell))) == 1)
    roles = {*ranked, *taken}
    if all(letters) and len(roles) == 1:  # an "A" by itself is a mark or a grade; beside a "Q" it is an answer
        return {}
    if "question" not in roles and "page_content" in ranked:  # an answer goes before a content only to a question
        levelled = [(CONTENTS if rank == ANSWERS else rank, index) for rank, index in ranked["page_content"]]
        ranked["page_content"] = levelled
    return {role: ranked[role] for role in ROLES if role in ranked}


def _make_unique(cells: Iterable[Cell], first: int) -> Iterator[str]:
    seen: set[str] = set()
    for column, cell in enumerate(cells, start=first):
        name = given = write_name(cell) or name_column(column)
        copies = 1
        while normalise(name) in seen:
            copies += 1
            name = f"{given}_{copies}"
        seen.add(normalise(name))
        yield name


def _is_row(cells: Sequence[Cell]) -> bool:
    """Tell a row of a table from a title, which stands alone."""
    return sum(not is_blank(cell) for cell in cells) > 1


def _doubt_row(above: Header, best: Header) -> str:
    """Say that the rows between two headers would be lost if the lower one were taken."""
    name = above.names[above.columns["page_content"]]
    return (
        f"row {above.place + 1} and row {best.place + 1} each look like the header; choose with --map "
        f'page_content="{name}", or take the other row out'
    )


def _doubt(role: str, columns: Sequence[tuple[str, str]]) -> str:
    named = " and ".join(f'"{name}" (column {letters})' for name, letters in columns)
    choice = " or ".join(f'--map {role}="{name}"' for name, _ in columns)
    return f"{named} could each be the {role}; choose with {choice}"
