import errno

import pytest

from ingest.refusal import explain_refusal


@pytest.mark.parametrize("code", [32, 33])
def test_a_file_that_another_program_holds_is_told_from_a_forbidden_one(code: int) -> None:
    held = PermissionError(errno.EACCES, "Permission denied")
    assert explain_refusal(held) == "cannot be read: Permission denied"
    held.winerror = code  # type: ignore[attr-defined, unused-ignore] # as Windows sets it
    assert explain_refusal(held).endswith("close it there and run again")


def test_an_error_without_a_number_says_its_words() -> None:
    assert explain_refusal(OSError("gone")) == "cannot be read: gone"
