"""Each question finds its own row first, however long the answers are, and so does a sentence from the end of one."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import open_embedder, open_source, open_store, sync
from ingest.chunking import open_chunker
from ingest.chunks import make_chunks
from ingest.model import Chunk, Document, Hit
from ingest.protocols import Embedder, Store
from ingest.search import find_hits
from tests.benchmarks.test_retrieval import corpora
from tests.commandline import Command
from tests.sources.workbooks import make_workbook

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = Path(__file__).parents[1] / "sample_data"
LAWS = SAMPLES / "laws" / "vi"
XQUAD = Path(__file__).parents[2] / "shared" / "data" / "retrieval" / "xquad"
Row = tuple[str, str]  # question, answer
SHORTEST, LONGEST = 1_000, 4_000  # characters of a long answer
SHORT = 4  # of so many answers one is a sentence
RARE = 3  # times that a word stands in the laws
SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+(?=\S)")
SEEDS = st.integers(0, 2**32)


def write_rows(number: int, seed: int = 6) -> Sequence[Row]:
    """Make answers of the words of laws, half of them rare ones, which tell what an answer is about."""
    text = " ".join(file.read_text(encoding="utf-8") for file in sorted(LAWS.iterdir()))
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", text)]
    rare = sorted(word for word, count in Counter(words).items() if count <= RARE)
    dice = random.Random(seed)
    rows: list[Row] = []
    for row in range(number):
        topic = [" ".join(dice.sample(rare, k=2)) for _ in range(60)]
        least = SHORTEST + (LONGEST - SHORTEST - 200) * row // number if row % SHORT != 1 else 1
        answer = ""
        while len(answer) < least:
            sentence = " ".join(dice.choice(each) for each in dice.choices((topic, words), k=dice.randint(8, 18)))
            answer += sentence.capitalize() + dice.choice([". ", ".\n"])
        rows.append((f"Quy định về {', '.join(topic[:3])} như thế nào?", answer.strip()))
    return rows


def pad_rows(seed: int) -> Sequence[Row]:
    """Take the questions of the sample workbook, and put before their answers sentences of all the answers."""
    rows = read_workbook(SAMPLES / "faq.xlsx")
    shared = [sentence for _, answer in rows for sentence in SENTENCE_ENDS.split(answer)]
    dice = random.Random(seed)
    padded: list[Row] = []
    for question, answer in rows:
        least, padding = dice.choice([0, dice.randint(0, SHORTEST), dice.randint(SHORTEST, LONGEST - 500)]), ""
        while len(padding) + len(answer) < least:
            padding += dice.choice(shared) + " "
        padded.append((question, padding + answer))
    return padded


def read_workbook(path: Path) -> Sequence[Row]:
    source = open_source("excel", path)
    (file,) = source.files()
    read = source.parse(file, Path(file.path).read_bytes())
    return [(row.question, row.text) for row in read if isinstance(row, Document)]


def read_rows() -> Sequence[Row]:
    """Make answers of real paragraphs, with real questions."""
    if not XQUAD.is_dir():
        pytest.skip("the real data is not here")
    return [(row.question, row.text) for row in corpora.read_answers(XQUAD, "vi").documents]


@dataclass(frozen=True)
class Answers:
    rows: Sequence[Row]
    store: Store
    embedder: Embedder

    def find(self, query: str, limit: int = 5) -> Sequence[Hit]:
        return find_hits(query, embedder=self.embedder, store=self.store, limit=limit)


@pytest.fixture(scope="module", params=["written", pytest.param("real", marks=pytest.mark.real_data)])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    rows = write_rows(80) if request.param == "written" else read_rows()
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "faq.xlsx").write_bytes(make_workbook({"Hỏi đáp": [["Câu hỏi", "Trả lời"], *map(list, rows)]}))
    store, embedder = open_store(path=str(folder / "store")), open_embedder("hashing")
    read = read_workbook(folder / "faq.xlsx")
    assert len(read) == len(rows)
    assert sync([open_source("excel", folder / "faq.xlsx")], embedder=embedder, store=store).exit_code == 0
    yield Answers(read, store, embedder)
    store.close()


def test_the_answers_are_as_long_as_they_should_be(answers: Answers) -> None:
    lengths = sorted(len(answer) for _, answer in answers.rows)
    short = sum(length < SHORTEST for length in lengths)
    assert len(lengths) // 5 < short < len(lengths) // 2
    assert lengths[0] < 150
    assert lengths[short] < 1_100
    assert 3_500 < lengths[-1] <= LONGEST
    assert answers.store.count() > 3 * len(answers.rows), "most make several points"


def test_every_question_finds_its_own_row_first(answers: Answers) -> None:
    for question, answer in answers.rows:
        best, *_ = answers.find(question)
        assert (best.payload["question"], best.payload["page_content"]) == (question, answer)


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_sentence_from_the_end_of_an_answer_finds_its_row_first(answers: Answers, back: int) -> None:
    for question, answer in answers.rows:
        sentence = SENTENCE_ENDS.split(answer)[-back:][0]
        if len(sentence) >= 25:  # a shorter one, "W. Anderson", may be anybody's
            assert answers.find(sentence)[0].payload["question"] == question, sentence


def test_a_row_is_shown_once_and_whole(answers: Answers) -> None:
    wholes = dict(answers.rows)
    for question, _ in answers.rows[::7]:
        hits = answers.find(question, limit=8)
        shown = [str(hit.payload["question"]) for hit in hits]
        assert len(set(shown)) == len(shown) == 8
        assert [hit.payload["page_content"] for hit in hits] == [wholes[question] for question in shown]


def score(rows: Sequence[Row], queries: Sequence[str]) -> tuple[Sequence[str], "NDArray[np.float32]"]:
    """Give the question of each point's row, and the points' scores (queries, points); no store, which is slow."""
    documents = [Document("faq.xlsx", answer, question, row=row) for row, (question, answer) in enumerate(rows, 2)]
    chunks = [chunk for chunk in make_chunks("faq", documents, open_chunker()) if isinstance(chunk, Chunk)]
    embedder = open_embedder("hashing")
    stored = embedder.probe([chunk.embed_text for chunk in chunks])
    asked = np.stack([embedder.encode_query(query) for query in queries])
    return [str(chunk.payload["question"]) for chunk in chunks], asked @ stored.T


def find_firsts(rows: Sequence[Row], queries: Sequence[str]) -> Sequence[str]:
    """Give the question of the row whose point is the nearest, for each query."""
    questions, scores = score(rows, queries)
    return [questions[nearest] for nearest in scores.argmax(axis=1)]


FEW_WORDS = st.lists(
    st.sampled_from(["phạt", "tiền", "xe máy", "ô tô", "đèn", "질문", "đường"]), min_size=1, max_size=40
)
LENGTHS = st.one_of(st.integers(1, 60), st.integers(60, 500), st.integers(500, LONGEST))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(FEW_WORDS.map(" ".join), st.tuples(FEW_WORDS, LENGTHS), min_size=2, max_size=8))
def test_no_row_stands_before_a_questions_own_whatever_the_lengths_and_however_alike_the_questions(
    drawn: dict[str, tuple[list[str], int]],
) -> None:
    answers = {asked: (" ".join(words) + " ") * (LONGEST // 2) for asked, (words, _) in drawn.items()}
    rows = [(asked, answers[asked][:length].strip()) for asked, (_, length) in drawn.items()]
    questions, scores = score(rows, [*drawn])
    for asked, row in zip(drawn, scores, strict=True):
        own = max(value for value, question in zip(row, questions, strict=True) if question == asked)
        assert own >= row.max() - 1e-6, "only texts that are the same to the embedder may be as near"


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_every_question_finds_its_own_row_first_whatever_the_answers_share(seed: int) -> None:
    rows = pad_rows(seed)
    questions = [question for question, _ in rows]
    assert find_firsts(rows, questions) == questions


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_a_question_and_the_last_sentence_find_their_row_first_whatever_the_words(seed: int) -> None:
    rows = write_rows(40, seed)
    questions = [question for question, _ in rows]
    lasts = [SENTENCE_ENDS.split(answer)[-1] for _, answer in rows]
    assert find_firsts(rows, [*questions, *lasts]) == [*questions, *questions]


def test_the_command_shows_it_so(command: Command) -> None:
    rows = write_rows(12)
    Path("faq.xlsx").write_bytes(make_workbook({"Hỏi đáp": [["Câu hỏi", "Trả lời"], *map(list, rows)]}))
    assert command("--excel", "faq.xlsx", "--embedder", "hashing").code == 0
    question, answer = rows[-1]
    for query in (question, SENTENCE_ENDS.split(answer)[-1]):
        found = command("search", query, "--json", "-k", "12").json["hits"]
        assert (found[0]["question"], found[0]["page_content"]) == (question, answer)
        assert sorted(hit["metadata"]["row"] for hit in found) == list(range(2, 14))
        printed = command("search", query, "-k", "3").out
        assert printed.splitlines()[0].endswith(question)
        first = printed.partition("\n2. ")[0].partition("\n")[2]
        assert first.split() == answer.split()


def test_the_question_is_a_point_of_its_own_and_the_answer_is_whole_in_it(command: Command) -> None:
    [(question, answer)] = write_rows(1)
    rows = [["Câu hỏi", "Trả lời", "Lĩnh vực"], [question, answer, "Lao động"], ["Giờ làm?", "8 giờ.", "Lao động"]]
    Path("faq.xlsx").write_bytes(make_workbook({"Hỏi đáp": rows}))
    assert command("--excel", "faq.xlsx", "--embedder", "hashing", "--context", "Lĩnh vực").code == 0
    long, short = command("show", "faq.xlsx", "--json").json["items"]
    assert (len(short["points"]), short["metadata"]["part"], short["metadata"]["parts"]) == (2, 1, 2)
    count = len(long["points"])
    assert count > 2
    assert (long["question"], long["page_content"]) == (question, answer)
    described = {name: long["metadata"][name] for name in ("part", "parts", "start", "end")}
    assert described == {"part": 1, "parts": count, "start": 0, "end": 0}, "nothing of the answer is embedded there"
    seen = command("preview", "--excel", "faq.xlsx", "--context", "Lĩnh vực", "--json").json["datasets"][0]
    assert seen["chunks"][0]["embed_text"] == f"{question} Lao động"
    assert (seen["rows_in_several_chunks"], seen["lengths"]["count"]) == (1, count + 2)
    assert command("verify", "--excel", "faq.xlsx", "--context", "Lĩnh vực").code == 0
