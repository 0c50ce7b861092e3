"""How what is missing becomes requests: full batches of texts of like length, each text asked for once."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from ingest.encoding import WINDOW
from ingest.errors import EmbeddingError
from ingest.model import Refused, Vector  # noqa: TC001 - tests import plainly what only annotations need
from ingest.report import Report
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, RowsSource
from tests.stores.memory import MemoryStore

BATCH = 8


class Listening(CountingEmbedder):
    """An embedder that remembers the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        self.batches.append(list(texts))
        return super().embed_each(texts)


def run(folder: Path, answers: Sequence[str], embedder: CountingEmbedder, workers: int = 1) -> tuple[Report, int]:
    rows = [("", answer, "") for answer in answers]
    store = MemoryStore()
    source = RowsSource(folder).write({"x.json": rows})
    options = Options(batch_size=BATCH, concurrency=workers)
    return sync([source], embedder=embedder, store=store, options=options), len(list(store.scroll()))


@given(st.lists(st.integers(1, 90), min_size=1, max_size=700), st.integers(1, 3))
def test_texts_cost_no_more_requests_than_they_fill(lengths: list[int], workers: int) -> None:
    with TemporaryDirectory() as folder:
        embedder = Listening()
        answers = ["a" * length for length in lengths]
        report, points = run(Path(folder), answers, embedder, workers)
        assert (report.exit_code, points) == (0, len(answers))
        assert sorted(embedder.asked) == sorted(set(answers))
        assert len(embedder.batches) == -(-len(set(answers)) // BATCH)


def test_texts_of_like_length_go_together(tmp_path: Path) -> None:
    embedder = Listening()
    run(tmp_path, ["a" * (1 + number * 89 % WINDOW) for number in range(WINDOW)], embedder)
    padding = sum(len(max(batch, key=len)) - len(text) for batch in embedder.batches for text in batch)
    assert padding / WINDOW <= BATCH / 2


def test_a_slow_batch_holds_up_no_other(tmp_path: Path) -> None:
    release = Event()

    class Slow(Listening):
        def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
            if "a" in texts:
                assert release.wait(20), "the others waited for it"
            result = super().embed_each(texts)
            if len(self.asked) >= 300 - BATCH:
                release.set()
            return result

    report, points = run(tmp_path, ["a" * (1 + number) for number in range(300)], Slow(), workers=2)
    assert (report.exit_code, points) == (0, 300)


def test_after_the_end_no_batch_that_waits_is_sent(tmp_path: Path) -> None:
    class Failing(CountingEmbedder):
        def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
            self.requests += 1
            raise EmbeddingError("down for good")

    embedder = Failing()
    report, points = run(tmp_path, ["a" * (1 + number) for number in range(300)], embedder, workers=3)
    assert isinstance(report.failure, EmbeddingError)
    assert points == 0
    assert embedder.requests <= 1 + 3
