# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""How well the items of a corpus are found: an item is as good as the best piece of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from corpora import Corpus, Item, Question
from cuts import Cut, Piece

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Index:
    """The pieces of a corpus, and by item which of them are its own.

    cited: by each piece the item that it holds most of, which is the one that a search would cite for it.
    touched: by each piece every item that it holds something of.
    """

    pieces: Sequence[str]
    cited: Sequence[Sequence[int]]
    touched: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of questions, 0 to 1.

    first, tenth: recall@1 and @10. mrr: the mean of 1/rank. touching: recall@1 where a piece counts for every item
    that it touches, which is generous to pieces that hold something of several.
    """

    first: float
    tenth: float
    mrr: float
    touching: float


def index(corpus: Corpus, cut: Cut) -> Index:
    """Cut the documents of a corpus and tell whose the pieces are."""
    pieces: list[str] = []
    cited: list[list[int]] = [[] for _ in corpus.items]
    touched: list[list[int]] = [[] for _ in corpus.items]
    own: dict[int, list[tuple[int, Item]]] = {}
    for number, item in enumerate(corpus.items):
        own.setdefault(item.document, []).append((number, item))
    for position, document in enumerate(corpus.documents):
        for piece in cut(document):
            shares = {number: _overlap(piece, item) for number, item in own.get(position, ())}
            held = [number for number, share in shares.items() if share > 0]
            for number in held:
                touched[number].append(len(pieces))
            if held:
                cited[max(held, key=lambda number: shares[number])].append(len(pieces))
            pieces.append(piece.text)
    return Index(pieces, cited, touched)


def measure(questions: Sequence[Question], indexed: Index, scores: "NDArray[np.float32]") -> Figures:
    """Measure the ranks of the answers. scores: (questions, pieces)."""
    ranks = _rank(questions, indexed.cited, scores)
    generous = _rank(questions, indexed.touched, scores, share=True)
    return Figures(
        float((ranks <= 1).mean()),
        float((ranks <= 10).mean()),
        float((1 / ranks).mean()),
        float((generous <= 1).mean()),
    )


def _rank(
    questions: Sequence[Question],
    pieces: Sequence[Sequence[int]],
    scores: "NDArray[np.float32]",
    *,
    share: bool = False,
) -> "NDArray[np.float64]":
    """Give the rank of the best answer of each question among all items; infinite where no piece is its own.

    Equal scores are lost. share: only to a higher one, since items may share a piece.
    """
    best = np.full((len(questions), len(pieces)), -np.inf, np.float32)
    for number, own in enumerate(pieces):
        if own:
            best[:, number] = scores[:, own].max(axis=1)
    ranks = np.full(len(questions), np.inf)
    for row, question in enumerate(questions):
        relevant = list(question.relevant)
        answer = best[row, relevant].max()
        best[row, relevant] = -np.inf
        if answer > -np.inf:
            ranks[row] = 1 + ((best[row] > answer) if share else (best[row] >= answer)).sum()
    return ranks


def _overlap(piece: Piece, item: Item) -> int:
    return min(piece.end, item.end) - max(piece.start, item.start)
