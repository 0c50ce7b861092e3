# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how near the estimate of tokens is to tokenizers.

Run `python benchmarks/estimate.py TOKENIZER.json... --texts TEXT...`: they are cut for a window of 128 tokens by the
estimate, and the parts counted by each tokenizer.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.chunking import open_chunker
from ingest.embedders.tokenizer import Tokenizer
from ingest.model import Document
from ingest.protocols import TokenCounter, Window

LIMIT = 128
FULL = 0.85  # of the window, by the estimate: how full other parts are is no matter of it


def cut(text: str) -> Iterator[tuple[str, int]]:
    """Cut a text: what is embedded of each part, and what that is estimated to take."""
    for part in open_chunker(window=Window("model", LIMIT, "estimated")).split(Document("a.md", text)):
        yield f"{part.prefix}\n{text[part.body : part.end]}".strip(), part.size


def compare(counters: Mapping[str, TokenCounter], texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Tell for each name of texts, and each tokenizer, how many parts are over, the longest, and how full they are."""
    for name, several in texts.items():
        parts = [part for text in several for part in cut(text)]
        for counter, tokenizer in counters.items():
            counts = tokenizer.count_each([text for text, _ in parts])
            full = [count for count, (_, size) in zip(counts, parts, strict=True) if size >= FULL * LIMIT]
            over, fill = sum(count > LIMIT for count in counts), fmean(full or counts or [0]) / LIMIT
            yield f"{name}, {counter}: {over} of {len(parts)} over, longest {max(counts, default=0)}, {fill:.0%} full"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tokenizers", nargs="+", type=Path, metavar="TOKENIZER.json")
    arguments.add_argument("--texts", nargs="+", type=Path, required=True, metavar="TEXT", help="UTF-8")
    given = arguments.parse_args()
    measured = {str(file): Tokenizer(file) for file in given.tokenizers}
    for line in compare(measured, {str(file): [file.read_text("utf-8")] for file in given.texts}):
        print(line)
