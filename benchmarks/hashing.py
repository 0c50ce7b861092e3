# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how fast the embedder `hashing` makes vectors, by the length of the texts, and how many texts at a time.

Run `python benchmarks/hashing.py`.
"""

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest import open_embedder

from chunking import say  # isort: skip - a file of this folder

CHARACTERS = 400_000  # of each measurement


def make_texts(length: int) -> list[str]:
    """Make different texts of at least so many characters."""
    dice = random.Random(4)
    texts = []
    for _ in range(CHARACTERS // length):
        text = say(dice)
        while len(text) < length:
            text += " " + say(dice)
        texts.append(text[:length])
    return texts


def measure(texts: list[str], batch: int) -> float:
    """Give the seconds of CPU that the texts take: the least of three rounds."""
    embedder = open_embedder("hashing")
    rounds = []
    for _ in range(3):
        started = time.process_time()
        embedder.encode_batch(texts, batch_size=batch)
        rounds.append(time.process_time() - started)
    return min(rounds)


def report() -> None:
    """Print texts and MB a second of CPU, and the time for each character against the shortest texts'."""
    per_character = 0.0
    for length in (100, 400, 1_600):
        texts = make_texts(length)
        seconds = measure(texts, batch=32)
        size = sum(len(text.encode()) for text in texts) / 1e6
        per_character = per_character or seconds / CHARACTERS
        print(
            f"{length:5} characters: {len(texts) / seconds:6.0f} texts/s, {size / seconds:4.1f} MB/s; time for each "
            f"character, against 100: {seconds / CHARACTERS / per_character:.2f}"
        )
    texts = make_texts(400)
    one, many = measure(texts, batch=1), measure(texts, batch=256)
    print(f"one text at a time against 256: {one / many:.2f} x the time")


if __name__ == "__main__":
    report()
