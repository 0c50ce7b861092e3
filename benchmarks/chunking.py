# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how fast texts are cut into parts, and that the time grows no faster than the text.

Run `python benchmarks/chunking.py [TOKENIZER.json]`: measured by characters, of the default size and of 1,000, by the
estimate of tokens, and by that tokenizer. Without one, a small tokenizer is made of the text's own words. What a part
costs is much the same whatever its size: the more of them a text makes, the longer it takes.
"""

import argparse
import math
import random
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tokenizers import Tokenizer as Maker
from tokenizers import models, pre_tokenizers

from ingest.chunking import open_chunker
from ingest.embedders.tokenizer import Tokenizer
from ingest.model import Document
from ingest.protocols import Chunker, Window

MEGABYTE = 1_000_000
LEAST = 20.0  # MB/s by characters
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
    "bare headings": "# A\n",
    "list items": "- a\n",
    "spaced items": "- a\n\nx\n\n",
    "delimiter rows": "|---|---|\n",
    "contents": "Điều 1. Một . . . . 1\n",
    "titles of laws": "LUẬT\nA\n",
    "closed fences": "```\na\n```\n",
    "amendments": "Điều 1. Sửa đổi\n1. Sửa đổi Điều 5 như sau:\nĐiều 5. A\n",
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


def make_tokenizer(text: str) -> Tokenizer:
    """Make a tokenizer of the default model's kind, that has the words of the text and all of its characters.

    Trained on a text of a few words it would have a few hundred pieces, and spell most words.
    """
    counts = Counter("\u2581" + word for word in text.split()) + Counter({*text, "\u2581"})
    total = counts.total()
    pieces = [("<unk>", 0.0), *((piece, math.log(number / total)) for piece, number in counts.items())]
    maker = Maker(models.Unigram(pieces, unk_id=0))
    maker.pre_tokenizer = pre_tokenizers.Metaspace()
    with TemporaryDirectory() as folder:
        maker.save(f"{folder}/tokenizer.json")
        return Tokenizer(Path(folder, "tokenizer.json"))


def measure(text: str, chunker: Chunker) -> tuple[float, int]:
    """Cut a text: the best of three times in seconds (of a long one, one), and the number of parts."""
    document = Document("a.txt", text)
    seconds = []
    parts = 0
    for _ in range(3 if len(text) < 20 * MEGABYTE else 1):
        started = time.process_time()  # of this process: others on the machine don't count
        parts = sum(1 for _ in chunker.split(document))  # each is made when it is asked for
        seconds.append(time.process_time() - started)
    return min(seconds), parts


def report_tokens(law: str, tokenizer: Tokenizer) -> None:
    """Print the same for a window of 128 tokens, estimated and counted, and the longest part by the tokenizer.

    How near an estimate is to the tokenizers of models, `estimate.py` measures.
    """
    for counter in ("estimated", tokenizer):
        chunker = open_chunker(window=Window("model", 128, counter))
        unit = chunker.settings["unit"]
        for megabytes in (1, 10, 100):
            text = law * megabytes
            size = len(text.encode()) / MEGABYTE
            seconds, parts = measure(text, chunker)
            print(f"{unit}: {size:5.1f} MB {seconds:6.2f} s {size / seconds:6.1f} MB/s {parts:6} parts")
        cut = chunker.split(Document("a.txt", law))
        counts = tokenizer.count_each([f"{part.prefix}\n{law[part.body : part.end]}".strip() for part in cut])
        print(f"{unit}: longest {max(counts)} tokens, over 128: {sum(each > 128 for each in counts)} of {len(counts)}")


def report(tokenizer: Tokenizer | None) -> None:
    """Print MB/s and the ratio of times per megabyte; the larger texts are the smallest again and again."""
    law = make_law(MEGABYTE)
    tokenizer = tokenizer or make_tokenizer(law)
    for chars, overlap in ((1_000, 0), (None, 0), (None, 80)):
        chunker = open_chunker(size=chars, overlap=overlap)
        per_megabyte = []
        for megabytes in (1, 10, 100):
            text = law * megabytes
            size = len(text.encode()) / MEGABYTE
            seconds, parts = measure(text, chunker)
            per_megabyte.append(seconds / size)
            print(
                f"{chunker.settings['size']:5} characters, overlap {overlap:2}: {size:5.1f} MB {seconds:6.2f} s "
                f"{size / seconds:6.1f} MB/s = {size / seconds / LEAST:.2f} of {LEAST:.0f} MB/s; {parts:6} parts"
            )
        for megabytes, each in zip((10, 100), per_megabyte[1:], strict=True):
            print(f"time per MB, {megabytes} MB against 1 MB: {each / per_megabyte[0]:.2f}")
    report_tokens(law, tokenizer)
    for name, piece in HARD.items():
        small, large = (piece * (size // len(piece.encode())) for size in (MEGABYTE // 4, MEGABYTE))
        slow, quick = (measure(text, open_chunker(overlap=0))[0] for text in (large, small))
        print(f"{name:18}: {1 / slow:6.1f} MB/s, time per MB, 1 MB against 0.25 MB: {slow / quick / 4:.2f}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tokenizer", nargs="?", type=Path, metavar="TOKENIZER.json")
    given = arguments.parse_args().tokenizer
    report(Tokenizer(given) if given else None)
