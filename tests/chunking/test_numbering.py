"""What is doubtful stays where its number is in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.numbering import find_misplaced, order
from ingest.chunking.ranks import ANNEX, ARTICLE, Heading


def make(number: str, *, sure: bool, rank: int = ARTICLE) -> Heading:
    return Heading(0, 0, "", rank, None, f"Article {number}", number, sure)


def keep(*numbers: str) -> list[str]:
    """Keep of numbers those in their place; "5!" is sure, "" an annex."""
    headings = [
        make(number.rstrip("!"), sure=number.endswith("!") or not number, rank=ARTICLE if number else ANNEX)
        for number in numbers
    ]
    misplaced = find_misplaced(headings)
    return [number for position, number in enumerate(numbers) if position not in misplaced]


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [
        ("1 2 3", "1 2 3"),
        ("1 2 9 3 4", "1 2 3 4"),
        ("1 2 1 3 4", "1 2 3 4"),
        ("1 2 1 2 3", "1 2 1 2 3"),
        ("5 6 7", "5 6 7"),
        ("5", ""),
        ("5 9", ""),
        ("1 4 8", "1 4"),
        ("1! 3 2! 3 9! 8", "1! 2! 3 9!"),
        ("9! 5 3! 4", "9! 3! 4"),
        ("I II III IV", "I II III IV"),
        ("one two Three", "one two Three"),
        ("5! 5a 5b 6!", "5! 5a 5b 6!"),
        ("4! 4의2 4의10 5!", "4! 4의2 4의10 5!"),
        ("2.1! 2.2 2.10 3.1!", "2.1! 2.2 2.10 3.1!"),
    ],
)
def test_what_is_kept(numbers: str, kept: str) -> None:
    assert keep(*numbers.split()) == kept.split()


def test_an_annex_has_numbers_of_its_own() -> None:
    assert keep("1", "2", "", "1", "2") == ["1", "2", "", "1", "2"]
    assert keep("8!", "9", "", "10") == ["8!", "9", ""]


def test_numbers_are_in_order() -> None:
    numbers = ["I", "IV", "5", "5a", "5b", "IX", "9의2", "9의10", "10", "10.2", "10.10", "eleven", "XL"]
    assert sorted(numbers, key=order) == numbers


NUMBERS = st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=30)


@given(NUMBERS)
def test_what_is_sure_stays_and_what_is_kept_between_rises(numbers: list[tuple[int, bool]]) -> None:
    headings = [make(str(number), sure=sure) for number, sure in numbers]
    misplaced = find_misplaced(headings)
    assert not any(headings[position].sure for position in misplaced)
    last = 0
    for position, (number, sure) in enumerate(numbers):
        if position in misplaced:
            continue
        assert sure or number > last or number == 1
        last = number


@given(st.integers(1, 40), st.integers(2, 20), st.data())
def test_a_row_without_gaps_stays_whatever_one_reference_stands_in_it(
    first: int, count: int, data: st.DataObject
) -> None:
    row = [str(number) for number in range(first, first + count)]
    place = data.draw(st.integers(1, count - 1))
    stray = str(data.draw(st.integers(2, 99)))
    kept = keep(*row[:place], stray, *row[place:])
    assert [number for number in kept if number in row] == row


@given(NUMBERS, st.integers(0, 29))
def test_what_is_gone_makes_no_sure_one_of_another(numbers: list[tuple[int, bool]], gone: int) -> None:
    left = [*numbers[:gone], *numbers[gone + 1 :]]
    sure = [str(number) + "!" for number, is_sure in left if is_sure]
    kept = keep(*[f"{number}{'!' if is_sure else ''}" for number, is_sure in left])
    assert [number for number in kept if number.endswith("!")] == sure
