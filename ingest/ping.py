"""A monitor that is told when a run begins and how it ended, so that silence is noticed, too.

The protocol is that of healthchecks.io, https://healthchecks.io/docs/: URL/start, then URL/<exit code>, where 0 is
success. The path of the URL is a secret: whoever knows it can report a success. No message shows it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ingest.environment import find_secret
from ingest.errors import IngestError, UsageError
from ingest.hosts import is_loopback
from ingest.trust import make_trust

FLAG, VARIABLE = "--ping-url", "CREATE_VECTOR_DB_PING_URL"
LIMIT = 10.0  # seconds for all tries of one ping: a run is more than its monitor
WAITS = (1.0, 2.0)  # seconds between the tries
_NO_RUN = {"-n", "--dry-run", "--version", "-h", "--help"}
_TOO_MANY, _ERRORS, _SERVER_ERRORS = 429, 300, 500


class Ping:
    """What is told of one run. Nothing here raises, but for an interrupt of the start, nor changes an exit code.

    arguments: of the command line. commands: names that make it another command than a run.
    warn: takes the one line that says why the monitor could not be told.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        commands: Collection[str],
        *,
        warn: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._arguments = arguments
        self._may_be_run = not (_NO_RUN | set(commands)) & set(arguments)
        self._warn = warn
        self._environ = environ
        self._sleep = sleep
        self._started = False

    def start(self) -> None:
        """Tell that a run begins."""
        self._started = True
        self._tell("start")

    def finish(self, code: int) -> None:
        """Tell the exit code of a run that was started, or that could not even be: its command line was no good."""
        if not self._started and not (self._may_be_run and code == UsageError.exit_code):
            return
        try:
            self._tell(str(code))
        except KeyboardInterrupt:
            self._warn(f"warning: {FLAG}: interrupted before /{code} was told")

    def _tell(self, word: str) -> None:
        # Imported here, since a run without a ping does not need what embeds.
        from ingest.deadline import run_within  # noqa: PLC0415

        try:
            found = find_ping_url(self._arguments, self._environ)
        except IngestError as error:
            self._warn(f"warning: {error}")
            return
        if not found:
            return
        if not (url := _read(found)):
            self._warn(f"warning: {FLAG} names no URL that begins with http:// or https://: nobody is told /{word}")
            return
        try:
            problem = run_within(LIMIT, lambda: _ask(url, word, self._sleep))
        except TimeoutError:
            problem = f"no answer within {LIMIT:.0f} s"
        except Exception as error:  # noqa: BLE001 - a monitor never ends a run; the words might hold the URL
            problem = type(error).__name__
        if problem:
            self._warn(f"warning: {FLAG}: {url.hostname} could not be told /{word}: {problem}")


def find_ping_url(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Give the URL that was typed, else that of the environment or of the file it names; "" where there is none.

    The words are read as they were typed, so that a command line that is no good is told, too. The last one counts.
    Raises CredentialError for a file that cannot be read.
    """
    typed = ""
    for word, following in pairwise([*arguments, ""]):
        name, separator, value = word.partition("=")
        if name == FLAG:
            typed = value if separator else following
    if typed:
        return typed
    secret = find_secret([VARIABLE], environ)
    return secret.value if secret else ""


def make_ping_url(split: SplitResult, word: str) -> str:
    """Put a word behind the path of a URL, before its query; a fragment goes."""
    return urlunsplit((split.scheme, split.netloc, f"{split.path.rstrip('/')}/{word}", split.query, ""))


def _read(url: str) -> SplitResult | None:
    try:
        split = urlsplit(url.strip())
        _ = split.port
    except ValueError:
        return None
    return split if split.scheme in ("http", "https") and split.hostname else None


def _ask(url: SplitResult, word: str, sleep: Callable[[float], None]) -> str:
    """Ask up to three times; give "" or what is wrong."""
    for wait in (*WAITS, None):
        problem, passing = _ask_once(url, word)
        if wait is None or not problem or not passing:
            break
        sleep(wait)
    return problem


def _ask_once(url: SplitResult, word: str) -> tuple[str, bool]:
    """Ask once; give "" or what is wrong, and whether it may pass. The answer's body is not read."""
    import httpx  # noqa: PLC0415 - heavy

    try:
        with (
            _unlogged(),
            httpx.Client(
                headers={"user-agent": "create-vector-db"},
                timeout=LIMIT,
                trust_env=not is_loopback(url.hostname),  # never through a proxy to this machine
                verify=make_trust(url.scheme),
            ) as client,
            client.stream("GET", make_ping_url(url, word)) as response,
        ):
            status = response.status_code
    except httpx.TimeoutException:
        return "no answer in time", True
    except httpx.TransportError as error:
        return " ".join(str(error).split()) or type(error).__name__, True
    except ImportError:
        return "the proxy of the environment speaks SOCKS, which takes `pip install socksio`", False
    return f"it answers {status}" if status >= _ERRORS else "", status == _TOO_MANY or status >= _SERVER_ERRORS


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep httpx, which logs each URL, from logging what this thread asks."""
    thread = threading.get_ident()

    def concerns_others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger: Final = logging.getLogger("httpx")
    logger.addFilter(concerns_others)
    try:
        yield
    finally:
        logger.removeFilter(concerns_others)
