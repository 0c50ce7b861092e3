"""What a Markdown file says of itself at its top."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.front_matter import FrontMatter, find_front_matter, read_front_matter
from ingest.model import Document, Json


@pytest.mark.parametrize(
    ("lines", "metadata"),
    [
        ("title: Luật Đất đai", {"title": "Luật Đất đai"}),
        ("제목: 하천법\nSoHieu: 92/2026/TT-BCA", {"제목": "하천법", "SoHieu": "92/2026/TT-BCA"}),
        ("title: \"a: b\"\nother: 'c # d'", {"title": "a: b", "other": "c # d"}),
        (
            "year: 2024\nshare: 0.5\nopen: true\nold: False\nnone: null",
            {"year": 2024, "share": 0.5, "open": True, "old": False, "none": None},
        ),
        (
            "date: 2026-06-17\nid: 007\nlong: 12345678901234567890",
            {"date": "2026-06-17", "id": "007", "long": "12345678901234567890"},
        ),
        ("# nhận xét\na: b # nhận xét\n\nc: d#e", {"a": "b", "c": "d#e"}),
        ('tags:\n  - đất\n  - "nhà: ở"\nempty:\nx: y', {"tags": ["đất", "nhà: ở"], "empty": None, "x": "y"}),
        (
            'chapter:\n  number: 6\narticle:\n  number: 156\ntitle: "제156조 기간의 기산점"',
            {"chapter": {"number": 6}, "article": {"number": 156}, "title": "제156조 기간의 기산점"},
        ),
        ('tags: [đất, "nhà, ở", 2]\nnone: []', {"tags": ["đất", "nhà, ở", 2], "none": []}),
        ("url: https://example.org/a:b", {"url": "https://example.org/a:b"}),
        ("", {}),
    ],
)
def test_what_is_simple_is_read(lines: str, metadata: Mapping[str, Json]) -> None:
    text = f"---\n{lines}\n---\n\nNội dung."
    assert read_front_matter(text) == FrontMatter(metadata, text.index("\n\nNội") + 1)


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n---\nNội dung.",
        "---\na: b\nNội dung.",
        "\n---\na: b\n---\nNội dung.",
        "---\na: b\n---\n",
        "---\na: |\n  nhiều dòng\n---\nNội dung.",
        "---\na:\n  b:\n    c: d\n---\nNội dung.",
        "---\na:\n  b: c\n  - d\n---\nNội dung.",
        "---\na:\n  b: c\n  b: d\n---\nNội dung.",
        "---\na: b\n  c: d\n---\nNội dung.",
        "---\na:\n  Hỏi: Mức phạt?\n---\nNội dung.",
        "---\na: [b, [c]]\n---\nNội dung.",
        "---\nMột đoạn văn giữa hai đường kẻ.\n---\nNội dung.",
        "---\n- a\n---\nNội dung.",
        "---\na: b\na: c\n---\nNội dung.",
        "---\nĐiều 1: Phạm vi\nĐiều 2: Đối tượng\n---\nĐiều 3. Nội dung",
        "---\nChương I: Chung\n---\nNội dung.",
        "---\nHỏi: Mức phạt?\nĐáp: 200.000 đồng\nHỏi: Còn xe máy?\nĐáp: 100.000 đồng\n---\nHỏi: Ai trả?",
        "---\nHỏi: Mức phạt?\nĐáp: 200.000 đồng\n---\nHỏi: Ai trả?",
        "---\nCâu hỏi 1: Mức phạt?\nTrả lời 1: 200.000 đồng\n---\nNội dung.",
        "---\nCâu 1: Mức phạt?\n---\nNội dung.",
        "---\nQ: How much?\nA: 200\n---\nText.",
        "---\nQ1: How much?\n---\nText.",
        "---\n질문: 얼마인가?\n답변: 200원\n---\n본문",
    ],
)
def test_anything_else_is_text(text: str) -> None:
    assert read_front_matter(text) == FrontMatter()


@pytest.mark.parametrize("key", ["Hỏi đáp", "Câu lạc bộ", "answers", "đáp ứng", "문서", "Điều chỉnh", "Chương trình"])
def test_a_key_that_begins_like_a_label_is_one(key: str) -> None:
    assert read_front_matter(f"---\n{key}: b\n---\nNội dung.").metadata == {key: "b"}


@pytest.mark.parametrize(
    ("document", "metadata"),
    [
        (Document("a.md", "---\na: b\n---\nc"), {"a": "b"}),
        (Document("sub/A.MARKDOWN", "---\na: b\n---\nc"), {"a": "b"}),
        (Document("a.txt", "---\na: b\n---\nc"), {}),
        (Document("a.md", "---\na: b\n---\nc", row=2), {}),
        (Document("a.md", "---\na: b\n---\nc", question="q"), {}),
    ],
)
def test_only_a_markdown_file_has_some(document: Document, metadata: Mapping[str, Json]) -> None:
    assert find_front_matter(document).metadata == metadata


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    for each in (text, f"---\n{text}\n---\nx"):
        assert 0 <= read_front_matter(each).end < max(len(each), 1)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("title:  Luật  Đất đai", "Luật Đất đai"),
        ("Title: Luật\n제목: 법", "Luật"),
        ("제목: 하천법", "하천법"),
        ("title: 2024\nTiêu đề: Luật", "Luật"),
        ("title:\n  vi: Luật", ""),
        ("layout: page", ""),
    ],
)
def test_a_text_is_called_by_its_title(lines: str, title: str) -> None:
    assert read_front_matter(f"---\n{lines}\n---\nNội dung.").title == title


def test_headings_between_two_rules_are_text() -> None:
    assert read_front_matter("---\n# Tiêu đề\n---\nNội dung\n") == FrontMatter()
