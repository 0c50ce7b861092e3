"""Which files belong to a source, and what they are called."""

# ruff: noqa: PTH100, PTH114, PTH116, PTH118, PTH119, PTH206, PTH208 - pathlib raises on loops of links, which are met here
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from ingest.errors import SourceError
from ingest.model import File

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a folder are wanted.

    extensions: with the dot, in lower case; a file must have one of them, in any case.
    include, exclude: shell patterns for the path within the folder or for the name alone; "*" matches "/" too.
        A file must match one of `include`, if there are any, and none of `exclude`.
    """

    extensions: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, origin: str) -> bool:
        """Tell whether a file is wanted."""
        return (
            origin.lower().endswith(self.extensions)
            and (not self.include or _matches_any(origin, self.include))
            and not _matches_any(origin, self.exclude)
        )

    def __str__(self) -> str:
        *most, last = self.extensions
        chosen = " that --include and --exclude leave" if self.include or self.exclude else ""
        return f"{', '.join(most)} or {last} file{chosen}"


def locate(location: str | os.PathLike[str]) -> str:
    """Make a path or pattern absolute; links are not followed, so that the user's own names stay."""
    return os.path.abspath(os.fspath(location))


def spell(name: str) -> str:
    r"""Spell a name in NFC; bytes that are no UTF-8 appear as "\xe9", so that the name can be stored and printed."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def name_dataset(location: str) -> str:
    """Name a dataset after an absolute path: its last part. A pattern keeps its folder: "faq/*.xlsx".

    Two folders' "*.xlsx" are two datasets; under one name the second run would take the first's points for deleted.
    """
    folder, pattern = _divide(location)
    parts = [os.path.basename(folder) or folder, *pattern]
    return spell("/".join(parts))


def is_pattern(location: str) -> bool:
    """Tell whether a location is a pattern; a file or folder of that very name goes before."""
    return bool(_divide(location)[1])


def classify(path: str) -> str:
    """Tell "file" from "folder". Raises SourceError for what is neither, isn't there, or can't be reached."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"no such file or folder: {spell(path)}; check the path") from None
    except OSError as error:
        raise SourceError(f"cannot reach {spell(path)}: {error.strerror}; check its permissions") from error
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    raise SourceError(f"{spell(path)} is neither a file nor a folder; name one")


def list_file(path: str, selection: Selection) -> list[File]:
    """List a file that was named by itself. Raises SourceError for one of a kind that isn't read."""
    if not path.lower().endswith(selection.extensions):
        kinds = ", ".join(selection.extensions)
        raise SourceError(f"{spell(path)} is of no kind that is read here ({kinds}); save it as one of them")
    return [File(spell(os.path.basename(path)), path)]


def list_folder(folder: str, selection: Selection) -> list[File]:
    """List the wanted files at any depth, sorted by origin, which is the path within the folder.

    Hidden files and folders, `~$` files and links that lead out of the folder are left out. Raises SourceError where
    a folder can't be read, since its files would seem to be gone; where no file is left; and for two files whose
    names are one in NFC.
    """
    return _finish(_walk(folder, ("**",)), folder, selection)


def list_pattern(location: str, selection: Selection) -> list[File]:
    """List the wanted files that match an absolute pattern, like `list_folder`.

    "**" stands for any number of folders, other wildcards for part of one name. Origins begin after the last folder
    without a wildcard.
    """
    folder, pattern = _divide(location)
    if classify(folder) != "folder":
        raise SourceError(f"{spell(folder)} is a file, so nothing matches {spell(location)}; check the pattern")
    return _finish(_walk(folder, pattern), location, selection)


def _finish(found: Iterable[tuple[str, ...]], location: str, selection: Selection) -> list[File]:
    folder = _divide(location)[0]
    files: dict[str, str] = {}
    for names in found:
        origin, path = spell("/".join(names)), os.path.join(folder, *names)
        if not selection.takes(origin):
            continue
        if origin in files:
            both = f"{files[origin]!r} and {path!r}"
            raise SourceError(f"two files have one name in Unicode's NFC: {both}; rename one of them")
        files[origin] = path
    if not files:
        verb = "matches" if is_pattern(location) else "is in"
        raise SourceError(f"no {selection} {verb} {spell(location)}; check the path")
    return [File(origin, files[origin]) for origin in sorted(files)]


def _walk(folder: str, pattern: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Find the files under a folder that match a pattern, as the names on the way to each."""
    root = os.path.realpath(folder)
    waiting: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), ())]  # names on the way; real folders above
    while waiting:
        names, above = waiting.pop()
        path = os.path.join(folder, *names)
        real = os.path.realpath(path)
        if real in above or not _is_within(real, root):  # a link back up would go round for ever
            continue
        for name in _list_names(path):
            inner, target = (*names, name), os.path.join(path, name)
            if name.startswith((".", "~$")):
                continue
            mode = _read_mode(target)
            if stat.S_ISDIR(mode):
                if _matches_begin(inner, pattern):
                    waiting.append((inner, (*above, real)))
            elif stat.S_ISREG(mode) and _matches(inner, pattern) and _is_within(os.path.realpath(target), root):
                yield inner


def _read_mode(path: str) -> int:
    """Read what kind of thing a path is, 0 for a link that leads nowhere and for what has just gone."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return 0
    except OSError as error:
        if os.path.islink(path):
            return 0
        raise SourceError(f"cannot reach {spell(path)}: {error.strerror}; check its permissions") from error


def _list_names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise SourceError(f"cannot list the folder {spell(folder)}: {error.strerror}; check its permissions") from error


def _is_within(real: str, root: str) -> bool:
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _divide(location: str) -> tuple[str, tuple[str, ...]]:
    """Divide a location into its folder without wildcards and its pattern, () for what is no pattern."""
    if os.path.lexists(location):
        return location, ()
    parts = location.split(os.sep)
    wild = next((index for index, part in enumerate(parts) if _WILD.search(part)), len(parts))
    if wild == len(parts):
        return location, ()
    return os.sep.join(parts[:wild]) + (os.sep if wild == 1 else ""), tuple(parts[wild:])


def _matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not names
    if pattern[0] == "**":
        return any(_matches(names[skipped:], pattern[1:]) for skipped in range(len(names) + 1))
    return bool(names) and _matches_name(names[0], pattern[0]) and _matches(names[1:], pattern[1:])


def _matches_begin(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Tell whether something in this folder can match."""
    if not pattern or pattern[0] == "**":
        return bool(pattern)
    return not names or (_matches_name(names[0], pattern[0]) and _matches_begin(names[1:], pattern[1:]))


def _matches_name(name: str, pattern: str) -> bool:
    return fnmatch(spell(name), spell(pattern))


def _matches_any(origin: str, patterns: Sequence[str]) -> bool:
    """Match the path, the name alone, and the path behind "/", which lets "**/*.md" match at the top too."""
    forms = (origin, origin.rpartition("/")[2], f"/{origin}")
    return any(fnmatch(form, spell(pattern)) for form in forms for pattern in patterns)
