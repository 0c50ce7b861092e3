"""The header of a table, and the rows below it that are headers again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.sources.cells import Cell, is_blank, write_text
from ingest.sources.names import is_text, normalise, recognise

LONG = 100  # characters; a cell with more is no heading by itself
_TABLE = 2  # roles: one name alone may be a text
_NUMBER = re.compile(r"([(\[]?)(\d{1,2})[)\].]?")


@dataclass(frozen=True, slots=True)
class Header:
    """A header, of one row or of two.

    place: the index of its last row among the rows that were searched.
    names: one for each cell, no two alike; an unnamed one is "column_" and its letters.
    columns: role → index of the cell; "page_content" is always there.
    doubt: why a person must choose a column, with the way to; "" where the choice is clear.
    told: the roles whose column was named by a user.
    """

    place: int
    names: tuple[str, ...]
    columns: Mapping[str, int]
    doubt: str
    told: Sequence[str] = ()

    def name_roles(self) -> Mapping[str, str]:
        """Give the name of each role's column."""
        return {role: self.names[index] for role, index in self.columns.items()}

    def is_repeated(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row says the names again, as at the top of a printed page, or in another language."""
        said = self._look(cells)
        if not all(isinstance(cell, str) and 0 < len(cell) <= LONG for cell in said.values()):
            return False
        if len(said) > 1 and all(find_role(cell) == role for role, cell in said.items()):
            return True
        same = all(is_blank(cell) or _is_same(cell, name) for cell, name in zip(cells, self.names, strict=False))
        return same and not any(map(is_blank, said.values()))

    def is_another(self, cells: Sequence[Cell], *, below_blank: bool) -> bool:
        """Tell whether a row is the header of another table, which has its columns in another order.

        It names two roles. Below a blank row they may all stand beside the columns of this table; elsewhere such a row
        was prepared for a text to come, with what kind of text it will be.
        """
        said = [cell for cell in self._look(cells).values() if not is_blank(cell)]
        named = sum(map(bool, map(find_role, said)))
        if not named and (said or not below_blank):
            return False
        found = {at: role for at, role in enumerate(map(find_role, cells)) if role}
        if len(set(found.values())) < _TABLE or (named < len(said) and not looks_like_names(cells)):
            return False
        displaced = any(self.columns.get(role) != at for at, role in found.items())
        return displaced and not self.is_repeated(cells)

    def resembles(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row may be the header of another table: one role is named, and nothing in it is a sentence.

        That is not enough to be sure: "Căn cứ pháp lý?" is asked too, and "Luật Đất đai" a whole answer.
        """
        named = any(map(find_role, self._look(cells).values()))
        return named and looks_like_names(cells) and not self.is_repeated(cells)

    def _look(self, cells: Sequence[Cell]) -> dict[str, Cell]:
        return {role: cells[at] if at < len(cells) else "" for role, at in self.columns.items()}


def find_role(cell: Cell) -> str:
    """Give the role that a cell names, by more than a letter; "" for none: a "Q" and an "A" may be a row."""
    if not isinstance(cell, str) or not 1 < len(cell) <= LONG or is_text(cell):
        return ""
    text = write_text(cell)
    known = recognise(text) if len(text) > 1 else None
    return known[0] if known else ""


def looks_like_names(cells: Sequence[Cell]) -> bool:
    """Tell whether every cell can name a column: a short text, or a whole number such as a year."""
    return all(is_blank(cell) or _is_name(cell, write_text(cell)) for cell in cells)


def numbers_columns(cells: Sequence[Cell]) -> bool:
    """Tell whether a row under a header counts its columns, from 1: (1) (2) (3), or 1 2 3 of three columns at least."""
    texts = [write_text(cell) for cell in cells if not is_blank(cell)]
    found = [_NUMBER.fullmatch(text) for text in texts]
    counted = [int(number[2]) for number in found if number]
    bare = any(not (number and number[1]) for number in found)
    return counted == list(range(1, 1 + len(texts))) and len(counted) > (_TABLE if bare else 1)


def write_name(cell: Cell) -> str:
    """Write the name of a column on one line."""
    return " ".join(write_text(cell).split())


def _is_name(cell: Cell, text: str) -> bool:
    return len(text) <= LONG if isinstance(cell, str) else text.isdigit()


def _is_same(cell: Cell, name: str) -> bool:
    return normalise(write_name(cell)) == normalise(name)
