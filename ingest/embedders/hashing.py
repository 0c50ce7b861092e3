"""Vectors without any service: words and character n-grams hashed into buckets. Lexical, for trials and offline.

The hashing trick with signs: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009. All
weights are integers, so that sums are exact and the vectors are the same on every machine.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.model import Vectors

DIMENSION = 768
_MODEL = "hashing-1"  # another number for anything that changes a vector
_WORD = re.compile(r"\w+")
_HANGUL = re.compile(r"[가-힣]")
# How much a word weighs as it is written, without its diacritics, and by its n-grams together; and the sizes of those.
# Chosen by recall@1 on XQuAD, in Vietnamese and English; a Korean word changes with its particles, its n-grams less.
_LETTERS = (64, 48, 40, (3, 4))
_SYLLABLES = (32, 0, 96, (2, 3))
_PAIR = 26  # of two words in a row
_COMMON = 0.2  # of the weight of other words
_LONGEST = 8  # characters beyond which a word weighs no more
_READ = 64  # characters of a word that n-grams are taken of: what is longer is no word
_COMMON_WORDS = """
the a an of to in on at for by with and or is are was were be been what which who whom whose how when where why did do
does that this it its as from his her their he she they has have had not but
là và của có được các những một cho trong với để khi đã không này đó thì mà ở từ bị bởi về theo như hay hoặc cũng gì nào
ai đâu sao bao nhiêu mấy vào ra lên do tại người
및 또는 그 이 저 것 수 등 때 의 를 을 은 는 가 에 와 과 무엇 어떤 언제 어디 누가 왜 어떻게 있다 한다
"""


class Hashing:
    """Embeds texts by the words in them: equal words make near texts, whatever they mean.

    Vietnamese is matched by syllables and pairs of them, also without its diacritics, though weaker; Korean by the
    character n-grams of its words, so that particles matter little. Texts of any length are read whole.
    """

    @property
    def name(self) -> str:
        return "hashing"

    @property
    def identity(self) -> Identity:
        return Identity(_MODEL)

    @property
    def limits(self) -> Limits:
        return Limits()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order: (texts, 768) float32, unit length; a text without a word has a vector, too."""
        import numpy as np  # noqa: PLC0415 - heavy

        sums = np.stack([_add_up(text) for text in texts]) if texts else np.zeros((0, DIMENSION))
        squares = (sums.astype(np.int64) ** 2).sum(axis=1)  # exact, so that the order of adding does not matter
        unit: Vectors = (sums / np.sqrt(squares)[:, None]).astype(np.float32)
        return unit


def _add_up(text: str) -> "NDArray[np.float64]":
    """Add up the weights of a text's features by bucket; never all zero."""
    import numpy as np  # noqa: PLC0415 - heavy

    text = unicodedata.normalize("NFKC", text).casefold()
    words = _WORD.findall(text)
    features = [_list_features(word, count) for word, count in Counter(words).items()]
    pairs = [_place(f"pair {first} {second}", _PAIR) for first, second in pairwise(words)]
    buckets = np.concatenate([*(buckets for buckets, _ in features), [bucket for bucket, _ in pairs]])
    weights = np.concatenate([*(weights for _, weights in features), [weight for _, weight in pairs]])
    sums: NDArray[np.float64] = np.bincount(buckets.astype(np.intp), weights, DIMENSION).astype(np.float64)
    if not sums.any():  # no word in it, or all of them cancelled out
        sums[_place(f"text {text}", 1)[0]] = 1
    return sums


@lru_cache(maxsize=1 << 14)
def _list_features(word: str, count: int) -> "tuple[NDArray[np.int16], NDArray[np.int32]]":
    """Give the buckets and the signed weights of a word that stands in a text `count` times."""
    import numpy as np  # noqa: PLC0415 - heavy

    as_written, without_diacritics, together, sizes = _SYLLABLES if _HANGUL.search(word) else _LETTERS
    folded = _fold(word)
    grams = _list_grams(word[:_READ], sizes)
    weight = math.sqrt(min(len(word), _LONGEST) * count)
    plain = weight * (_COMMON if word in _list_common_words() else 1)
    placed = [
        _place(f"word {word}", round(as_written * plain)),
        _place(
            f"folded {folded}", round(without_diacritics * weight * (_COMMON if folded in _fold_common_words() else 1))
        ),
        *(_place(f"gram {gram}", round(together * plain / math.sqrt(len(grams)))) for gram in grams),
    ]
    return np.array([bucket for bucket, _ in placed], np.int16), np.array([weight for _, weight in placed], np.int32)


def _list_grams(word: str, sizes: Sequence[int]) -> list[str]:
    """List the n-grams of a word, its ends marked."""
    marked = f"^{word}$"
    return [marked[start : start + size] for size in sizes for start in range(len(marked) - size + 1)]


def _fold(word: str) -> str:
    """Take the diacritics off a word, and the stroke off đ."""
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).replace("đ", "d")


@lru_cache(maxsize=1)
def _list_common_words() -> frozenset[str]:
    return frozenset(_COMMON_WORDS.split())


@lru_cache(maxsize=1)
def _fold_common_words() -> frozenset[str]:
    return frozenset(_fold(word) for word in _list_common_words())


def _place(feature: str, weight: int) -> tuple[int, int]:
    """Give the bucket of a feature, and its weight with its sign."""
    number = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    return number % DIMENSION, weight if number >> 63 else -weight
