"""What holds of every text, size and overlap."""

import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.chunking import open_chunker, packing
from ingest.chunking.chunker import TextChunker
from ingest.chunking.front_matter import find_front_matter
from ingest.chunking.sizers import Characters
from ingest.model import Document, Part
from tests.chunking.texts import ANY_TEXT, ARTICLES, FRAGMENTS, LONG_TEXT, SIZES, embed, show, split

TEXTS = ANY_TEXT | LONG_TEXT
QUESTIONS = st.none() | st.just("") | st.text(min_size=1, max_size=600)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    question = draw(QUESTIONS)
    return Document("a.md", draw(TEXTS), question=question or "", row=None if question is None else 2)


@given(documents(), SIZES, st.floats(0, 0.49))
@example(Document("a", "x" * 1_000), 40, 0.49)
@example(Document("a", "\n", question="?", row=2), 40, 0.0)
@example(Document("a", "x" * 30 + " " * 1_000 + "y" * 300), 40, 0.49)
@example(Document("a", "# " + "tiêu đề rất dài " * 40 + "\n## Mục\n" + "nội dung " * 90), 60, 0.4)
@example(Document("a.md", "---\ntitle: Luật\n---\n\n# Luật\n\nNội dung."), 40, 0.4)
def test_parts_cover_the_text_in_order_and_within_the_budget(document: Document, size: int, share: float) -> None:
    overlap = int(size * share)
    parts = open_chunker(size=size, overlap=overlap).split(document)
    text = document.text
    check_parts(document, parts)
    for part in parts:
        assert len(embed(text, part)) <= size
    slices = [part for part in parts if part.body < part.end]
    assert all(len(part.prefix) <= size // 2 for part in slices) or len(slices) == 1
    for one, next_ in pairwise(slices):
        assert one.end - next_.start <= overlap


def check_parts(document: Document, parts: Sequence[Part]) -> None:
    """Hold what is true of the parts of any document by any sizer."""
    text = document.text
    asked = [part for part in parts if part.body == part.end]
    parts = [part for part in parts if part.body < part.end]
    assert not asked or document.question
    assert all(part.start == part.end == parts[0].start for part in asked)
    covered = find_front_matter(document).end
    for part in parts:
        assert part.start <= part.body < part.end
        for start in (part.start, part.body):
            assert not text[start].isspace()
        assert not text[part.end - 1].isspace()
        assert not text[covered : part.start].strip()
        covered = part.end
    assert not text[covered:].strip()
    for one, next_ in pairwise(parts):
        assert one.start < next_.start
        assert one.end < next_.end


@dataclass(frozen=True)
class Uneven:
    """Counts a unit for each three characters of a word, two more, and now and then one: more or less than its pieces.

    guess: how far it reaches for each unit of room, wrongly.
    """

    limit: int
    guess: float

    def measure(self, text: str) -> int:
        return 2 + sum(-(-len(word) // 3) for word in text.split()) + sum(map(ord, text)) % 3

    def reach(self, lead: str, text: str, start: int, end: int) -> int:
        return max(start + 1, min(end, start + int((self.limit - len(lead) // 3) * self.guess)))


@given(documents(), st.integers(30, 120), st.sampled_from([0.5, 2.5, 4, 20]), st.integers(0, 40))
def test_no_part_is_over_the_limit_of_a_sizer_that_is_not_additive(
    document: Document, limit: int, guess: float, overlap: int
) -> None:
    sizer = Uneven(limit, guess)
    parts = TextChunker(sizer, overlap, {}).split(document)
    check_parts(document, parts)
    assert all(sizer.measure(embed(document.text, part)) <= limit for part in parts)


def test_a_sizer_measures_a_part_about_once() -> None:
    text = "".join(f"Điều {number}. Quyền\n1. {'Người lao động. ' * 40}\n2. Hai.\n" for number in range(1, 40))

    class Counting(Characters):
        measured = 0

        def measure(self, text: str) -> int:
            Counting.measured += len(text)
            return len(text)

    parts = TextChunker(Counting(200), 0, {}).split(Document("a", text))
    assert Counting.measured < 1.5 * sum(len(embed(text, part)) for part in parts)


@given(documents(), SIZES)
def test_cutting_twice_gives_the_same(document: Document, size: int) -> None:
    chunker = open_chunker(size=size)
    again = open_chunker(chunker.settings)
    assert list(chunker.split(document)) == list(again.split(document))


@given(st.text(alphabet=" \t\n\r\u00a0\u3000\u2028"))
def test_white_space_makes_no_parts(text: str) -> None:
    assert list(split(text)) == []


@given(ARTICLES, SIZES, st.integers(0, 19))
def test_an_article_is_cut_as_if_it_were_alone(articles: list[str], size: int, overlap: int) -> None:
    # Hence inserting, deleting and swapping articles leaves the embedded texts of the others as they are.
    text = "".join(articles)
    alone = [shown for article in articles for shown in show(article, split(article, size, overlap))]
    assert show(text, split(text, size, overlap)) == alone


TOPS = st.sampled_from(
    (
        *("", "Ghi chú thêm.\n\n", "---\ntitle: Luật\n---\n\n", "QUỐC HỘI\n-------\n", "Điều 0. Thêm\nMột.\n"),
        "MỤC LỤC\nĐiều 1. Một\nĐiều 2. Hai\nĐiều 3. Ba\n\n",
    )
)


@given(ARTICLES, ARTICLES, TOPS, SIZES, st.randoms())
def test_what_comes_goes_or_moves_leaves_the_other_articles_as_they_are(
    articles: list[str], others: list[str], top: str, size: int, dice: random.Random
) -> None:
    title = "LUẬT\nLAO ĐỘNG\n\nChương II\n\nQUYỀN VÀ NGHĨA VỤ\n\n"
    before = name_embedded(title + "".join(articles), size)
    mixed = [*articles, *others]
    dice.shuffle(mixed)
    after = name_embedded(top + title + "".join(mixed), size)
    assert before <= after  # as counts: not one of the texts is gone


def name_embedded(text: str, size: int) -> Counter[str]:
    return Counter(embed(text, part) for part in split(text, size) if part.place)


@given(ARTICLES, SIZES)
def test_no_part_spans_two_articles(articles: list[str], size: int) -> None:
    text = "".join(articles)
    walls = [sum(map(len, articles[:number])) for number in range(len(articles))]
    for part in split(text, size):
        assert not any(part.start < wall < part.end for wall in walls)


@given(ARTICLES, st.integers(80, 300))
def test_an_overlap_begins_at_a_word_of_the_same_article(articles: list[str], size: int) -> None:
    text = "".join(articles)
    parts = split(text, size, overlap=size // 3)
    for one, next_ in pairwise(parts):
        if next_.start < one.end:
            assert one.heading == next_.heading
            assert text[next_.start - 1].isspace() or text[next_.start] in "本法"


def test_an_overlap_repeats_what_it_may() -> None:
    text = "một hai ba bốn năm sáu bảy tám chín mười " * 40
    parts = split(text, 200, overlap=60)
    for one, next_ in pairwise(parts):
        assert 50 <= one.end - next_.start <= 60


@given(
    st.lists(st.sampled_from(["e\u0301\u0323", "한", "한", "👨‍👩‍👧", "🇻🇳", "👍🏽", "a", "漢", " "]), min_size=60).map(
        "".join
    ),
    st.integers(40, 60),
)
def test_what_a_reader_sees_as_one_character_is_never_cut(text: str, size: int) -> None:
    for part in split(text, size):
        first = text[part.start]
        assert not unicodedata.category(first).startswith("M")
        assert first not in "\u200d\U0001f3fd\u1161\u11ab"
        assert text[part.end - 1] != "\u200d"
        flags = sum("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in text[: part.end])
        assert flags % 2 == 0


@given(LONG_TEXT, SIZES)
def test_a_line_that_fits_is_one_part(text: str, size: int) -> None:
    line = ("x" + text.replace("\n", ""))[:size]
    assert len(split(line, size)) == 1


@pytest.mark.parametrize("fragment", sorted(set(FRAGMENTS) | {"A. ", "“Điều 1", "```a\n", "(제", "제1조(", "x"}))
def test_the_work_is_linear_in_the_text(fragment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def count(name: str) -> None:
        find = getattr(packing, name)

        def counting(text: str, low: int, high: int) -> int | None:
            nonlocal looked_at
            looked_at += high - low + 1
            found: int | None = find(text, low, high)
            return found

        monkeypatch.setattr(packing, name, counting)

    for name in (
        "find_blank_line",
        "find_line",
        "find_sentence",
        "find_pause",
        "find_word",
        "find_grapheme",
        "find_word_start",
    ):
        count(name)
    text = fragment * (100_000 // len(fragment))
    split(text, 100, overlap=49)
    assert looked_at <= 24 * len(text)
