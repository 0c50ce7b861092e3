"""What `sample_data/` promises: enough of it, well formed, consistent with itself, and searchable by known answers."""

import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from ingest.model import Columns, Document
from ingest.sources import open_source

SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"
WORKBOOK = SAMPLE_DATA / "faq.xlsx"
LAWS = SAMPLE_DATA / "laws"
COLUMNS = {"Câu hỏi", "Câu trả lời", "Nguồn", "Chủ đề"}
CHUNK_SIZE = 400  # the default budget in characters
CITATION = re.compile(r"^Quy (?:chế|định) mẫu (\d\d)/2025, Điều (\d+)(?: khoản (\d+))?$")
ARTICLE = re.compile(r"^(?:#* ?(?:Điều |Section |제)|### )(\d+)(?:\.|조\()", re.MULTILINE)


class Search(NamedTuple):
    """A query in a user's words and where its right answer stands.

    dataset: the dataset to search in, by its name in the collection.
    origin: of the answer.
    marker: in the workbook the whole question of the right row; in a text how the line that opens the right article
    begins, after any Markdown marks.
    """

    query: str
    dataset: str
    origin: str
    marker: str


FAQ, LAW = WORKBOOK.name, LAWS.name
LABOUR, TRAFFIC, HOUSING = (
    "vi/01-2025-quy-che-lao-dong.txt",
    "vi/02-2025-quy-dinh-giao-thong.md",
    "vi/03-2025-quy-che-nha-o.txt",
)
SEARCHES = (
    Search("lương làm thêm giờ vào Chủ nhật tính thế nào", FAQ, FAQ, "Tiền lương làm thêm giờ được tính như thế nào?"),
    Search("phép còn lại, chuyển sang năm sau", FAQ, FAQ, "Ngày phép chưa nghỉ hết có được chuyển sang năm sau không?"),
    Search("vợ tôi sinh con, tôi được nghỉ mấy ngày", FAQ, FAQ, "Vợ sinh con, chồng được nghỉ bao nhiêu ngày?"),
    Search("tiền phạt khi vượt đèn đỏ", FAQ, FAQ, "Vượt đèn đỏ bị phạt bao nhiêu tiền?"),
    Search("bao giờ nhận lại tiền cọc khi trả nhà", FAQ, FAQ, "Khi trả nhà, bao lâu thì được nhận lại tiền đặt cọc?"),
    Search("nuôi chó mèo ở chung cư", FAQ, FAQ, "Căn hộ chung cư được nuôi mấy con chó, mèo?"),
    Search("chậm trả lương thì công ty phải trả thêm bao nhiêu", LAW, LABOUR, "Điều 11. Kỳ hạn trả lương"),
    Search("thẻ ra vào phố đi bộ cho hộ dân", LAW, TRAFFIC, "Điều 7. Phố đi bộ"),
    Search("vào nhà cho thuê khi cháy hay vỡ ống nước", LAW, HOUSING, "Điều 7. Vào nhà đang cho thuê"),
    Search("재택근무를 하면 통신비로 얼마를 받나요", LAW, "ko/remote-work-rules.txt", "제8조(장비와 비용)"),
    Search("책 대출 기간을 연장할 수 있나요", LAW, "ko/library-ordinance.md", "제6조(대출)"),
    Search("when is an abandoned bicycle taken to the depot", LAW, "en/bicycle-parking-bylaw.md", "Section 8. "),
    Search("may a tenant deduct repair costs from the rent", LAW, "en/home-repairs-act.md", "9. Repair by the tenant"),
)


def read_rows() -> Iterator[Mapping[str, object]]:
    """Yield the rows of every sheet by the names of its header, the first row that holds the question's column."""
    with CalamineWorkbook.from_path(WORKBOOK) as workbook:
        for name in workbook.sheet_names:
            lines = iter(workbook.get_sheet_by_name(name).to_python())
            header = next(line for line in lines if "Câu hỏi" in line)
            yield from (dict(zip(map(str, header), line, strict=True)) for line in lines)


def read_laws() -> dict[str, str]:
    return {
        path.relative_to(LAWS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(LAWS.rglob("*"))
        if path.is_file()
    }


ROWS = list(read_rows())
TEXTS = read_laws()


def cut_articles(text: str) -> dict[int, str]:
    """Cut a text into its articles, by number."""
    starts = list(ARTICLE.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return {int(start[1]): text[start.start() : end] for start, end in zip(starts, ends, strict=True)}


def list_answers(dataset: str) -> list[tuple[str, str]]:
    """List what a search in a dataset can find as (origin, text): rows, question first, or articles."""
    if dataset == FAQ:
        return [(FAQ, f"{row['Câu hỏi']}\n{row['Câu trả lời']}") for row in ROWS]
    return [(origin, article.lstrip("# ")) for origin, text in TEXTS.items() for article in cut_articles(text).values()]


def list_words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text.casefold()))


def test_the_workbook_has_enough_rows_on_two_visible_sheets() -> None:
    with CalamineWorkbook.from_path(WORKBOOK) as workbook:
        sheets = workbook.sheets_metadata
    assert [str(sheet.visible) for sheet in sheets] == ["SheetVisibleEnum.Visible"] * 2
    assert len(ROWS) >= 60


def test_every_row_has_a_question_an_answer_a_source_and_a_topic() -> None:
    for row in ROWS:
        texts = [row[name] for name in COLUMNS]
        assert all(isinstance(text, str) and text == text.strip() and text for text in texts), row


def test_the_other_columns_keep_their_types() -> None:
    assert {type(row["Cập nhật"]) for row in ROWS if "Cập nhật" in row} == {date}
    assert {isinstance(row["Lượt hỏi"], (int, float)) for row in ROWS if "Lượt hỏi" in row} == {True}
    assert all(("Cập nhật" in row) != ("Lượt hỏi" in row) for row in ROWS)


def test_no_question_is_asked_twice() -> None:
    assert max(Counter(str(row["Câu hỏi"]).casefold() for row in ROWS).values()) == 1


def test_answers_are_of_one_sentence_and_of_several_chunks() -> None:
    lengths = [len(str(row["Câu trả lời"])) for row in ROWS]
    assert min(lengths) < CHUNK_SIZE / 4
    assert sum(length > CHUNK_SIZE for length in lengths) >= 3


def test_every_source_cites_an_article_and_a_clause_that_exist() -> None:
    for row in ROWS:
        cited = CITATION.match(str(row["Nguồn"]))
        assert cited, row
        document, article, clause = cited.groups()
        [text] = [text for origin, text in TEXTS.items() if origin.startswith(f"vi/{document}-2025-")]
        found = cut_articles(text)[int(article)]
        assert clause is None or re.search(rf"^{clause}\. ", found, re.MULTILINE), row


def test_the_workbook_names_no_person_and_no_machine() -> None:
    with zipfile.ZipFile(WORKBOOK) as archive:
        core = ET.fromstring(archive.read("docProps/core.xml"))
    people = {each.text for each in core.iter() if each.tag.endswith(("}creator", "}lastModifiedBy"))}
    assert people == {"create-vector-db"}


def test_the_laws_are_in_three_languages_as_text_and_as_markdown() -> None:
    assert len(TEXTS) >= 6
    assert {origin.split("/")[0] for origin in TEXTS} == {"vi", "ko", "en"}
    assert {Path(origin).suffix for origin in TEXTS} == {".txt", ".md"}
    assert all(len(text) > 2 * CHUNK_SIZE for text in TEXTS.values())


def test_one_law_holds_a_table() -> None:
    assert any(re.search(r"^\|(?:---\|)+$", text, re.MULTILINE) for text in TEXTS.values())


@pytest.mark.parametrize("origin", TEXTS)
def test_every_law_says_that_it_is_fictional(origin: str) -> None:
    assert re.search("hư cấu|가상의|fictional", TEXTS[origin][:CHUNK_SIZE])


@pytest.mark.parametrize("origin", TEXTS)
def test_articles_are_numbered_without_a_gap(origin: str) -> None:
    numbers = [int(article[1]) for article in ARTICLE.finditer(TEXTS[origin])]
    assert len(numbers) >= 10
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_text_is_composed_and_has_no_byte_order_mark() -> None:
    cells = [cell for row in ROWS for cell in row.values() if isinstance(cell, str)]
    for text in [*cells, *TEXTS.values(), *TEXTS]:
        assert unicodedata.is_normalized("NFC", text), text
        assert "\ufeff" not in text, text


def test_the_sources_read_every_row_and_every_law_and_nothing_else() -> None:
    read = [
        item
        for source in (open_source("excel", WORKBOOK), open_source("text", LAWS))
        for file in source.files()
        for item in source.parse(file, Path(file.path).read_bytes())
        if not isinstance(item, Columns)
    ]
    documents = [item for item in read if isinstance(item, Document)]
    assert documents == read
    rows = [(each.question, each.text, each.source) for each in documents if each.origin == FAQ]
    assert rows == [(row["Câu hỏi"], row["Câu trả lời"], row["Nguồn"]) for row in ROWS]
    assert {each.origin for each in documents} == {FAQ, *TEXTS}


def test_the_searches_cover_both_datasets_and_every_law() -> None:
    assert {search.dataset for search in SEARCHES} == {FAQ, LAW}
    assert {search.origin for search in SEARCHES} == {FAQ, *TEXTS}


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.marker)
def test_a_search_has_one_answer_which_shares_most_words_with_it_but_not_its_wording(search: Search) -> None:
    asked = list_words(search.query)
    answers = list_answers(search.dataset)
    [right] = [text for origin, text in answers if origin == search.origin and text.startswith(search.marker)]
    shared = len(asked & list_words(right))
    assert 2 <= shared == max(len(asked & list_words(text)) for _, text in answers)
    assert search.query.casefold() not in right.casefold()
