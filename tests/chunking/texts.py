"""Texts to cut: strategies, and the short way to cut one."""

from collections.abc import Sequence

from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.model import Document, Part

SIZES = st.integers(min_value=40, max_value=500)

# What structure, sentences and quotations are made of, in any order: most of it is nonsense, none of it may be lost.
FRAGMENTS = (
    *("\n", "\n", "\n\n", " ", "  ", "\n \n", "\t", "\u00a0", "\u3000", ".", ". ", "? ", "! ", "…", "。", ", "),
    *("# ", "## Tiêu đề\n", "### 제목\n", "####### bảy", "```\n", "~~~~\n", "    ", "**", "| a | b |\n", "---\n"),
    *("Điều 1. Phạm vi điều chỉnh\n", "Điều này", "Điều 2.", "ĐIỀU KHOẢN", "Chương I\n", "CHƯƠNG II\nQUY ĐỊNH CHUNG\n"),
    *("Tên\n===\n", "Hai\n---\n", "Điều thứ hai\n", "제4조 급여\n", "Article 1\n", "Section 2. Title\n", "ANNEX I\n"),
    *("Mục 1. TỔ CHỨC\n", "Phần thứ nhất\n", "Phụ lục II\n", "제1장 총칙\n", "제2조(정의) ", "제3조 삭제\n", "부 칙\n"),
    *(
        "“",
        "”",
        '"',
        "(",
        ")",
        "người lao động",
        "지방자치단체는",
        "the employer",
        "本法",
        "のとき",
        "http://a.example/" + "x" * 60,
    ),
    *("1. ", "a) ", "TP. Hồ Chí Minh", "①", "e\u0301", "👨‍👩‍👧", "🇻🇳🇰🇷", "👍🏽", "\u0300", "\u200d", "\ud800"),
)
ANY_TEXT = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=60).map("".join)
LONG_TEXT = st.lists(st.sampled_from(FRAGMENTS), min_size=100, max_size=400).map("".join)

_WORDS = st.sampled_from(
    (
        *(
            "người",
            "lao động",
            "có quyền",
            "nghỉ phép",
            "theo Điều 3 của Luật này",
            "근로자는",
            "연차휴가를",
            "제2조에 따라",
        ),
        *("받는다", "annual leave", "“trích”", '"dẫn"', "TP.", "1.", "https://example.org/van-ban/lao-dong", "本法"),
    )
)
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words) + ".")
_BODIES = st.lists(_SENTENCES, min_size=1, max_size=8).flatmap(
    lambda sentences: st.sampled_from(["\n", "\n\n", " "]).map(lambda joint: joint.join(sentences))
)
_NUMBERS = st.integers(min_value=1, max_value=999)
_VIETNAMESE = st.builds("Điều {}. Quy định {}\n{}\n".format, _NUMBERS, _NUMBERS, _BODIES)
_KOREAN = st.builds("제{}조(목적 {}) {}\n\n".format, _NUMBERS, _NUMBERS, _BODIES)
_ENGLISH = st.builds("Article {}. Rule {}\n{}\n".format, _NUMBERS, _NUMBERS, _BODIES)
_REPEALED = st.builds("제{}조 삭제 <2017.1.17>\n\n".format, _NUMBERS)
ARTICLES = st.lists(_VIETNAMESE | _KOREAN | _ENGLISH | _REPEALED, min_size=1, max_size=8)


def split(text: str, size: int = 400, overlap: int = 0) -> Sequence[Part]:
    return open_chunker(size=size, overlap=overlap).split(Document("a.txt", text))


def embed(text: str, part: Part) -> str:
    """Make the embedded text as the pipeline does."""
    slice_ = text[part.body : part.end]
    return "\n".join(filter(None, (part.prefix, slice_)))


def show(text: str, parts: Sequence[Part]) -> list[tuple[str, str, str]]:
    """Give what of the parts must not depend on where they stand."""
    return [(part.heading, part.prefix, text[part.body : part.end]) for part in parts]
