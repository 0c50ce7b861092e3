import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Document, File, Ignored, Skipped
from ingest.sources import open_source
from tests.sources.hostile import GOOD, REFUSED, ROWS, SHEET, add_far_cells, replace_part

Item = Document | Skipped | Ignored


def read(content: bytes, name: str = "faq.xlsx") -> list[Item]:
    items = open_source("excel", name).parse(File(name, name), content)
    return [item for item in items if isinstance(item, Document | Skipped | Ignored)]


def answers(items: list[Item]) -> list[tuple[str, int | None, str, str, str]]:
    return [
        (item.sheet, item.row, item.question, item.text, item.source) for item in items if isinstance(item, Document)
    ]


EXPECTED = answers(read(GOOD))


def test_the_good_workbook_is_what_it_should_be() -> None:
    rows = [("Hỏi đáp", place, *row) for place, row in enumerate(ROWS[1:], start=2)]
    assert [*rows, ("질문", 2, "왜?", "그래서", "")] == EXPECTED


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_skipped_with_one_sentence_of_its_own(case: str) -> None:
    content, words = REFUSED[case]
    for name in ("faq.xlsx", "faq.xls", "faq.ods"):
        [item] = read(content, name)
        assert isinstance(item, Skipped)
        assert (item.origin, item.where) == (name, "")
        assert words in item.reason
        assert "; " in item.reason, "the way out"
        assert "\n" not in item.reason
        assert len(item.reason) < 300


def test_no_two_defects_that_call_for_different_ways_out_are_told_alike() -> None:
    assert len({words for _, words in REFUSED.values()}) > 25


@pytest.mark.parametrize("place", ["XFD1048576", "XFD3000", "A1048576"])
def test_a_cell_far_away_costs_nothing_but_itself(place: str) -> None:
    assert answers(read(add_far_cells(place))) == EXPECTED


@pytest.mark.parametrize("dimension", [b"A1", b"A1:XFD1048576"])
def test_a_wrong_dimension_hides_no_row(dimension: bytes) -> None:
    tags = b'<dimension ref="%b"/><sheetData>' % dimension
    assert answers(read(replace_part(SHEET, lambda data: data.replace(b"<sheetData>", tags)))) == EXPECTED


place = st.integers(0, len(GOOD) - 1)


@given(
    st.lists(st.tuples(place, st.integers(0, 255)), max_size=4),
    st.one_of(st.none(), place),
    st.one_of(st.none(), st.tuples(place, place)),
)
def test_damage_is_skipped_or_does_no_harm(
    changes: list[tuple[int, int]], cut: int | None, moved: tuple[int, int] | None
) -> None:
    damaged = bytearray(GOOD)
    for at, value in changes:
        damaged[at] = value
    if moved:
        damaged[moved[0] : moved[0]] = damaged[moved[1] : moved[1] + 100]
    items = read(bytes(damaged[:cut]))
    sheets = {item.where for item in items if isinstance(item, Skipped)}
    found = answers(items)
    assert found == [row for row in EXPECTED if f"sheet {row[0]}" not in sheets and "" not in sheets]


@given(
    st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=3), st.sampled_from([SHEET, "xl/workbook.xml"])
)
def test_damage_behind_a_right_checksum_never_raises(changes: list[tuple[int, int]], part: str) -> None:
    def damage(data: bytes) -> bytes:
        changed = bytearray(data)
        for at, value in changes:
            changed[at % len(changed)] = value
        return bytes(changed)

    assert read(replace_part(part, damage))
