from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import digest_text
from ingest.ordinals import Ordinals

texts = st.text(alphabet="abc", max_size=3)


@given(st.lists(texts.map(digest_text) | st.sampled_from(["0" * 32, "f" * 32, f"{1:032x}"]), max_size=200))
def test_a_text_is_counted_among_its_equals(drawn: list[str]) -> None:
    seen: Counter[str] = Counter()
    ordinals = Ordinals()
    for text in drawn:
        key = text[:16].replace("0" * 16, f"{1:016x}")  # the one key that stands for two
        assert ordinals.draw(text) == seen[key]
        seen[key] += 1


def test_many_texts_are_told_apart() -> None:
    ordinals = Ordinals()
    names = [digest_text(str(number)) for number in range(20_000)]
    assert not any(map(ordinals.draw, names))
    assert all(ordinals.draw(name) == 1 for name in names)
