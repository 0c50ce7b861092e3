"""What is said of cells, put into rows as a library gives them."""

from ingest.sources.cells import Covered, Failed, Linked, Unsaved
from ingest.sources.marks import Marks, group_merged, mark_rows


def test_a_merged_range_covers_the_cells_below_its_first_and_ends_where_it_ends() -> None:
    marks = group_merged([((1, 3), (2, 3)), ((3, 3), (4, 4)), ((0, 0), (0, 5))])
    rows = list(mark_rows(iter([["a"], ["b", "x"], ["c"], ["d", "y"], ["", ""], ["e", ""]]), 2, marks))
    assert rows == [["a"], ["b", "x"], ["c", ""], ["d", "y"], ["", ""], ["e", ""]]
    covered = [[at for at, cell in enumerate(row) if type(cell) is Covered] for row in rows]
    assert covered == [[], [], [1], [], [1], []]


def test_a_row_of_formulas_only_is_there_although_no_library_gives_it() -> None:
    rows = list(mark_rows(iter([["a"]]), 0, Marks(unsaved={3: [1], 0: [0]})))
    assert rows == [["a"], [], [], ["", ""]]
    assert type(rows[3][1]) is Unsaved
    assert type(rows[0][0]) is str  # a value that is there counts


def test_an_error_and_a_link_without_a_saved_text_fill_blank_cells_only() -> None:
    marks = Marks(
        failed={0: {0: Failed(error="#N/A"), 1: Failed(error="#REF!")}},
        links={0: {2: Linked("Luật", url="u"), 3: Linked(url="v"), 4: Linked("x", url="w")}},
    )
    [row] = mark_rows(iter([["", "a", "", "", "b"]]), 0, marks)
    assert row == ["", "a", "Luật", "", "b"]
    assert [type(cell) for cell in row] == [Failed, str, Linked, str, Linked]
    assert [cell.url for cell in row if isinstance(cell, Linked)] == ["u", "w"]


def test_a_link_on_a_whole_column_is_on_each_text_of_it_and_makes_no_row() -> None:
    link = Linked(url="https://luat.vn")
    marks = Marks(links={2: {0: Linked(url="u")}}, long_links={1: [(0, (1 << 20) - 1, link)], 2: [(1, 3, link)]})
    rows = list(mark_rows(iter([["a", "b"], ["c", ""], ["d", "e"], ["", "f"], ["g", "h"]]), 0, marks))
    urls = [[getattr(cell, "url", None) for cell in row] for row in rows]
    assert urls == [[None, None], [link.url, None], ["u", link.url], [None, link.url], [link.url, None]]
