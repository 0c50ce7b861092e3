# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Ways to score pieces for questions: BM25, and whatever gives vectors."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.embedders import Encoder

    Scores = NDArray[np.float32]  # (questions, pieces)

_WORD = re.compile(r"\w+")
_K, _B = 1.2, 0.75  # what Lucene takes

Ranker = Callable[[Sequence[str], Sequence[str], str], "Scores"]


def score_bm25(questions: Sequence[str], pieces: Sequence[str], script: str) -> "Scores":
    """Score by BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), with Lucene's idf."""
    counts = [Counter(_list_terms(piece, script)) for piece in pieces]
    lengths = np.array([count.total() for count in counts], np.float32)
    norms = _K * (1 - _B + _B * lengths / max(1.0, float(lengths.mean())))
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, count in enumerate(counts):
        for term, times in count.items():
            found[term].append((number, times))
    weights: dict[str, tuple[NDArray[np.intp], Scores]] = {}
    for term, entries in found.items():
        places, repeats = np.array(entries).T
        idf = math.log(1 + (len(pieces) - len(entries) + 0.5) / (len(entries) + 0.5))
        weights[term] = places, (idf * repeats * (_K + 1) / (repeats + norms[places])).astype(np.float32)
    scores = np.zeros((len(questions), len(pieces)), np.float32)
    for row, question in zip(scores, questions, strict=True):
        for term in set(_list_terms(question, script)) & weights.keys():
            places, gains = weights[term]
            row[places] += gains
    return scores


def score_vectors(embedder: "Encoder") -> Ranker:
    """Score by the cosine of an embedder's vectors."""

    def score(questions: Sequence[str], pieces: Sequence[str], script: str) -> "Scores":
        del script  # it finds that out by itself
        stored = embedder.encode_batch(pieces)
        asked = np.stack([embedder.encode_query(question) for question in questions])
        scores: Scores = asked @ stored.T
        return scores

    return score


def _list_terms(text: str, script: str) -> list[str]:
    """List the words of a text; of Korean, whose words carry particles, the pairs of syllables in them."""
    words = _WORD.findall(text.casefold())
    if script != "ko":
        return words
    return [one + other for word in words for one, other in pairwise(word)] + [word for word in words if len(word) == 1]
