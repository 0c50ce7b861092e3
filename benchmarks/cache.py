# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Measure how fast vectors go into the cache and come out of it, and that its file keeps to its limit.

Run `python benchmarks/cache.py`.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.embedders.cache_file import NAME, FileCache
from ingest.embedders.cache_space import Space, find_space
from ingest.identity import CANARIES
from ingest.model import Identity, Vector

DIMENSION, BATCH = 768, 32
TEXTS = 20_000
NEEDED = 5_000  # vectors a second that the client side of a service must reach
MEGABYTE = 2**20
LIMIT = 32 * MEGABYTE


def open_space(cache: FileCache) -> Space:
    """Open the space of a model that does not exist."""
    return find_space(cache, Identity("benchmark"), np.ones((len(CANARIES), DIMENSION), np.float32))


def measure(work: Callable[[Sequence[str]], object], texts: int, batch: int = BATCH) -> float:
    """Work on texts by the batch; give the texts a second."""
    started = time.perf_counter()
    for first in range(0, texts, batch):
        work([f"text {number}" for number in range(first, min(first + batch, texts))])
    return texts / (time.perf_counter() - started)


def report() -> None:
    """Print vectors a second, each as a ratio to what is needed, and the size of a file that is full."""
    vector: Vector = np.random.default_rng(1).standard_normal(DIMENSION).astype(np.float32)
    with TemporaryDirectory() as folder, closing(FileCache(folder)) as cache:
        space = open_space(cache)
        alone = measure(lambda texts: space.keep(dict.fromkeys(texts, vector)), TEXTS // 20, batch=1)
        rates = {
            "kept one by one": alone,
            "kept": measure(lambda texts: space.keep(dict.fromkeys(texts, vector)), TEXTS),
            "found": measure(space.fetch, TEXTS),
            "not found": measure(lambda texts: space.fetch([f"no {text}" for text in texts]), TEXTS),
        }
    for name, rate in rates.items():
        print(
            f"{name:16}: {rate:8.0f} vectors/s, {rate / NEEDED:5.1f} × what is needed, {rate / alone:5.1f} × one by one"
        )
    with TemporaryDirectory() as folder:
        with closing(FileCache(folder, limit=LIMIT)) as cache:
            space = open_space(cache)
            rate = measure(lambda texts: space.keep(dict.fromkeys(texts, vector)), TEXTS)
        size = (Path(folder) / NAME).stat().st_size
    print(f"kept when full  : {rate:8.0f} vectors/s, {rate / rates['kept']:5.2f} × with room")
    print(f"size when full  : {size / MEGABYTE:8.1f} MiB, {size / LIMIT:5.3f} × its limit")


if __name__ == "__main__":
    report()
