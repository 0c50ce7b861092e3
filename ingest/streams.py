"""What the system gives a command to read and write: standard streams that are there, and names in UTF-8."""

import codecs
import io
import os
import sys


def open_streams() -> None:
    """Make the standard streams write UTF-8, and put nothing in the place of those that are closed.

    Else the next file that is opened, one of the store perhaps, gets the number of stderr and what libraries say.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - a number
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # names of files may be any bytes


def restart_in_utf8() -> None:
    """Start this command anew in UTF-8 mode, in its process, where Python takes words and names for ASCII.

    In the locale C Python chooses that mode by itself, unless PYTHONUTF8=0 stands in the environment:
    https://peps.python.org/pep-0540/. Legacy locales (EUC-KR) keep their encoding.
    """
    ascii_only = codecs.lookup(sys.getfilesystemencoding()).name == "ascii"
    if ascii_only and os.environ.get("PYTHONUTF8") != "1":  # asked once: Python may be told to heed no environment
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself, with its own words
