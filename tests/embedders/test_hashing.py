import json
import subprocess
import sys
import unicodedata
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import open_embedder, open_source, open_store, sync
from ingest.embedders import hashing
from ingest.embedders.hashing import DIMENSION, Hashing
from ingest.errors import IdentityError
from ingest.model import Vectors

XQUAD = Path("../shared/data/retrieval/xquad")
PINNED_BUCKETS = [32, 443, 417, 552, 415, 111]
PINNED_VALUES = [0.10663307, 0.10230523, 0.09701565, 0.09581348, 0.09449108, -0.09389]


def embed(*texts: str) -> Vectors:
    return Hashing().embed(texts)


def compare(one: str, other: str) -> float:
    first, second = embed(one, other)
    return float(first @ second)


@given(st.lists(st.text(st.characters(), max_size=80), min_size=1, max_size=4))
def test_every_text_has_a_unit_vector_of_its_own(texts: list[str]) -> None:
    vectors = embed(*texts)
    assert vectors.shape == (len(texts), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(embed(text)[0], vector)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_the_form_of_the_letters_does_not_matter(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    for form in ("NFD", "NFKC"):
        assert np.array_equal(embed(unicodedata.normalize(form, normal)), embed(normal))


@pytest.mark.parametrize("text", ["", " ", "!?", "\n\t", "…", "\ud800"])
def test_a_text_without_a_word_has_a_vector(text: str) -> None:
    assert np.linalg.norm(embed(text)) == pytest.approx(1)


def test_no_text_gives_no_vector() -> None:
    assert embed().shape == (0, DIMENSION)


def test_the_vectors_never_change() -> None:
    """Another vector for the same text needs another name of the model: collections hold these."""
    [vector] = embed(
        "Điều 1. Người lao động có quyền nghỉ phép năm. 제1조 근로자는 연차휴가를 받는다. Article 1: annual leave."
    )
    strongest = np.argsort(-np.abs(vector), kind="stable")[:6]
    assert Hashing().identity.model == "hashing-2"
    assert strongest.tolist() == PINNED_BUCKETS
    assert vector[strongest].tolist() == pytest.approx(PINNED_VALUES, abs=1e-7)


def test_a_trial_of_an_older_version_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("Điều 1. Nghỉ phép năm", encoding="utf-8")
    with closing(open_store(path=str(tmp_path / "store"))) as store:
        monkeypatch.setattr(hashing, "_MODEL", "hashing-1")
        assert sync([open_source("text", texts)], embedder=open_embedder("hashing"), store=store).exit_code == 0
        monkeypatch.undo()
        (texts / "b.txt").write_text("제1조 연차휴가", encoding="utf-8")
        with pytest.raises(IdentityError, match=r"hashing-1.*hashing-2.*--rebuild"):
            sync([open_source("text", texts)], embedder=open_embedder("hashing"), store=store)
        assert store.count() == 1


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    """One that starts its process with the third text."""
    monkeypatch.setattr(hashing, "PATIENCE", 2)
    monkeypatch.setattr(hashing, "count_cores", lambda: 2)
    return Hashing()


def test_its_process_gives_the_same_bytes(eager: Hashing) -> None:
    texts = ["Điều 1. Một", "", "\ud800", "연차휴가 leave"]
    assert eager.embed(texts[:2]).tobytes() == embed(*texts[:2]).tobytes()
    assert not eager._child
    assert eager.embed(texts).tobytes() == embed(*texts).tobytes()
    assert eager._child
    assert eager._child._process.poll() is None


def test_its_process_ends_with_it(monkeypatch: pytest.MonkeyPatch, eager: Hashing) -> None:
    embedder = Hashing()
    embedder.embed(["a", "b", "c"])
    assert embedder._child
    process = embedder._child._process
    assert process.poll() is None
    del embedder
    assert process.poll() is not None


def test_a_process_that_dies_is_done_without(eager: Hashing) -> None:
    eager.embed(["a", "b", "c"])
    assert eager._child
    eager._child._process.kill()
    eager._child._process.wait()
    assert eager.embed(["a"]).tobytes() == embed("a").tobytes()
    assert not eager._child
    assert eager.embed(["b"]).tobytes() == embed("b").tobytes()


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    code = (
        "import sys; from ingest.embedders.hashing import Hashing;"
        "sys.stdout.buffer.write(Hashing().embed(['Điều 2 연차휴가 leave leave']).tobytes())"
    )
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        assert run.stdout == embed("Điều 2 연차휴가 leave leave").tobytes()


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        (
            "nghỉ phép năm bao nhiêu ngày",
            "Người lao động được nghỉ phép năm 12 ngày.",
            "Doanh nghiệp nộp thuế mỗi quý.",
        ),
        ("nghi phep nam", "Người lao động được nghỉ phép năm.", "Doanh nghiệp nộp thuế mỗi quý."),
        ("연차휴가는 며칠인가", "근로자에게 15일의 연차휴가를 준다.", "하천은 국가가 관리한다."),
        ("근로자의 휴가", "근로자에게는 휴가가 있다.", "사용자에게는 의무가 있다."),
        ("annual leaves", "Each worker has annual leave.", "The river is managed by the state."),
        ("GIẤY PHÉP", "giấy phép xây dựng", "giao thông đường bộ"),
    ],
)
def test_texts_that_share_words_are_near(query: str, near: str, far: str) -> None:
    assert compare(query, near) > compare(query, far) + 0.1


def test_repeating_a_word_adds_less_each_time() -> None:
    once, four, many = (compare("cá", f"{'cá ' * count} sông nước biển rừng núi") for count in (1, 4, 16))
    assert once < four < many < 1
    assert four < 2.5 * once


@pytest.mark.real_data
@pytest.mark.skipif(not XQUAD.is_dir(), reason="the retrieval set is not at hand")
@pytest.mark.parametrize(("language", "least"), [("vi", 0.82), ("en", 0.82)])
def test_recall_on_xquad(language: str, least: float) -> None:
    def read(kind: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in (XQUAD / f"{kind}.{language}.jsonl").read_text("utf-8").splitlines()]

    corpus, queries = read("corpus"), read("queries")
    scores = embed(*(str(query["text"]) for query in queries)) @ embed(*(str(entry["text"]) for entry in corpus)).T
    best = [corpus[index]["id"] for index in scores.argmax(axis=1)]
    found = [answer in query["relevant"] for answer, query in zip(best, queries, strict=True)]  # type: ignore[operator] # JSON
    assert np.mean(found) >= least
