"""The tree that is shown is the one by which a text is cut."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.model import Document
from ingest.preview.trees import Branch, Tree, list_counts, read_tree

LAWS = Path(__file__).parents[2] / "sample_data" / "laws"
chapters = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=1, max_size=5)
branches = st.lists(st.builds(Branch, st.integers(0, 3), st.sampled_from("abc")), max_size=30)


def write_vietnamese(chapters: Sequence[Sequence[int]]) -> str:
    """Write a law of chapters, each of articles with so many clauses."""
    lines = ["LUẬT NGHỈ PHÉP"]
    article = 0
    for number, articles in enumerate(chapters, start=1):
        lines += ["", f"Chương {number}", "NHỮNG QUY ĐỊNH"]
        for clauses in articles:
            article += 1
            lines += ["", f"Điều {article}. Nghỉ phép", "Người lao động được nghỉ phép theo Điều này như sau:"]
            lines += [f"{clause}. Nghỉ phép lần thứ {clause}." for clause in range(1, clauses + 1)]
    return "\n".join(lines) + "\n"


def write_korean(chapters: Sequence[Sequence[int]]) -> str:
    lines = []
    article = 0
    for number, articles in enumerate(chapters, start=1):
        lines += ["", f"제{number}장 휴가"]
        for clauses in articles:
            article += 1
            lines += [f"제{article}조(휴가) 직원은 휴가를 쓸 수 있다."]
            lines += [f"{'①②③④'[clause]} 휴가는 유급으로 한다." for clause in range(clauses)]
    return "\n".join(lines) + "\n"


@given(chapters)
def test_a_law_is_counted_as_it_was_written(chapters: list[list[int]]) -> None:
    for text, law, chapter, label, clause, cite in (
        (write_vietnamese(chapters), {"law": 1}, "Chương", "Điều", "khoản", "Điều {}"),
        (write_korean(chapters), {}, "장", "조", "항", "제{}조"),
    ):
        tree = read_tree(Document("luật.txt", text))
        articles, clauses = sum(map(len, chapters)), sum(map(sum, chapters))
        items = {clause: clauses} if clauses else {}
        assert list_counts(tree.counts) == law | {chapter: len(chapters), label: articles} | items
        inner = [branch for branch in tree.branches if branch.depth == len(law)]
        ends = [sum(map(len, chapters[: number + 1])) for number in range(len(chapters))]
        assert [(branch.articles, branch.last) for branch in inner] == [
            (len(one), cite.format(end)) for one, end in zip(chapters, ends, strict=True)
        ]
        assert inner[0].first == cite.format(1)
        if law:
            assert (tree.branches[0].title, tree.branches[0].articles) == ("LUẬT NGHỈ PHÉP", articles)


@pytest.mark.parametrize("file", sorted(LAWS.rglob("*.*")), ids=lambda file: file.name)
def test_what_is_shown_is_what_the_chunks_say(file: Path) -> None:
    document = Document(file.name, file.read_text(encoding="utf-8"))
    parts = open_chunker().split(document)
    counts = list_counts(read_tree(document).counts)
    headings = {part.heading for part in parts if "article" in part.place}
    assert sum(counts.get(kind, 0) for kind in ("Điều", "조", "Section")) == len(headings)
    titles = {title for part in parts for title in part.heading.split(" > ")}
    assert titles.issuperset(branch.title for branch in read_tree(document).branches)


@given(branches, st.integers(0, 30))
def test_a_pruned_tree_keeps_its_order_and_what_stands_outermost(branches: list[Branch], most: int) -> None:
    kept = Tree(branches=branches).prune(most)
    assert len(kept) <= most
    places = [id(branch) for branch in branches]
    assert [places.index(id(branch)) for branch in kept] == sorted(places.index(id(branch)) for branch in kept)
    if len(branches) <= most:
        assert kept == branches
    elif kept and max(branch.depth for branch in kept) > 0:
        deepest = max(branch.depth for branch in kept)
        assert kept == [branch for branch in branches if branch.depth <= deepest]


def test_markdown_is_a_tree_of_headings() -> None:
    tree = read_tree(
        Document("a.md", "---\ntitle: Leave\n---\n# Leave\n\n## Sick\n\nNone.\n\n```\n# code\n```\n\n## Paid\n")
    )
    assert [(branch.depth, branch.title) for branch in tree.branches] == [(0, "Leave"), (1, "Sick"), (1, "Paid")]
    assert list_counts(tree.counts) == {"heading": 3}


def test_annexes_are_counted_last_and_hold_articles_of_their_own() -> None:
    text = "제1조(목적) 목적이다.\n제4조의2(휴가) 휴가이다.\n부칙\n제1조(시행일) 시행한다.\n[별표 1] 표\n가로\n"
    tree = read_tree(Document("법.txt", text))
    assert list(list_counts(tree.counts).items()) == [("조", 3), ("별표", 1), ("부칙", 1)]
    assert [(branch.title, branch.articles) for branch in tree.branches] == [("부칙", 1), ("[별표 1] 표", 0)]


@pytest.mark.parametrize("text", ["Điều này áp dụng.\nĐIỀU KHOẢN CHUNG áp dụng.\n1. Một\n2. Hai\n", "One. Two.\n", ""])
def test_a_text_without_headings_has_an_empty_tree(text: str) -> None:
    tree = read_tree(Document("a.txt", text))
    assert (tree.counts, tree.branches) == ({}, [])


def test_the_articles_of_an_annex_are_counted_by_themselves() -> None:
    articles = "제1조(가) 하나.\n제2조(나) 둘.\n제3조(다) 셋.\n"
    text = f"시험법\n[시행 2024. 1. 1.]\n{articles}부칙 <제1호>\n제1조(시행일) 시행한다.\n부칙 <제2호>\n{articles}"
    seen = [
        (branch.title, branch.depth, branch.articles, branch.first, branch.last)
        for branch in read_tree(Document("a", text)).branches
    ]
    assert seen == [
        ("시험법", 0, 3, "제1조", "제3조"),
        ("부칙 <제1호>", 1, 1, "제1조", "제1조"),
        ("부칙 <제2호>", 1, 3, "제1조", "제3조"),
    ]


def test_the_sections_of_an_english_article_are_counted_and_are_no_articles() -> None:
    text = (
        "CHAPTER I\nPOWERS\n\nARTICLE I\n\nSection 1. All powers are vested in a body of many members.\n\n"
        "Section 2. The body meets.\n\nARTICLE II\n\n1. One.\n2. Two.\n"
    )
    tree = read_tree(Document("act.txt", text))
    assert list_counts(tree.counts) == {"Chapter": 1, "Article": 2, "Section": 2, "clause": 2}
    assert [(branch.title, branch.articles, branch.last) for branch in tree.branches] == [
        ("CHAPTER I POWERS", 2, "Article II")
    ]
