"""English laws and contracts: what opens a heading, what opens none, and where sections stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.headings import find_headings
from ingest.chunking.structure import find_units
from ingest.chunking.verbatim import Verbatim
from tests.chunking.texts import split


def list_titles(text: str) -> list[str]:
    return [heading.title for heading in find_headings(text, Verbatim(text))]


TITLES = [
    ("Article 1", "Article 1"),
    ("Article 1.", "Article 1."),
    ("ARTICLE IV", "ARTICLE IV"),
    ("Article 5a. Scope", "Article 5a. Scope"),
    ("Article 5: Scope", "Article 5: Scope"),
    ("Article 5 – Scope", "Article 5 – Scope"),
    ("Article I. - Scope", "Article I. - Scope"),
    ("**Article 5.** Scope", "Article 5. Scope"),
    ("### Article 5 Scope", "Article 5 Scope"),
    ("Article 5\nSubject-matter\n1. This Regulation applies.", "Article 5 Subject-matter"),
    ("Article 5\n\nSubject-matter\n\nThis Regulation applies.", "Article 5 Subject-matter"),
    ("Article 5\nAll are born free and equal in dignity and\nrights. They are.", "Article 5"),
    ("Article 5\nThe employer pays.", "Article 5"),
    ("Article 5. The employer shall pay the wages that were agreed on in the contract.", "Article 5."),
    ("Section 2.", "Section 2."),
    ("Section 2.1. Closing. The closing shall take place.", "Section 2.1. Closing."),
    ("SECTION 1. SHORT TITLE.", "SECTION 1. SHORT TITLE."),
    ("Chapter II", "Chapter II"),
    ("CHAPTER II\nGENERAL\nPROVISIONS\ntext", "CHAPTER II GENERAL PROVISIONS"),
    ("CHAPTER II GENERAL PROVISIONS", "CHAPTER II GENERAL PROVISIONS"),
    ("Chapter 3: Wages", "Chapter 3: Wages"),
    ("Part One", "Part One"),
    ("PART A\nDuties\ntext", "PART A Duties"),
    ("Part 2. Providing parking", "Part 2. Providing parking"),
    ("ANNEX", "ANNEX"),
    ("Annex II: Forms", "Annex II: Forms"),
    ("Schedule 1\nFees\ntext", "Schedule 1 Fees"),
    ("Appendix B", "Appendix B"),
]


@pytest.mark.parametrize(("text", "title"), TITLES)
@pytest.mark.parametrize("before", ["", "This is the text above.\n", "As agreed on\n\n"])
def test_a_heading(text: str, title: str, before: str) -> None:
    assert list_titles(before + text) == [title]


FRIENDS = [
    "Article 5 of this Law applies",
    "Article 5(1) and (2)",
    "Article 5, Article 6",
    "Article 5 and Article 6",
    "Article 5.1 of the contract",
    "Article 5: applies",
    "Article 5 Paragraph 2 GDPR",
    "Article 5 GDPR",
    "Article 5 The employer shall pay.",
    "Articles 5 and 6",
    "Article on wages",
    "article 5",
    "the conditions laid down in\nArticle 6. The Commission",
    "the conditions laid down in Articles 5 and\nArticle 6",
    "under the\nArticle 6\nof the Treaty",
    "It is so.\nArticle 6\nof the Treaty",
    "Section 8(2) says",
    "Sections 5 and 6",
    "Section of the road",
    "Chapter and verse",
    "Chapter 11 of the Code",
    "filed for relief under\nChapter 11",
    "Part of the plan",
    "Part time",
    "Part A of the plan",
    "Schedule",
    "Schedule of fees",
    "Schedule 1 applies",
    "Annex to the law",
    "Exhibit 5 shows it",
    "Article 5. Scope ............ 12",
]


@pytest.mark.parametrize("text", FRIENDS)
def test_a_false_friend_opens_nothing(text: str) -> None:
    assert list_titles(text) == []
    assert list_titles(f"Preface.\n\n{text}") == []


def list_paths(text: str) -> list[str]:
    units = find_units(text, find_headings(text, Verbatim(text)))
    return [" > ".join(unit.titles) for unit in units]


def test_sections_above_articles() -> None:
    text = (
        "CHAPTER I\nRIGHTS\nSECTION 1\nTransparency\nArticle 1\nA\n1. One.\nArticle 2\nB\nTwo.\nSECTION 2\nAccess\n"
        "Article 3\nC\nThree.\nCHAPTER II\nDUTIES\nArticle 4\nD\nFour.\nANNEX I\nLIST\nFive.\n"
    )
    assert list_paths(text) == [
        "CHAPTER I RIGHTS > SECTION 1 Transparency > Article 1 A",
        "CHAPTER I RIGHTS > SECTION 1 Transparency > Article 2 B",
        "CHAPTER I RIGHTS > SECTION 2 Access > Article 3 C",
        "CHAPTER II DUTIES > Article 4 D",
        "ANNEX I LIST",
    ]


def test_sections_within_articles() -> None:
    text = (
        "ARTICLE I\n\nSection 1. All powers shall be vested in a body of many members, elected by all.\n\n"
        "Section 2. The body meets.\n\nARTICLE II\n\nSection 1. The executive.\n\nARTICLE III\n\nIt ends.\n"
    )
    assert list_paths(text) == [
        "ARTICLE I > Section 1.",
        "ARTICLE I > Section 2. The body meets.",
        "ARTICLE II > Section 1. The executive.",
        "ARTICLE III",
    ]
    assert [part.place["citation"] for part in split(text)] == [
        "Article I Section 1",
        "Article I Section 2",
        "Article II Section 1",
        "Article III",
    ]


def test_sections_in_the_place_of_articles() -> None:
    text = (
        "PART 1\nGENERAL\n\nSection 1. Title.\n\nOne.\n\nSection 2. Words.\n\n1. Two.\n2. Three.\n\nPART 2\n\n"
        "Section 3. End.\n\nFour.\n"
    )
    assert [part.place["citation"] for part in split(text)] == ["Section 1", "Section 2", "Section 3"]


def test_a_clause_is_cited_in_brackets() -> None:
    text = f"Article 5. Duties\n1. {'One. ' * 20}\n2. {'Two. ' * 20}\na) {'A. ' * 30}\nb) {'B. ' * 30}\n"
    places = [part.place for part in split(text, 140)]
    assert {place["article"] for place in places} == {"5"}
    assert {"Article 5(1)", "Article 5(2)(a)", "Article 5(2)(b)"} <= {place["citation"] for place in places}


def test_a_translated_heading_opens_once() -> None:
    text = (
        "Chương I\nQUY ĐỊNH\nCHAPTER I\nPROVISIONS\nĐiều 1. Quyền\nArticle 1. Rights\nMột.\n"
        "Article 2. Duties\nĐiều 2. Nghĩa vụ\nHai.\n"
    )
    assert list_titles(text) == ["Chương I QUY ĐỊNH", "Điều 1. Quyền", "Điều 2. Nghĩa vụ"]


FORMS = st.sampled_from(("Article {}\n", "Article {}. Scope\n", "Article {} Scope of it\n", "ARTICLE {}: SCOPE\n"))


@given(FORMS, st.integers(1, 12), st.integers(1, 9), st.data())
def test_articles_that_rise_all_open_whatever_refers_to_them(
    form: str, count: int, first: int, data: st.DataObject
) -> None:
    numbers = range(first, first + max(count, 2))
    text = ""
    for number in numbers:
        reference = data.draw(st.sampled_from(("", f"Article {data.draw(st.integers(1, 30))} of this Law applies.\n")))
        text += f"{form.format(number)}The employer pays.\n{reference}"
    found = [heading.label for heading in find_headings(text, Verbatim(text))]
    assert found == [f"Article {number}" for number in numbers]
