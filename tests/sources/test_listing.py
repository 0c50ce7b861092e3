import os
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SourceError
from ingest.model import File
from ingest.sources.listing import (
    Selection,
    _matches,
    _matches_begin,
    list_folder,
    list_pattern,
    locate,
    name_dataset,
)

TEXTS = Selection((".txt", ".md"))
links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text", "utf-8")


def origins(files: list[File]) -> list[str]:
    return [file.origin for file in files]


def test_a_folder_is_listed_in_order_of_origin_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.md", "a/b/c/d.TXT", "a.txt", "b/a.txt", "other.pdf", "txt")
    files = list_folder(str(tmp_path), TEXTS)
    assert origins(files) == ["a.txt", "a/b/c/d.TXT", "a/z.md", "b.txt", "b/a.txt"]
    assert all(Path(file.path) == tmp_path / file.origin for file in files)


def test_hidden_and_owner_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".b.txt", ".git/c.txt", "~$d.txt", "e/.f/g.txt", "e/~$h.txt")
    assert origins(list_folder(str(tmp_path), TEXTS)) == ["a.txt"]


def test_a_hidden_folder_that_is_named_is_read(tmp_path: Path) -> None:
    write(tmp_path, ".laws/a.txt")
    assert origins(list_folder(str(tmp_path / ".laws"), TEXTS)) == ["a.txt"]


@links
def test_links_inside_are_read_and_links_out_are_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path, "root/a.txt", "root/sub/b.txt", "rooted/c.txt", "out.txt")
    (root / "a-link.txt").symlink_to(root / "a.txt")
    (root / "sub-link").symlink_to("sub")
    (root / "out-link.txt").symlink_to(tmp_path / "out.txt")
    (root / "out-dir").symlink_to(tmp_path / "rooted")
    (root / "dead.txt").symlink_to(root / "gone.txt")
    assert origins(list_folder(str(root), TEXTS)) == ["a-link.txt", "a.txt", "sub-link/b.txt", "sub/b.txt"]


@links
def test_a_folder_outside_is_not_even_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "root/a.txt", "out/b.txt")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "out")
    listed, whole = [], os.listdir

    def listdir(path: str) -> list[str]:
        listed.append(path)
        return whole(path)

    monkeypatch.setattr(os, "listdir", listdir)
    list_folder(str(tmp_path / "root"), TEXTS)
    assert listed == [str(tmp_path / "root")]


@links
def test_loops_of_links_end(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c.txt")
    (tmp_path / "a/b/up").symlink_to(tmp_path)
    (tmp_path / "a/self").symlink_to(tmp_path / "a")
    (tmp_path / "one.txt").symlink_to(tmp_path / "two.txt")
    (tmp_path / "two.txt").symlink_to(tmp_path / "one.txt")
    assert origins(list_folder(str(tmp_path), TEXTS)) == ["a/b/c.txt"]


@links
def test_a_folder_reached_by_a_link_keeps_its_name_and_its_files(tmp_path: Path) -> None:
    write(tmp_path, "release-3/a.txt")
    (tmp_path / "current").symlink_to("release-3")
    assert origins(list_folder(str(tmp_path / "current"), TEXTS)) == ["a.txt"]
    assert name_dataset(locate(tmp_path / "current")) == "current"


def test_origins_are_nfc_whatever_the_disk_says(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "Điều lệ/Luật.txt")
    write(tmp_path, name)
    [file] = list_folder(str(tmp_path), TEXTS)
    assert file.origin == unicodedata.normalize("NFC", name)
    assert Path(file.path).read_text("utf-8") == "text"


@pytest.mark.skipif(sys.platform == "darwin", reason="the disk knows no two such names")
def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        write(tmp_path, unicodedata.normalize(form, "Điều.txt"))
    with pytest.raises(SourceError) as caught:
        list_folder(str(tmp_path), TEXTS)
    assert all(
        ascii(unicodedata.normalize(form, "Điều.txt"))[1:-1] in ascii(str(caught.value)) for form in ("NFC", "NFD")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only there a name may be any bytes")
def test_a_name_that_is_no_text_can_be_stored(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/b\xe9.txt", "wb"):  # noqa: PTH123 - a path of bytes
        pass
    [file] = list_folder(str(tmp_path), TEXTS)
    assert file.origin == r"b\xe9.txt"
    assert Path(file.path).exists()


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), (), ["a.md", "a.txt", "sub/b.md", "sub/deep/c.md"]),
        (("*.md",), (), ["a.md", "sub/b.md", "sub/deep/c.md"]),
        (("**/*.md",), (), ["a.md", "sub/b.md", "sub/deep/c.md"]),
        (("sub/*",), (), ["sub/b.md", "sub/deep/c.md"]),
        ((), ("sub/*",), ["a.md", "a.txt"]),
        (("*.md",), ("*/deep/*",), ["a.md", "sub/b.md"]),
        ((), ("b.md",), ["a.md", "a.txt", "sub/deep/c.md"]),
    ],
)
def test_patterns_choose(
    tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    write(tmp_path, "a.txt", "a.md", "sub/b.md", "sub/deep/c.md")
    assert origins(list_folder(str(tmp_path), Selection((".txt", ".md"), include, exclude))) == expected


def test_a_pattern_typed_in_nfc_finds_a_name_in_nfd(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "Điều.txt"), "Khác.txt")
    assert origins(list_folder(str(tmp_path), Selection((".txt",), ("Điều*",)))) == ["Điều.txt"]
    assert origins(list_pattern(str(tmp_path / "Điều*"), TEXTS)) == ["Điều.txt"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt"]),
        ("**/*.txt", ["2023/b.txt", "2024/q1/c.txt", "a.txt"]),
        ("20*/*.txt", ["2023/b.txt"]),
        ("20??/**/*", ["2023/b.txt", "2024/q1/c.txt"]),
        ("[0-9]*/q1/*", ["2024/q1/c.txt"]),
    ],
)
def test_a_quoted_pattern_is_one_dataset(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    write(tmp_path, "laws/a.txt", "laws/2023/b.txt", "laws/2024/q1/c.txt", "laws/2024/q1/d.pdf", "laws/.git/e.txt")
    location = locate(tmp_path / "laws" / pattern)
    assert origins(list_pattern(location, TEXTS)) == expected
    assert name_dataset(location) == f"laws/{pattern}"


names = st.lists(st.sampled_from(["a", "b", "ab", "c.txt"]), min_size=1, max_size=4)
patterns = st.lists(st.sampled_from(["a", "*", "?", "**", "*.txt", "[ab]"]), min_size=1, max_size=4)


@given(names, patterns)
def test_no_folder_on_the_way_to_a_match_is_passed_by(names: list[str], pattern: list[str]) -> None:
    if _matches(names, pattern):
        assert all(_matches_begin(names[:depth], pattern) for depth in range(len(names)))


def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(tmp_path: Path) -> None:
    write(tmp_path, "faq[1]/a.txt", "faq1/b.txt")
    assert name_dataset(locate(tmp_path / "faq[1]")) == "faq[1]"


@pytest.mark.skipif(sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root reads all")
def test_a_folder_that_cannot_be_listed_is_an_error_and_not_a_loss(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "closed/b.txt")
    (tmp_path / "closed").chmod(0)
    try:
        with pytest.raises(SourceError, match="closed"):
            list_folder(str(tmp_path), TEXTS)
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_listing_that_fails_is_an_error_and_not_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.txt", "closed/b.txt")
    whole = os.listdir

    def listdir(path: str) -> list[str]:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return whole(path)

    monkeypatch.setattr(os, "listdir", listdir)
    with pytest.raises(SourceError, match="closed: Permission denied"):
        list_folder(str(tmp_path), TEXTS)


def test_a_file_whose_kind_cannot_be_read_is_an_error_and_not_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.txt", "b.txt")
    whole = os.stat

    def stat(path: str, **rest: bool) -> os.stat_result:
        if str(path).endswith("b.txt"):
            raise PermissionError(13, "Permission denied", path)
        return whole(path, **rest)

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(SourceError, match=r"b\.txt: Permission denied"):
        list_folder(str(tmp_path), TEXTS)
