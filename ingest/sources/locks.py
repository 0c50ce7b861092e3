"""Whether a workbook is open in an office program at this moment, by the lock that lies beside it."""

from pathlib import Path

_LOCKS = (("~${}", "Excel"), (".~lock.{}#", "LibreOffice"))  # beside the file, for as long as it is open there


def describe_lock(path: str) -> str:
    """Say in which program a file is open, and what to do; "" where none shows it.

    What is being saved at this moment is half a file, and whole a second later.
    """
    file = Path(path)
    for pattern, program in _LOCKS:
        lock = file.with_name(pattern.format(file.name)) if file.name else None
        if lock and lock.is_file():
            return f"it seems to be open in {program}, since {lock.name} lies beside it: close it there and run again"
    return ""
