"""Why the system does not let a file be read."""

_HELD = (32, 33)  # of Windows: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION


def explain_refusal(error: OSError) -> str:
    """Say why a file can't be read and, where another program holds it, what to do: Excel does, on Windows."""
    if getattr(error, "winerror", None) in _HELD:
        return "it is open in another program, as Excel holds a workbook; close it there and run again"
    return f"cannot be read: {error.strerror or error}"
