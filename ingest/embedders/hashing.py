"""Vectors without any service: words and character n-grams hashed into buckets. Lexical, for trials and offline.

The hashing trick with signs: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009. Each
feature goes to two buckets, so that two features rarely share all they have. Then each bucket gives way to its root,
sign kept, the power normalisation of Perronnin et al., "Improving the Fisher Kernel", ECCV 2010: what is heavy, or fell
together, no longer outweighs the rest. Sums are of integers and roots are rounded to them, so that the vectors are the
same on every machine.
"""

import logging
import math
import pickle
import re
import threading
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from ingest.child import Child, answer, count_cores
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    from ingest.model import Vectors

log = logging.getLogger("ingest")

DIMENSION = 768
_MODEL = "hashing-2"  # another number for anything that changes a vector
_WORD = re.compile(r"\w+")
_HANGUL = re.compile(r"[가-힣]")
# How much a word weighs as it is written, without its diacritics, and by its n-grams together; and the sizes of those.
# Chosen by half of the questions of benchmarks/retrieval; a Korean word changes with its particles, its n-grams less.
_LETTERS = (48, 48, 64, (3, 4))
_SYLLABLES = (64, 0, 96, (2, 3, 4))
_PAIR = 26  # of two words in a row
_COMMON = 0.2  # of the weight of other words
_LONGEST = 8  # characters beyond which a word weighs no more
_READ = 64  # characters of a word that n-grams are taken of: what is longer is no word
_BITS = 10  # that a bucket takes of a packed feature; above them stands its weight
_BUCKET = (1 << _BITS) - 1
_FEATURE = 8  # bytes of a packed feature
_SECONDS = 60.0  # that the process may take for some texts
PATIENCE = 4_000  # texts that are embedded here before a process is worth its start, 0.2 s
_FINENESS = 64  # steps that the root of a bucket is rounded to, so many to 1
_COMMON_WORDS = """
the a an of to in on at for by with and or is are was were be been what which who whom whose how when where why did do
does that this it its as from his her their he she they has have had not but after before into over under between about
than then there these those can could would should will may might must many much more most some any all no other such
only own so very just also during through i you we my your our me him us if while both each because until against named
called shall being
là và của có được các những một cho trong với để khi đã không này đó thì mà ở từ bị bởi về theo như hay hoặc cũng gì nào
ai đâu sao bao nhiêu mấy vào ra lên tại người việc sự cái con cả thể nhiều ít hơn sau trước trên dưới giữa khác cùng
nên vì nếu còn chỉ rất lại đều đang sẽ vẫn loại thế ấy kia bằng qua lúc mỗi từng gọi phải đến đi làm rằng bên trường
hợp
및 또는 그 이 저 것 수 등 때 의 를 을 은 는 가 에 와 과 무엇 어떤 언제 어디 누가 왜 어떻게 있다 한다 경우 경우에는 대한
대하여 관한 관하여 따라 따른 따라서 의한 의하여 위하여 위한 다음 각 호의 호에 하는 하여야 하여 하고 하며 어느 하나에
해당하는 정하는 정한다 바에 그러하지 아니하다 아니하는 아니한 때에는 없다 이하 자 자는 자가 자에게 등을 등의 등이 중
다만 또한 말한다 같다 본다 같은 경우를 것을 것은 것이 것으로 수가 무엇인가요 얼마나 하나요 되나요 있나요 인가요 한 할
된 될 있는 이를 그와 모든
"""


class Hashing:
    """Embeds texts by the words in them: equal words make near texts, whatever they mean.

    Vietnamese is matched by syllables and pairs of them, also without its diacritics, though weaker; Korean by the
    character n-grams of its words, so that particles matter little. Texts of any length are read whole.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts = 0  # so far
        self._begun = False
        self._child: Child | None = None

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
        """Embed texts, in order: (texts, 768) float32, unit length; a text without a word has a vector, too.

        Of many, in a process of its own, so that this one can do something else meanwhile.
        """
        with self._lock:
            self._texts += len(texts)
            if self._texts > PATIENCE and not self._begun:
                self._begin()
            if self._child:
                try:
                    vectors: Vectors = self._child.ask(texts, _SECONDS)
                except Exception:
                    log.debug("hashing beside this process failed; it goes on in this one", exc_info=True)
                    self._child = None
                else:
                    return vectors
        return embed(texts)

    def _begin(self) -> None:
        """Start the process, where there is a core for it; it ends with this object."""
        self._begun = True
        if count_cores() > 1:
            with suppress(OSError):
                self._child = Child(__file__, pickle.dumps(None))


def embed(texts: Sequence[str]) -> "Vectors":
    """Embed texts in this process."""
    import numpy as np  # noqa: PLC0415 - heavy

    features = [_list_features(text) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(each) // _FEATURE for each in features])
    packed = np.frombuffer(b"".join(features), np.int64)
    places, weights = rows * DIMENSION + (packed & _BUCKET), packed >> _BITS
    sums = np.bincount(places, weights, len(texts) * DIMENSION).reshape(len(texts), DIMENSION)
    for row in np.flatnonzero(~sums.any(axis=1)).tolist():  # no word in it, or all of them cancelled out
        [alone, _] = _place(f"text {_fold_case(texts[row])}", 1)
        sums[row, alone & _BUCKET] = 1
    roots = np.rint(_FINENESS * np.copysign(np.sqrt(np.abs(sums)), sums))
    squares = (roots.astype(np.int64) ** 2).sum(axis=1)  # exact, so that the order of adding does not matter
    unit: Vectors = (roots / np.sqrt(squares)[:, None]).astype(np.float32)
    return unit


def _list_features(text: str) -> bytes:
    """List the features of a text, packed as `_place` gives them."""
    words = _WORD.findall(_fold_case(text))
    pieces = [_place_word(word, count) for word, count in Counter(words).items()]
    return b"".join([*pieces, *map(_place_pair, words, words[1:])])


@lru_cache(maxsize=1 << 14)
def _place_word(word: str, count: int) -> bytes:
    """Place the features of a word that stands in a text `count` times."""
    as_written, without_diacritics, together, sizes = _SYLLABLES if _HANGUL.search(word) else _LETTERS
    folded = _fold(word)
    grams = _list_grams(word[:_READ], sizes)
    repeated = math.sqrt(count * math.sqrt(math.sqrt(count)))  # count^0.625: roots are the same on every machine
    weight = math.sqrt(min(len(word), _LONGEST)) * repeated
    plain = weight * (_COMMON if word in _list_common_words() else 1)
    plain_folded = weight * (_COMMON if folded in _fold_common_words() else 1)
    placed = array(
        "q",
        [
            *_place(f"word {word}", round(as_written * plain)),
            *_place(f"folded {folded}", round(without_diacritics * plain_folded)),
        ],
    )
    for gram in grams:
        placed.extend(_place(f"gram {gram}", round(together * plain / math.sqrt(len(grams)))))
    return placed.tobytes()


@lru_cache(maxsize=1 << 15)
def _place_pair(first: str, second: str) -> bytes:
    """Place a pair of words in a row."""
    return array("q", _place(f"pair {first} {second}", _PAIR)).tobytes()


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
    """Give the two buckets of a feature, in each its weight with a sign: `weight << _BITS | bucket`."""
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    one, other = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return (
        (weight if one >> 63 else -weight) << _BITS | one % DIMENSION,
        (weight if other >> 63 else -weight) << _BITS | other % DIMENSION,
    )


def _fold_case(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


if __name__ == "__main__":
    answer(lambda _: embed)
