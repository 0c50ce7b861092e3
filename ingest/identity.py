"""Whether the vectors of two runs can be compared: the canaries, and the comparison."""

from typing import TYPE_CHECKING

from ingest.model import Identity

if TYPE_CHECKING:
    from ingest.model import Collection, Vectors

# A sentence, and about 600 words of it: a service that reads a shorter or longer window gives the second one another
# vector. Neither may ever change: the vectors of both stand in every collection.
_SENTENCE = "Điều 1. Người lao động có quyền nghỉ phép năm. 제1조 근로자는 연차휴가를 받는다. Article 1: annual leave."
CANARIES = (_SENTENCE, " ".join(f"{number}. {_SENTENCE}" for number in range(1, 31)))
AGREEMENT = 0.995  # least cosine at which two canary vectors come from the same model


def differ(recorded: Identity, offered: Identity) -> str:
    """Say in what two identities differ, "" where they agree. A model that isn't known yet differs from none."""
    for name in Identity.__slots__:
        old, new = getattr(recorded, name), getattr(offered, name)
        if old != new and not (name == "model" and not (old and new)):
            return f"{name.replace('_', ' ')} {old or 'none'!r} there, {new or 'none'!r} here"
    return ""


def diverge(recorded: "Vectors", measured: "Vectors") -> str:
    """Say in what two pairs of canary vectors differ, "" where they agree."""
    if recorded.shape != measured.shape:
        return f"dimension {recorded.shape[1]} there, {measured.shape[1]} here"
    cosines = (recorded * measured).sum(axis=1)
    for name, cosine in zip(("a sentence", "a long text"), cosines, strict=True):
        if not cosine >= AGREEMENT:
            return f"the vector of {name} has cosine {cosine:.3f} with the recorded one, less than {AGREEMENT}"
    return ""


def is_comparable(there: "Collection", wanted: "Collection") -> bool:
    """Say whether the vectors of two collections can be compared, so that it does not matter who made which."""
    return not (differ(there.identity, wanted.identity) or diverge(there.canaries, wanted.canaries))
