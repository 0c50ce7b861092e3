"""The child process that reads workbooks: `reading.py MEMORY`, in bytes, by `interpreter`.

No file can take the run with it: here its content may ask for all the memory there is, never come to an end, or abort.
It answers the requests on its standard input, as `reader` writes them, until there are no more.
"""

import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType


def limit_memory(limit: int) -> None:
    """Let this process take so many bytes, where the system knows such a limit. Elsewhere the time is limited only."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with suppress(OSError, ValueError):  # macOS knows the name and refuses
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))


def limit_processor(seconds: float) -> None:
    """Let this process take so many more seconds of the processor, where the system counts them; 0 lifts the limit.

    It dies of SIGPROF then, in the midst of whatever a library does.
    """
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def find_package() -> None:
    """Let modules beside this file be imported, and nothing of the packages around them, which would cost 0.1 s."""
    folder = Path(__file__).absolute().parent
    for name, path in (("ingest", folder.parent), ("ingest.sources", folder)):
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [str(path)]


if __name__ == "__main__":
    limit_memory(int(sys.argv[1]))
    find_package()
    sys.modules["numpy"] = None  # type: ignore[assignment] # openpyxl would load it, with its threads, for nothing
    from ingest.sources.session import serve

    serve(sys.stdin.buffer, sys.stdout.buffer, limit_processor)
