"""No part is over the model's window, by whatever measures it; and measuring stays in proportion to the text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from ingest.chunking import open_chunker
from ingest.chunking.sizers import SPECIAL, Estimate, Tokens
from ingest.chunking.sizes import NARROWEST, WIDEST
from ingest.embedders.tokenizer import Tokenizer
from ingest.errors import UsageError
from ingest.model import Document, Json
from ingest.protocols import TokenCounter, Window
from tests.chunking.test_properties import check_parts, documents
from tests.chunking.texts import ARTICLES, FRAGMENTS, embed, show
from tests.chunking.tokenizers import SENTENCES, Counting, write_tokenizer

HANGUL = "가나다라마바사아자차카타파하힣법률근로"
WORDS = st.one_of(
    st.text("abcdefghinortuvxyđáàảãạăâêôơưứợ", min_size=3, max_size=10),
    st.text(HANGUL, min_size=1, max_size=4),
    st.text("0123456789", min_size=1, max_size=8),
    st.text("法律勞動者重加香𠀀", min_size=1, max_size=5),
    st.text(".,;:()|-…·ㆍ“”「」<>/①※─", min_size=1, max_size=12),
    st.builds("제{}조제{}항".format, st.integers(1, 120), st.integers(1, 9)),
)
KINDS = ("wordpiece", "unigram", "bpe")
ABSENT = "the tokenizer of org/model is not on this machine"
LAW = "".join(f"Điều {number}. Quyền\n1. {'Người lao động. ' * 40}\n2. Hai.\n" for number in range(1, 40))


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TokenCounter]:
    folder: Path = tmp_path_factory.mktemp("tokenizers")
    return {kind: Tokenizer(write_tokenizer(kind, folder / kind / "tokenizer.json")) for kind in KINDS}


@given(
    documents(), st.sampled_from(KINDS), st.integers(40, 200), st.sampled_from(["", "passage: "]), st.integers(0, 40)
)
def test_no_part_is_over_the_window_by_the_tokenizer_that_was_used(
    counters: dict[str, TokenCounter], document: Document, kind: str, limit: int, prefix: str, overlap: int
) -> None:
    counter = counters[kind]
    parts = open_chunker(overlap=overlap, window=Window("m", limit, counter, prefix)).split(document)
    check_parts(document, parts)
    sizes = counter.count_each([prefix + embed(document.text, part) for part in parts])
    assert sizes == [part.size for part in parts]
    assert max(sizes, default=0) <= limit


@given(documents(), st.integers(40, 200), st.sampled_from(["", "passage: "]))
def test_no_part_is_over_the_window_by_the_estimate(document: Document, limit: int, prefix: str) -> None:
    parts = open_chunker(window=Window("m", limit, ABSENT, prefix)).split(document)
    check_parts(document, parts)
    assert all(Estimate(limit, prefix).measure(embed(document.text, part)) == part.size <= limit for part in parts)


@given(ARTICLES, st.sampled_from(KINDS))
def test_an_article_is_cut_as_if_it_were_alone_whatever_was_counted_before(
    counters: dict[str, TokenCounter], articles: list[str], kind: str
) -> None:
    window = Window("m", 60, counters[kind])
    together, text = open_chunker(window=window), "".join(articles)
    alone = []
    for article in articles:
        alone += show(article, list(open_chunker(window=window).split(Document("a", article))))
    assert show(text, list(together.split(Document("a", text)))) == alone


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fragment", [*sorted(set(FRAGMENTS)), "x", "本", "한글", LAW])
def test_what_is_counted_is_in_proportion_to_the_text(
    counters: dict[str, TokenCounter], kind: str, fragment: str
) -> None:
    counter = Counting(counters[kind])
    text = fragment * (20_000 // len(fragment))
    parts = open_chunker(window=Window("m", 128, counter)).split(Document("a", text))
    assert sum(map(len, counter.texts)) <= 6 * sum(len(embed(text, part)) for part in parts) + 4_000


def test_a_part_is_counted_about_once_and_a_word_once(counters: dict[str, TokenCounter]) -> None:
    counter = Counting(counters["unigram"])
    parts = open_chunker(window=Window("m", 128, counter)).split(Document("a", LAW))
    whole = [text for text in counter.texts if " " in text]
    pieces = [text for text in counter.texts if text and " " not in text]
    assert sum(map(len, whole)) < 2 * sum(len(embed(LAW, part)) for part in parts)
    assert len(pieces) == len(set(pieces))


@pytest.mark.parametrize("kind", KINDS)
def test_a_guess_is_near(counters: dict[str, TokenCounter], kind: str) -> None:
    text = " ".join(SENTENCES) * 20
    sizer = Tokens(128, counters[kind])
    reached = sizer.reach("", text, 0, len(text))
    assert 0.8 * sizer.limit <= sizer.measure(text[:reached]) <= 1.2 * sizer.limit


def test_korean_takes_about_twice_the_tokens_of_vietnamese() -> None:
    sizer = Estimate(128)
    vietnamese = sizer.reach("", "người lao động có quyền nghỉ phép " * 40, 0, 10_000)
    korean = sizer.reach("", "근로자는 연차유급휴가를 받을 권리가 있다 " * 40, 0, 10_000)
    assert 1.4 < vietnamese / korean < 2
    assert sizer.measure("HỢP ĐỒNG LAO ĐỘNG") > sizer.measure("hợp đồng lao động")
    assert sizer.measure("1.234.567, 8.901.234") > sizer.measure("một hai ba bốn năm s")


@given(st.lists(WORDS, max_size=40))
def test_an_estimate_is_at_least_what_any_model_of_the_language_takes(words: list[str]) -> None:
    """As with a vocabulary that has all signs, digits and syllables, and of words those of the alphabets alone."""
    text = " ".join(words)
    least = 0
    for piece, _ in BertPreTokenizer().pre_tokenize_str(BertNormalizer(lowercase=False).normalize_str(text)):
        least += sum(letter in HANGUL + "제조항" or letter.isnumeric() for letter in piece) or 1
    assert Estimate(128).measure(text) >= SPECIAL + least


@pytest.mark.parametrize(
    "text", ["............", "|---|---|", "법·령·칙", "不動産登記法", "2007.12.21, 2008.3.21", "ĐỘNG"]
)
def test_what_is_rare_takes_about_a_token_a_character(text: str) -> None:
    visible = len(text.replace(" ", ""))
    assert 0.85 * visible <= Estimate(128).measure(text) - SPECIAL <= visible + 1


def read(settings: dict[str, Json]) -> tuple[Json, Json]:
    return settings["unit"], settings["size"]


def test_the_default_is_the_window(counters: dict[str, TokenCounter]) -> None:
    counter = counters["unigram"]
    for window, expected in (
        (None, ("characters", 400)),
        (Window("m", 128, counter), ("tokens", 128)),
        (Window("m", 128, ABSENT), ("estimated tokens", 128)),
        (Window("m", None, ABSENT), ("estimated tokens", NARROWEST)),
        (Window("m", 8192, counter), ("tokens", WIDEST)),
    ):
        assert read(dict(open_chunker(window=window).settings)) == expected
    assert read(dict(open_chunker(size="126t", window=Window("m", 128, counter)).settings)) == ("tokens", 126)
    assert read(dict(open_chunker(size=300, window=Window("m", 128, counter)).settings)) == ("characters", 300)


def test_what_was_recorded_does_not_change_by_itself(counters: dict[str, TokenCounter]) -> None:
    present, absent = Window("m", 128, counters["bpe"]), Window("m", 128, ABSENT)
    for made_by in (None, absent, present):
        settings = open_chunker(window=made_by).settings
        assert open_chunker(settings, window=present).settings == settings
    tokens = open_chunker(size="126t", window=present).settings
    for window in (absent, None):
        with pytest.raises(UsageError, match=r"126 tokens.*--rechunk"):
            open_chunker(tokens, window=window)
    with pytest.raises(UsageError, match=r"126t counts tokens, and .* not on this machine: .*hf download m tok"):
        open_chunker(size="126t", window=absent)


def test_what_a_model_adds_must_leave_room(counters: dict[str, TokenCounter]) -> None:
    window = Window("m", 128, counters["bpe"], "Instruct: find what answers the query " * 2)
    with pytest.raises(UsageError, match="leaves no room"):
        open_chunker(size="30t", window=window)
