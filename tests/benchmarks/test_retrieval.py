"""The benchmark of retrieval measures what it says: its figures by another way, its cuts, its rankers, its corpora."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import open_embedder
from ingest.model import Document
from tests.chunking.texts import ANY_TEXT, LONG_TEXT

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "retrieval"
LAWS = ROOT / "sample_data" / "laws"
sys.path.insert(0, str(FOLDER))  # its files are no package
corpora, cuts, measures, rankers = map(import_module, ("corpora", "cuts", "measures", "rankers"))
sys.path.remove(str(FOLDER))

ITEMS = 5
lists = st.lists(st.lists(st.integers(0, 7), max_size=4, unique=True), min_size=ITEMS, max_size=ITEMS)
relevant = st.frozensets(st.integers(0, ITEMS - 1), min_size=1)


def rank(answers: frozenset[int], own: list[list[int]], scores: list[float]) -> float:
    """Rank the best answer among the items, the long way: a tie is lost."""
    best = {item: max(scores[piece] for piece in pieces) for item, pieces in enumerate(own) if pieces}
    found = [best[item] for item in answers if item in best]
    if not found:
        return math.inf
    return 1 + sum(score >= max(found) for item, score in best.items() if item not in answers)


@given(lists, st.lists(st.tuples(relevant, st.lists(st.integers(0, 3), min_size=8, max_size=8)), min_size=1))
def test_recall_and_mrr_are_those_of_the_ranks(
    own: list[list[int]], asked: list[tuple[frozenset[int], list[float]]]
) -> None:
    questions = [corpora.Question("?", answers) for answers, _ in asked]
    scores = np.array([scores for _, scores in asked], np.float32)
    figures = measures.measure(questions, measures.Index([""] * 8, own, own), scores)
    ranks = [rank(answers, own, scores) for answers, scores in asked]
    assert figures.first == pytest.approx(sum(each == 1 for each in ranks) / len(ranks))
    assert figures.tenth == pytest.approx(sum(each <= 10 for each in ranks) / len(ranks))
    assert figures.mrr == pytest.approx(sum(1 / each for each in ranks) / len(ranks))
    assert figures.first <= figures.touching <= 1
    assert figures.first <= figures.mrr <= 1


def test_the_figures_of_a_ranking_that_is_known() -> None:
    questions = [corpora.Question("?", frozenset([item])) for item in (0, 1, 2)]
    scores = np.array([[3, 2, 1], [3, 2, 1], [3, 2, 1]], np.float32)
    figures = measures.measure(questions, measures.Index([""] * 3, [[0], [1], [2]], [[0], [1], [2]]), scores)
    assert (figures.first, figures.tenth) == (pytest.approx(1 / 3), 1)
    assert figures.mrr == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_a_ranker_that_tells_nothing_apart_finds_nothing_first() -> None:
    questions = [corpora.Question("?", frozenset([item])) for item in (0, 1)]
    own = measures.Index([""] * 2, [[0], [1]], [[0], [1]])
    assert measures.measure(questions, own, np.ones((2, 2), np.float32)).first == 0


def show(text: str) -> str:
    return "".join(text.split())


@given(ANY_TEXT | LONG_TEXT)
def test_every_cut_has_all_of_a_text_within_its_room(text: str) -> None:
    for name, cut in cuts.CUTS.items():
        pieces = list(cut(Document("a.txt", text)))
        covered = set[int]().union(*(range(piece.start, piece.end) for piece in pieces))
        assert all(text[at].isspace() for at in set(range(len(text))) - covered), name
        if name != "ours, no path":  # bare headings above a part, which the path would say, come on top of its room
            assert all(len(piece.text) <= cuts.SIZE for piece in pieces), name
        if name != "ours":
            assert all(show(piece.text) == show(text[piece.start : piece.end]) for piece in pieces), name


def test_a_piece_counts_for_the_item_that_it_holds_most_of() -> None:
    document = Document("a.txt", "x" * 100)
    items = [corpora.Item(0, 0, 30), corpora.Item(0, 30, 100)]
    corpus = corpora.Corpus("toy", "latin", [document], items, {})

    def cut(_: Document) -> Iterator[object]:
        yield from (cuts.Piece("", *ends) for ends in ((0, 40), (25, 60), (60, 100)))

    indexed = measures.index(corpus, cut)
    assert (indexed.cited, indexed.touched) == ([[0], [1, 2]], [[0, 1], [0, 1, 2]])


def test_bm25_by_hand() -> None:
    pieces = ["nghỉ phép năm", "nghỉ việc", "tiền lương"]
    (scores,) = rankers.score_bm25(["Nghỉ phép"], pieces, "latin")
    mean = (3 + 2 + 2) / 3
    by_word = {"nghỉ": math.log(1 + (3 - 2 + 0.5) / 2.5), "phép": math.log(1 + (3 - 1 + 0.5) / 1.5)}
    norms = [1.2 * (0.25 + 0.75 * length / mean) for length in (3, 2, 2)]
    expected = [sum(by_word.values()) * 2.2 / (1 + norms[0]), by_word["nghỉ"] * 2.2 / (1 + norms[1]), 0]
    assert scores.tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("question", "pieces", "script"),
    [
        ("연차휴가는 며칠", ["휴직의 사유", "연차휴가의 일수"], "ko"),
        ("phạt vượt đèn đỏ", ["nghỉ phép năm", "mức phạt khi vượt đèn đỏ"], "latin"),
    ],
)
def test_both_rankers_find_what_shares_words(question: str, pieces: list[str], script: str) -> None:
    for score in (rankers.score_bm25, rankers.score_vectors(open_embedder("hashing"))):
        (scores,) = score([question], pieces, script)
        assert scores.argmax() == 1


def test_the_articles_of_laws_are_what_is_asked_for() -> None:
    corpus = corpora.read_laws(LAWS / "vi", "laws vi", "latin")
    texts = [corpus.documents[item.document].text[item.start : item.end] for item in corpus.items]
    assert len(texts) > 20
    assert all(text.lstrip("# ").startswith("Điều ") and text.count("\nĐiều ") == 0 for text in texts)
    assert set(corpus.questions) == {"title", "sentence", "clause", "title, clause"}
    for kind in ("title", "clause"):
        for question in corpus.questions[kind]:
            assert all(question.text in texts[number] for number in question.relevant)
    halves = [corpora.select(corpus, half).questions for half in (0, 1)]
    for kind, asked in corpus.questions.items():
        assert sorted(map(str, [*halves[0][kind], *halves[1][kind]])) == sorted(map(str, asked))
    assert corpora.read_laws(LAWS / "vi", "laws vi", "latin") == corpus, "the same on every machine"


def write_xquad(folder: Path, paragraphs: int = 12) -> None:
    """Write two titles in the form of XQuAD, in two languages."""
    folder.mkdir(parents=True)
    words = [f"từ{number}" for number in range(997)]
    for language in ("vi", "en"):
        entries, queries = [], []
        for number in range(paragraphs):
            own = [words[(number * 89 + place * 7) % 997] for place in range(120)]
            text = ". ".join(" ".join(own[start : start + 12]) for start in range(0, 120, 12)) + "."
            entries.append({"id": f"{number}", "title": f"Title_{number % 2}", "text": text, "lang": language})
            asked = [" ".join(own[:4]) + "?", " ".join(own[60:66]) + "?"]
            queries += [{"id": text, "text": text, "lang": language, "relevant": [f"{number}"]} for text in asked]
        for name, lines in (("corpus", entries), ("queries", queries)):
            content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
            (folder / f"{name}.{language}.jsonl").write_text(content, encoding="utf-8")


def test_answers_are_made_of_whole_paragraphs_of_one_title_or_are_their_last_sentence(tmp_path: Path) -> None:
    write_xquad(tmp_path / "xquad", paragraphs=40)
    paragraphs = corpora.read_xquad(tmp_path / "xquad", "vi")
    answers = corpora.read_answers(tmp_path / "xquad", "vi")
    wholes = [paragraphs.documents[item.document].text[item.start : item.end] for item in paragraphs.items]
    assert len(paragraphs.items) == 40
    assert len(answers.documents) > 5
    for number, (document, end) in enumerate(zip(answers.documents, answers.questions["last sentence"], strict=True)):
        if number % 3:
            assert 1_000 <= len(document.text) <= 4_000
            assert set(document.text.split("\n\n")) <= set(wholes)
            assert document.text.endswith(end.text)
        else:
            assert document.text == end.text
            assert any(whole.endswith(end.text) for whole in wholes)
            assert not any(number in other.relevant for other in answers.questions["other question"])
        assert document.row
    assert [asked.text for asked in answers.questions["its question"]] == [row.question for row in answers.documents]


def test_the_whole_of_it_runs(tmp_path: Path) -> None:
    write_xquad(tmp_path / "retrieval" / "xquad")
    for language in ("vi", "ko"):
        shutil.copytree(LAWS / language, tmp_path / f"text_{language}")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER), str(tmp_path)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line for line in done.stdout.splitlines() if " BM25 " in line or " hashing " in line]
    assert [line for line in done.stdout.splitlines() if line.startswith("answers vi: ")]
    kinds = 2 * 1 + 3 + 2 * 4  # xquad, answers, laws
    assert sum(line.startswith(tuple(cuts.CUTS)) for line in rows) == kinds * len(cuts.CUTS) * 2
    found = [line.split()[-4] for line in rows if line.startswith("ours ") and "its question" in line]
    assert found == ["1.000", "1.000"]
