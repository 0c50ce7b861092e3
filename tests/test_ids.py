from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ingest.ids import SIZE, Ids, pack, unpack

uuids = st.uuids().map(str)
anything = uuids | st.uuids().map(lambda id_: str(id_).upper()) | st.uuids().map(lambda id_: id_.hex) | st.text()


@given(st.lists(anything))
def test_every_id_comes_back_as_it_was_written(ids: list[str]) -> None:
    packed = Ids(ids)
    assert len(packed) == len(ids)
    assert sorted(packed) == sorted(ids)
    assert list(packed) == list(packed)


@given(st.lists(uuids))
def test_uuids_keep_their_order_and_take_sixteen_bytes(ids: list[str]) -> None:
    assert list(Ids(ids)) == ids
    assert list(Ids(packed=b"".join(filter(None, map(pack, ids))))) == ids


@given(st.uuids())
def test_a_uuid_is_packed_as_the_standard_writes_it(id_: UUID) -> None:
    packed = pack(str(id_))
    assert packed == id_.bytes
    assert len(packed) == SIZE
    assert unpack(packed) == str(id_)


@given(st.text(alphabet="0123456789abcdefABCDEF- ", min_size=34, max_size=38))
def test_what_is_packed_is_given_back(text: str) -> None:
    packed = pack(text)
    assert packed is None or unpack(packed) == text
