"""Which row of a sheet is its header, and which of its columns plays which role."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.sources.cells import Cell, Covered, is_blank, write_letters, write_text
from ingest.sources.names import ANSWERS, CONTENTS, ROLES, normalise, recognise

SEARCHED = 20  # rows in which a header is looked for: titles, logos and dates of printing stand above it
_LONG = 100  # characters; a cell with more is no heading


@dataclass(frozen=True, slots=True)
class Header:
    """A header, of one row or of two.

    place: the index of its last row among the rows that were searched.
    names: one for each cell, no two alike; an unnamed one is "column_" and its letters.
    columns: role → index of the cell; "page_content" is always there.
    doubt: why a person must choose a column, with the way to; "" where the choice is clear.
    """

    place: int
    names: tuple[str, ...]
    columns: Mapping[str, int]
    doubt: str

    def name_roles(self) -> Mapping[str, str]:
        """Give the name of each role's column."""
        return {role: self.names[index] for role, index in self.columns.items()}

    def is_repeated(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row says the names again, as at the top of a printed page, or in another language."""
        said = {role: cells[at] if at < len(cells) else "" for role, at in self.columns.items()}
        if not all(isinstance(cell, str) and 0 < len(cell) <= _LONG for cell in said.values()):
            return False
        if len(said) > 1 and all(_find_role(cell) == role for role, cell in said.items()):
            return True
        return all(is_blank(cell) or _is_same(cell, name) for cell, name in zip(cells, self.names, strict=False))

    def is_another(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row is the header of another table, which has its columns in another order."""
        filled = {role: cells[at] for role, at in self.columns.items() if at < len(cells) and not is_blank(cells[at])}
        named = {role: _find_role(cell) for role, cell in filled.items()}
        if len(named) < 2 or not all(named.values()):  # noqa: PLR2004 # one name alone may be a text
            return False
        return any(role != other for role, other in named.items()) and not self.is_repeated(cells)


def find_header(rows: Sequence[Sequence[Cell]], first: int, mapping: Mapping[str, str]) -> Header | None:
    """Find the header among the first rows of a sheet, whose cells begin in column `first`, counted from 0.

    It is the first row that has every column of `mapping` (role → name), or, without one, the row with the most roles
    and of those the widest. A row without a column for page_content is none. Two rows are one header where some of
    its names stand in the upper one: those of cells merged with the ones below, or of columns unnamed in the lower.
    """
    lines = _fill_down(rows)
    found = []
    for place, cells in enumerate(lines):
        alone = _read_header(place, cells, first, mapping)
        joined = _read_header(place, _join(lines[place - 1], cells), first, mapping) if place else None
        if joined and len(joined.columns) > max(_count_roles(lines[place - 1]), _count_roles(cells)):
            found.append(joined)
        elif alone:
            found.append(alone)
    if not found:
        return None
    best = found[0] if mapping else max(found, key=lambda header: (len(header.columns), len(header.names)))
    if (below := best.place + 1) < len(rows) and _continues(rows[below], best):
        best = _read_header(below, lines[below], first, mapping) or best
    above = [header for header in found if header.place < best.place - 1 and _is_row(rows[header.place])]
    return replace(best, doubt=_doubt_row(above[0], best)) if above and not mapping else best


def list_names(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """List what may be the names of columns where no header was recognised: the texts of the row that has most."""
    texts = [
        tuple(_write_name(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell)) for cells in rows
    ]
    return max(texts, key=len, default=())


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


def _count_roles(cells: Sequence[Cell]) -> int:
    """Count the roles that a row names by itself, page_content or not."""
    return len(_rank_columns(cells, taken={})) if _looks_like_names(cells) else 0


def _continues(cells: Sequence[Cell], header: Header) -> bool:
    """Tell whether a row is the second of a header: each role's cell is merged with its name, and others are named."""
    roles = [_look(cells, at) for at in header.columns.values()]
    return all(isinstance(cell, Covered) for cell in roles) and not all(map(is_blank, cells))


def _find_role(cell: Cell) -> str:
    text = write_text(cell)
    known = recognise(text) if len(text) > 1 else None  # a "Q" and an "A" may be a row
    return known[0] if known else ""


def _is_same(cell: Cell, name: str) -> bool:
    return normalise(_write_name(cell)) == normalise(name)


def _read_header(place: int, cells: Sequence[Cell], first: int, mapping: Mapping[str, str]) -> Header | None:
    if not mapping and not _looks_like_names(cells):
        return None
    names = tuple(_make_unique(cells, first))
    columns: dict[str, int] = {}
    by_name = {normalise(name): index for index, name in enumerate(names) if not is_blank(cells[index])}
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
    return Header(place, names, columns, "; ".join(doubts)) if "page_content" in columns else None


def _looks_like_names(cells: Sequence[Cell]) -> bool:
    """Tell whether every cell can name a column: a short text, or a whole number such as a year."""
    return all(is_blank(cell) or _is_name(cell, write_text(cell)) for cell in cells)


def _is_name(cell: Cell, text: str) -> bool:
    return len(text) <= _LONG if isinstance(cell, str) else text.isdigit()


def _rank_columns(cells: Sequence[Cell], *, taken: Mapping[str, int]) -> dict[str, list[tuple[int, int]]]:
    """List for each role that isn't taken the (rank, index) of the columns that could play it."""
    ranked: dict[str, list[tuple[int, int]]] = {}
    letters = []
    for index, cell in enumerate(cells):
        known = recognise(write_text(cell)) if isinstance(cell, str) and index not in taken.values() else None
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
        name = given = _write_name(cell) or name_column(column)
        copies = 1
        while normalise(name) in seen:
            copies += 1
            name = f"{given}_{copies}"
        seen.add(normalise(name))
        yield name


def _write_name(cell: Cell) -> str:
    return " ".join(write_text(cell).split())


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
