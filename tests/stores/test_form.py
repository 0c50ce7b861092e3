"""How a server keeps a collection: asked for when it is made, told where it differs, kept by a rebuild."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from qdrant_client import models

from ingest.errors import UsageError
from ingest.stores import open_store
from ingest.stores.form import ANY, QUANTIZATIONS, Form
from ingest.stores.server import ServerStore
from ingest.stores.server_form import make_arguments, read_form
from tests.commandline import Command
from tests.loopback import find_free_port
from tests.stores.rest import VERSION, LocalQdrant, serve_qdrant
from tests.stores.rpc import serve_grpc
from tests.stores.samples import fill, make_collection, make_points

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
Open = Callable[..., ServerStore]
WHOLE = Form(3, 2, 2, on_disk=True, quantization="scalar")
KEPT = {
    "shard_number": 3,
    "replication_factor": 2,
    "write_consistency_factor": 2,
    "on_disk": True,
    "quantization": "scalar",
}
PLAIN = {
    "shard_number": 1,
    "replication_factor": 1,
    "write_consistency_factor": 1,
    "on_disk": False,
    "quantization": "none",
}


@pytest.fixture(params=["rest", "grpc"])
def open_form(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open the same server again and again, each time with another form."""
    with ExitStack() as stack:
        local = LocalQdrant(lambda _: None, VERSION)
        url = stack.enter_context(serve_qdrant()).url
        options: dict[str, Any] = {"prefer_grpc": False}
        if request.param == "grpc":
            url = f"http://127.0.0.1:{find_free_port()}"
            options = {"prefer_grpc": True, "grpc_port": stack.enter_context(serve_grpc(local)).port}

        def open_one(form: Form = ANY, alias: str | None = None) -> ServerStore:
            store = open_store(url=url, collection="test", alias=alias, form=form, exclusive=False, **options)
            stack.callback(store.close)
            assert isinstance(store, ServerStore)
            return store

        yield open_one


def read(store: ServerStore) -> dict[str, Any]:
    return dict((store.describe() or pytest.fail("there is none")).form)


@pytest.mark.parametrize(
    ("form", "differs"),
    [
        (ANY, {}),
        (WHOLE, KEPT),
        (Form(shard_number=6), {"shard_number": 6}),
        (Form(on_disk=True), {"on_disk": True}),
        (Form(quantization="binary"), {"quantization": "binary"}),
        (Form(quantization="none"), {}),
    ],
)
def test_what_is_asked_for_is_read_back(open_form: Open, form: Form, differs: dict[str, Any]) -> None:
    fill(open_form(form), make_points("abc")).flush()
    assert read(open_form()) == {**PLAIN, **differs}


@pytest.mark.parametrize("alias", [None, "laws"])
@pytest.mark.parametrize(
    ("form", "differs"),
    [
        (ANY, {}),
        (Form(shard_number=6), {"shard_number": 6}),
        (Form(on_disk=False), {"on_disk": False}),
        (Form(quantization="none"), {"quantization": "none"}),
        (Form(quantization="binary"), {"quantization": "binary"}),
    ],
)
def test_a_rebuild_keeps_what_is_not_asked_for_otherwise(
    open_form: Open, form: Form, differs: dict[str, Any], alias: str | None
) -> None:
    fill(open_form(WHOLE, alias), make_points("abc")).flush()
    store = open_form(form, alias)
    store.switch(fill(store.build(), make_points("de")))
    assert read(store) == {**KEPT, **differs}
    assert store.count() == 2


def test_what_was_begun_in_another_form_is_not_gone_on_with(open_form: Open) -> None:
    fill(open_form(), make_points("abc")).flush()
    first = open_form(Form(shard_number=3))
    fill(first.build(), make_points("xy")).flush()
    assert open_form().build().count() == 2
    store = open_form(Form(shard_number=6))
    assert store.build().describe() is None
    store.switch(fill(store.build(), make_points("z")))
    assert read(store)["shard_number"] == 6


def test_a_collection_that_differs_is_told_once_and_not_changed(
    open_form: Open, caplog: pytest.LogCaptureFixture
) -> None:
    fill(open_form(), make_points("abc")).flush()
    with caplog.at_level(logging.INFO, "ingest"):
        for form in (ANY, Form(shard_number=1, quantization="none", on_disk=False)):
            store = open_form(form)
            store.describe()
            store.clear()
        assert caplog.messages == []
        store = open_form(WHOLE)
        store.describe()
        store.clear()
    assert len(caplog.messages) == 1
    for words in ("shard number is 1, not 3 (--shard-number)", "on disk is no, not yes (--on-disk)", "--rebuild"):
        assert words in caplog.text
    assert "quantization is none, not scalar (--quantization)" in caplog.text
    assert read(open_form()) == PLAIN


def test_a_folder_takes_no_form(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="--shard-number, --quantization"):
        open_store(path=str(tmp_path / "store"), form=Form(shard_number=3, quantization="scalar"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shard_number": 0}, "--shard-number 0"),
        ({"replication_factor": -1}, "--replication-factor -1"),
        ({"quantization": "int4"}, "--quantization int4"),
        ({"replication_factor": 1, "write_consistency_factor": 2}, "--write-consistency-factor 2"),
    ],
)
def test_what_no_collection_can_have_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Form(**wrong)


numbers = st.none() | st.integers(1, 9)
forms = st.builds(
    Form,
    shard_number=numbers,
    replication_factor=numbers,
    on_disk=st.none() | st.booleans(),
    quantization=st.none() | st.sampled_from(QUANTIZATIONS),
)


def describe(collection: dict[str, Any], vectors: dict[str, Any]) -> models.CollectionInfo:
    """What a server would say of a collection that was made with these arguments."""
    params = {"vectors": {"size": 8, "distance": "Cosine", **vectors}}
    quantization = collection.pop("quantization_config", None)
    return models.CollectionInfo.model_validate(
        {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": 1,
            "payload_schema": {},
            "config": {
                "params": {"shard_number": 1, "replication_factor": 1, "write_consistency_factor": 1, **collection}
                | params,
                "quantization_config": quantization and quantization.model_dump(),
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 0,
                    "flush_interval_sec": 5,
                },
            },
        }
    )


@given(forms, forms)
def test_the_flags_win_and_the_old_collection_gives_the_rest(first: Form, second: Form) -> None:
    old = describe(*make_arguments(first, None))
    new = describe(*make_arguments(second, old))
    assert first.list_differences(read_form(old)) == second.list_differences(read_form(new)) == []
    asked = dict(second.list_wanted())
    assert read_form(new) == {**read_form(old), **asked}


sizes = st.none() | st.integers(1, 4)


@given(sizes, sizes, sizes, sizes)
def test_a_rebuild_asks_for_nothing_that_no_collection_can_have(
    copies: int | None, needed: int | None, new_copies: int | None, new_needed: int | None
) -> None:
    """What was asked for is made as it is, or refused; what is kept gives way to it."""
    assume(not needed or needed <= (copies or 1))
    assume(not new_needed or not new_copies or new_needed <= new_copies)
    former = Form(replication_factor=copies, write_consistency_factor=needed)
    wanted = Form(replication_factor=new_copies, write_consistency_factor=new_needed)
    old = describe(*make_arguments(former, None))
    if new_needed and new_needed > (new_copies or copies or 1):
        with pytest.raises(UsageError, match=f"--write-consistency-factor {new_needed} wants more copies"):
            make_arguments(wanted, old)
        return
    new = read_form(describe(*make_arguments(wanted, old)))
    assert wanted.list_differences(new) == []
    Form(**{name: value for name, value in new.items() if name != "quantization"})  # type: ignore[arg-type]  # numbers


def test_a_quantization_of_another_kind_is_kept_and_named() -> None:
    turbo = models.ProductQuantization(
        product=models.ProductQuantizationConfig(compression=models.CompressionRatio.X16)
    )
    old = describe({"quantization_config": turbo}, {})
    assert read_form(old)["quantization"] == "product"
    assert make_arguments(ANY, old)[0]["quantization_config"] == turbo
    assert make_collection().form == {}


def test_the_flags_and_their_twins_reach_the_server_and_info_shows_them(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "a.txt").write_text("Điều 1. Phạt tiền.", encoding="utf-8")
    run = ("--text-dir", str(tmp_path / "laws"), "--embedder", "hashing")
    with serve_qdrant() as server:
        where = ("--qdrant-url", server.url)
        monkeypatch.setenv("CREATE_VECTOR_DB_SHARD_NUMBER", "3")
        assert command(*run, *where, "--on-disk", "--quantization", "binary").code == 0
        kept = {**PLAIN, "shard_number": 3, "on_disk": True, "quantization": "binary"}
        assert command("info", "--json", *where).json["form"] == kept
        assert "shard number 3, replication factor 1" in command("info", *where).out
        told = command(*run, *where, "--shard-number", "6")
        assert told.code == 0
        assert "shard number is 3, not 6" in told.err
        assert command("copy", "--to-qdrant-url", server.url, "--to-collection", "other", *where).code == 0
        assert command("info", "--json", *where, "--collection", "other").json["form"] == {**PLAIN, "shard_number": 3}
    refused = command(*run, "--qdrant-path", str(tmp_path / "store"))
    assert refused.code == 2
    assert "--shard-number: only a server" in refused.err
