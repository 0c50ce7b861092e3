"""The README tells the truth: its tables are made from the code. `python -m tests.test_readme` writes them anew."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from ingest import errors

README = Path(__file__).parent.parent / "README.md"
COMMANDS = ("", "preview", "verify", "remove", "search", "info", "list", "show", "copy", "models", "doctor")
_ARGUMENTS = re.compile(r"(?<=\nArguments:\n)(.*?)(?=\n\n)", re.DOTALL)
SHARED, END = "  --env-file FILE", "  -h, --help"  # between them, each help lists what every command takes


def list_exit_codes() -> str:
    """Make the table of exit codes from the classes."""
    meanings = {0: "the collection equals the sources", 1: "a bug: a traceback"}
    for kind in reversed([item for item in vars(errors).values() if isinstance(item, type)]):
        if (
            issubclass(kind, errors.IngestError)
            and kind is not errors.IngestError
            and kind.__base__ is errors.IngestError
        ):
            sentence = (kind.__doc__ or "").splitlines()[0].rstrip(".")
            meanings[kind.exit_code] = sentence[0].lower() + sentence[1:]
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in sorted(meanings.items()))
    return f"| code | meaning |\n|---|---|\n{rows}\n"


def _flow(arguments: re.Match[str]) -> str:
    """Write the arguments as one paragraph: typer tells their type from 0.29 on, and its columns are then others."""
    words = " ".join(arguments[1].replace(" <str>", "").split())
    return textwrap.fill(words, 78, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def list_help() -> str:
    """Make the reference from what --help prints, 100 columns wide."""
    texts = []
    for command in COMMANDS:
        words = [sys.executable, "-m", "ingest", *command.split(), "--help"]
        wide = os.environ | {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}
        done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True, env=wide)
        shown = _ARGUMENTS.sub(_flow, done.stdout.strip())
        if command:
            own, rest = shown.split(SHARED)
            shown = f"{own}  (and what every command takes, above: from --env-file on)\n{END}{rest.partition(END)[2]}"
        texts.append(f"```text\n{shown}\n```\n")
    return "\n".join(texts)


def fill(text: str) -> str:
    """Put the tables between their marks."""
    for name, table in (("exit codes", list_exit_codes()), ("help", list_help())):
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, rest = text.split(start)
        text = head + start + table + end + rest.partition(end)[2]
    return text


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert fill(text) == text, "run: python -m tests.test_readme"


if __name__ == "__main__":
    README.write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")
