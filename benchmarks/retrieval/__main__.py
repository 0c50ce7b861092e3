# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure what is found: by the cut of the texts, by what the chunks are told of where they stand, by the embedder.

Run `python benchmarks/retrieval FOLDER [--model FOLDER]`: the first holds `retrieval/xquad`, `text_vi` and `text_ko`,
the other an ONNX model. docs/retrieval.md tells what the figures mean.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest import open_embedder

from corpora import Corpus, read_answers, read_laws, read_xquad, select  # isort: skip - files of this folder
from cuts import CUTS  # isort: skip
from measures import Figures, index, measure  # isort: skip
from rankers import Ranker, score_bm25, score_vectors  # isort: skip

RATIOS = (("ours, no path", "recursive"), ("ours", "ours, no path"), ("ours", "fixed windows"))


def read(folder: Path) -> list[Corpus]:
    """Read every corpus."""
    xquad = folder / "retrieval" / "xquad"
    return [
        *(read_xquad(xquad, language) for language in ("vi", "en")),
        read_answers(xquad, "vi"),
        read_laws(folder / "text_vi", "laws vi", "latin"),
        read_laws(folder / "text_ko", "laws ko", "ko"),
    ]


def report(corpora: Sequence[Corpus], rankers: Mapping[str, Ranker]) -> None:
    """Print a table for each corpus, then the ratios of its recall@1: between cuts, and between rankers."""
    for corpus in corpora:
        print(f"\n{corpus.name}: {len(corpus.documents)} files, {len(corpus.items)} to be found")
        print(f"{'cut':14} {'pieces':>6} {'by':8} {'asked by':14} {'n':>5}  recall@1 @10   MRR   touching@1")
        found: dict[tuple[str, str, str], Figures] = {}
        for cut_name, cut in CUTS.items():
            indexed = index(corpus, cut)
            for by, score in rankers.items():
                questions = [question for asked in corpus.questions.values() for question in asked]
                scores = score([question.text for question in questions], indexed.pieces, corpus.script)
                for kind, asked in corpus.questions.items():
                    figures, scores = measure(asked, indexed, scores[: len(asked)]), scores[len(asked) :]
                    found[cut_name, by, kind] = figures
                    print(
                        f"{cut_name:14} {len(indexed.pieces):6} {by:8} {kind:14} {len(asked):5}  {figures.first:.3f}  "
                        f"{figures.tenth:.3f}  {figures.mrr:.3f}  {figures.touching:.3f}"
                    )
        for kind in corpus.questions:
            for by in rankers:
                ratios = (
                    f"{one} / {other} {_divide(found[one, by, kind], found[other, by, kind]):.3f}"
                    for one, other in RATIOS
                )
                print(f"recall@1, {kind}, {by}: {'; '.join(ratios)}")
            for by in rankers:
                ratio = _divide(found["ours", by, kind], found["ours", "BM25", kind])
                print(f"recall@1, {kind}, ours, {by} / BM25: {ratio:.3f}")


def _divide(one: Figures, other: Figures) -> float:
    return one.first / other.first if other.first else float("nan")


def report_speed(corpora: Sequence[Corpus]) -> None:
    """Print how many texts `hashing` embeds in a second of one core."""
    pieces = [piece for corpus in corpora for piece in index(corpus, CUTS["ours"]).pieces]
    embedder = open_embedder("hashing")
    started = time.process_time()
    embedder.encode_batch(pieces)
    seconds = time.process_time() - started
    print(f"\nhashing: {len(pieces) / seconds:.0f} texts/s of {sum(map(len, pieces)) / len(pieces):.0f} characters")


def main() -> None:
    """Read the command line and report."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, help="a folder with an ONNX model, for the embedder `local`")
    parser.add_argument("--tuning", action="store_true", help="ask the questions that hashing's weights were chosen by")
    arguments = parser.parse_args()
    corpora = [select(corpus, 0 if arguments.tuning else 1) for corpus in read(arguments.folder)]
    report_speed(corpora)
    rankers: dict[str, Ranker] = {"BM25": score_bm25, "hashing": score_vectors(open_embedder("hashing"))}
    if arguments.model:
        rankers["local"] = score_vectors(open_embedder(f"local:{arguments.model}"))
    report(corpora, rankers)


if __name__ == "__main__":
    main()
