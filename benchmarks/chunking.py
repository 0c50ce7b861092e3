# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how fast texts are cut into parts, and that the time grows no faster than the text.

Run `python benchmarks/chunking.py`.
"""

import random
import sys
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.chunking import open_chunker
from ingest.model import Document

MEGABYTE = 1_000_000
WORDS = (
    *("người lao động", "có quyền", "nghỉ phép năm", "theo quy định", "của pháp luật", "về việc", "bảo đảm an toàn"),
    *("trong trường hợp", "cơ quan nhà nước", "có thẩm quyền", "yêu cầu", "tổ chức", "cá nhân", "cung cấp thông tin"),
    *("hồ sơ", "tài liệu", "liên quan đến", "nội dung này"),
)
# One repeated piece each, of the kinds that make a careless cutter quadratic.
HARD = {
    "one line of words": "người lao động ",
    "one word": "x",
    "dots": ".",
    "open quotations": "“Điều 1. Một\n",
    "unclosed fences": "```a\n# b\n",
    "bare titles": "Chương I\n",
    "blank lines": "\n \n",
    "no spaces": "本法适用于劳动者",
}


def make_law(size: int, seed: int = 1) -> str:
    """Make a law of about `size` bytes of UTF-8: chapters of ten articles, articles of clauses and points."""
    dice = random.Random(seed)  # the same law on every machine
    pieces: list[str] = []
    written = 0
    for number in count(1):
        if written >= size:
            return "".join(pieces)
        chapter = f"Chương {number // 10 + 1}\nQUY ĐỊNH CHUNG\n\n" if number % 10 == 1 else ""
        clauses = (f"{clause}. {say(dice)}\n" for clause in range(1, dice.randint(2, 8)))
        article = f"{chapter}Điều {number}. {say(dice, most=6)[:-1]}\n{''.join(clauses)}\n"
        pieces.append(article)
        written += len(article.encode())
    raise AssertionError


def say(dice: random.Random, most: int = 30) -> str:
    """Make a sentence of up to `most` pieces."""
    return " ".join(dice.choices(WORDS, k=dice.randint(3, most))).capitalize() + "."


def measure(text: str, overlap: int = 0) -> tuple[float, int]:
    """Cut a text: the best of three times in seconds, and the number of parts."""
    chunker, document = open_chunker(overlap=overlap), Document("a.txt", text)
    seconds = []
    parts = 0
    for _ in range(3):
        started = time.perf_counter()
        parts = len(chunker.split(document))
        seconds.append(time.perf_counter() - started)
    return min(seconds), parts


def report() -> None:
    """Print MB/s and the ratio of times per megabyte."""
    for overlap in (0, 80):
        per_megabyte = []
        for megabytes in (1, 10):
            text = make_law(megabytes * MEGABYTE)
            size = len(text.encode()) / MEGABYTE
            seconds, parts = measure(text, overlap)
            per_megabyte.append(seconds / size)
            print(
                f"law, overlap {overlap:2}: {size:5.1f} MB {seconds:6.2f} s {size / seconds:6.1f} MB/s {parts:6} parts"
            )
        print(f"time per MB, 10 MB against 1 MB: {per_megabyte[1] / per_megabyte[0]:.2f}")
    for name, piece in HARD.items():
        small, large = (piece * (size // len(piece.encode())) for size in (MEGABYTE // 4, MEGABYTE))
        ratio = measure(large)[0] / measure(small)[0] / 4
        print(f"{name:18}: {1 / measure(large)[0]:6.1f} MB/s, time per MB, 1 MB against 0.25 MB: {ratio:.2f}")


if __name__ == "__main__":
    report()
