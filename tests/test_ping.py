"""A monitor is told of a run, whatever happens, and nothing that a monitor does ends a run or shows its secret."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import ping
from ingest.errors import LockedError
from ingest.ping import FLAG, VARIABLE, WAITS, Ping, find_ping_url, make_ping_url
from ingest.stores import open_store
from tests.commandline import Command, write_faq
from tests.loopback import Answer, Request, Server, find_free_port, script, serve

COMMANDS = ("search", "info")
SECRET = "0f9a71e2-secret"


class Run:
    """A ping of a command line, with what it warned of and how long it slept."""

    def __init__(self, *arguments: str, environ: dict[str, str] | None = None) -> None:
        self.warned: list[str] = []
        self.slept: list[float] = []
        self.ping = Ping(arguments, COMMANDS, warn=self.warned.append, environ=environ or {}, sleep=self.slept.append)


@pytest.fixture
def monitor() -> Iterator[Server]:
    with serve(script(Answer(200, "OK"))) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def paths(server: Server) -> list[str]:
    return [request.path for request in server.requests]


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 75, 130, 143])
def test_a_run_tells_that_it_begins_and_how_it_ended(monitor: Server, code: int) -> None:
    run = Run("--excel", "faq.xlsx", FLAG, f"{monitor.url}/{SECRET}")
    run.ping.start()
    run.ping.finish(code)
    assert paths(monitor) == [f"/{SECRET}/start", f"/{SECRET}/{code}"]
    assert [request.method for request in monitor.requests] == ["GET", "GET"]
    assert not any(request.body for request in monitor.requests)
    assert (run.warned, run.slept) == ([], [])


def test_a_run_without_a_url_tells_nobody() -> None:
    run = Run("--excel", "faq.xlsx")
    run.ping.start()
    run.ping.finish(0)
    assert run.warned == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--no-such-flag"], ["/2"]),
        (["--excel"], ["/2"]),
        (["info", "--no-such-flag"], []),
        (["-n", "--no-such-flag"], []),
        (["--dry-run", "--no-such-flag"], []),
    ],
)
def test_a_command_line_that_is_no_good_is_told_unless_it_is_no_runs(
    monitor: Server, words: list[str], told: list[str]
) -> None:
    run = Run(*words, environ={VARIABLE: monitor.url})
    run.ping.finish(2)
    assert paths(monitor) == told


@pytest.mark.parametrize("code", [0, 6, 9])
def test_what_never_began_to_be_a_run_is_not_told(monitor: Server, code: int) -> None:
    run = Run("--excel", "faq.xlsx", FLAG, monitor.url)
    run.ping.finish(code)
    assert paths(monitor) == []


def test_the_url_is_typed_or_of_the_environment_or_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("https://in.file/x\n", encoding="utf-8")
    environ = {VARIABLE: "https://in.environ/x"}
    assert find_ping_url([FLAG, "https://typed/x"], environ) == "https://typed/x"
    assert find_ping_url([f"{FLAG}=https://typed/x"], environ) == "https://typed/x"
    assert find_ping_url([FLAG, "https://first/x", FLAG, "https://last/x"], environ) == "https://last/x"
    assert find_ping_url([FLAG], environ) == "https://in.environ/x"
    assert find_ping_url(["info"], environ) == "https://in.environ/x"
    assert find_ping_url([], {f"{VARIABLE}_FILE": str(file)}) == "https://in.file/x"
    assert find_ping_url([], {VARIABLE: " "}) == ""


def test_the_word_goes_before_the_query() -> None:
    for url, expected in {
        "https://hc-ping.com/key/slug?create=1": "https://hc-ping.com/key/slug/start?create=1",
        "https://hc-ping.com/uuid/": "https://hc-ping.com/uuid/start",
        "https://hc.example#top": "https://hc.example/start",
        "http://user:pass@[::1]:8000/ping/uuid?rid=a%2Fb": "http://user:pass@[::1]:8000/ping/uuid/start?rid=a%2Fb",
    }.items():
        assert make_ping_url(urlsplit(url), "start") == expected


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_three_times(status: int) -> None:
    with serve(script(Answer(status))) as server:
        run = Run(FLAG, f"{server.url}/{SECRET}")
        run.ping.start()
    assert len(server.requests) == 3
    assert tuple(run.slept) == WAITS
    assert run.warned == [f"warning: --ping-url: 127.0.0.1 could not be told /start: it answers {status}"]


def test_what_passed_is_not_warned_of() -> None:
    with serve(script(Answer(502), Answer(close=True), Answer(200))) as server:
        run = Run(FLAG, server.url)
        run.ping.finish(2)
    assert len(server.requests) == 3
    assert run.warned == []


@pytest.mark.parametrize("status", [301, 400, 404, 410])
def test_a_wrong_url_is_tried_once(status: int) -> None:
    with serve(script(Answer(status, headers={"Location": f"http://127.0.0.2/{SECRET}"}))) as server:
        run = Run(FLAG, f"{server.url}/{SECRET}")
        run.ping.start()
    assert len(server.requests) == 1
    assert run.warned == [f"warning: --ping-url: 127.0.0.1 could not be told /start: it answers {status}"]


def test_nobody_there_is_one_line() -> None:
    run = Run(FLAG, f"http://127.0.0.1:{find_free_port()}/{SECRET}")
    run.ping.start()
    assert len(run.slept) == 2
    assert len(run.warned) == 1
    assert "127.0.0.1 could not be told /start" in run.warned[0]


def test_a_monitor_that_never_answers_is_left_after_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping, "LIMIT", 0.2)
    with serve(script(Answer(stall=True))) as server:
        run = Run(FLAG, f"{server.url}/{SECRET}")
        run.ping.start()
        assert len(run.warned) == 1
        assert SECRET not in run.warned[0]


def test_an_interrupt_ends_the_last_ping_and_not_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.deadline.run_within", interrupt)
    run = Run(FLAG, "http://127.0.0.1:9/x")
    with pytest.raises(KeyboardInterrupt):
        run.ping.start()
    run.ping.finish(0)
    assert run.warned == ["warning: --ping-url: interrupted before /0 was told"]


@pytest.mark.parametrize("url", ["hc-ping.com/SECRET", "ftp://host/SECRET", "https:///SECRET", "http://h:SECRET/"])
def test_what_is_no_url_is_one_line_without_it(url: str) -> None:
    run = Run(FLAG, url)
    run.ping.start()
    run.ping.finish(0)
    assert [line.partition(":")[0] for line in run.warned] == ["warning", "warning"]
    assert not any("SECRET" in line for line in run.warned)


def test_a_file_that_is_not_there_is_one_line() -> None:
    run = Run(environ={f"{VARIABLE}_FILE": "/nowhere/url"})
    run.ping.finish(2)
    assert len(run.warned) == 1
    assert "/nowhere/url" in run.warned[0]


@given(path=st.text(st.characters(exclude_categories=["Cs"]), min_size=12, max_size=30))
def test_no_warning_holds_the_path(path: str) -> None:
    run = Run(FLAG, f"http://127.0.0.1:1/{path}?{path}")
    run.ping.start()
    assert len(run.warned) == 1
    assert path not in run.warned[0]


def test_not_even_the_log_of_the_library_holds_the_path(monitor: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="httpx")
    run = Run(FLAG, f"{monitor.url}/{SECRET}")
    run.ping.start()
    assert paths(monitor) == [f"/{SECRET}/start"]
    assert SECRET not in caplog.text
    httpx.get(f"{monitor.url}/other", trust_env=False)
    assert "/other" in caplog.text  # others are logged as ever


def test_this_machine_is_not_reached_through_a_proxy(monitor: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(script(Answer(502))) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        run = Run(FLAG, monitor.url)
        run.ping.start()
        assert not proxy.requests
    assert paths(monitor) == ["/start"]


def test_other_hosts_are_reached_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(script(Answer(200))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        run = Run(FLAG, "http://monitor.invalid/x")
        run.ping.start()
        assert paths(proxy) == ["http://monitor.invalid/x/start"]
    assert run.warned == []


def test_the_answer_is_not_waited_for_beyond_its_status() -> None:
    """A monitor that sends a body without end is told all the same."""
    done = threading.Event()

    def answer(_: Request) -> Answer:
        done.set()
        return Answer(200, b"x" * 10, headers={"Content-Length": "1000000"})

    with serve(answer) as server:
        run = Run(FLAG, server.url)
        run.ping.start()
    assert done.is_set()
    assert run.warned == []


# The command


def test_the_command_tells_its_monitor(command: Command, monitor: Server) -> None:
    write_faq()
    run = ("--excel", "faq.csv", "--embedder", "hashing", FLAG, f"{monitor.url}/{SECRET}", "-q")
    assert command(*run).code == 0
    assert command(*run, "--no-such-flag").code == 2
    assert command(*run, "--lock-wait", "soon").code == 2
    assert command(*run, "--text-dir", "nowhere").code == 4
    told = ["start", "0", "2", "start", "2", "start", "4"]
    assert paths(monitor) == [f"/{SECRET}/{word}" for word in told]


def test_a_bug_is_told_and_keeps_its_traceback(
    command: Command, monitor: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ingest.commands.index.open_sources", stumble)
    with pytest.raises(ZeroDivisionError):
        command("--excel", "faq.csv", "--embedder", "hashing", FLAG, monitor.url)
    assert paths(monitor) == ["/start", "/1"]


def test_an_interrupt_is_told(command: Command, monitor: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.commands.index.open_sources", interrupt)
    assert command("--excel", "faq.csv", "--embedder", "hashing", FLAG, monitor.url).code == 130
    assert paths(monitor) == ["/start", "/130"]


def test_a_run_that_finds_the_lock_held_is_told(command: Command, monitor: Server) -> None:
    write_faq()
    store = open_store(path="qdrant_data")
    run = command("--excel", "faq.csv", "--embedder", "hashing", FLAG, monitor.url)
    store.close()
    assert run.code == 75
    assert paths(monitor) == ["/start", "/75"]


def test_the_env_file_may_name_the_monitor_and_only_runs_tell_it(command: Command, monitor: Server) -> None:
    write_faq()
    Path(".env").write_text(f"{VARIABLE}={monitor.url}\nEMBEDDER=hashing\n", encoding="utf-8")
    assert command("--excel", "faq.csv").code == 0
    assert paths(monitor) == ["/start", "/0"]
    for words in (["info"], ["-q", "info"], ["info", "--no-such-flag"], ["--excel", "faq.csv", "-n"], ["--version"]):
        command(*words)
    assert paths(monitor) == ["/start", "/0"]


def test_a_monitor_that_is_not_there_changes_no_exit_code(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.ping.WAITS", (0.0, 0.0))
    write_faq()
    url = f"http://127.0.0.1:{find_free_port()}/{SECRET}"
    run = command("--excel", "faq.csv", "--embedder", "hashing", FLAG, url, "-q")
    assert (run.code, run.out) == (0, "")
    assert len(run.err.splitlines()) == 2
    assert SECRET not in run.err


def test_no_message_of_a_run_holds_the_url(command: Command, monitor: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the command that a refusal prints, nor what a second run is told of the first, nor the log."""
    write_faq(rows=9)
    words = ["--excel", "faq.csv", "--embedder", "hashing", FLAG, f"{monitor.url}/{SECRET}?create=1", "-vv"]
    monkeypatch.setattr("sys.argv", ["create-vector-db", *words])
    first = command(*words)
    write_faq(rows=2)
    refused = command(*words)
    assert (first.code, refused.code) == (0, 7)
    store = open_store(path="qdrant_data")
    with pytest.raises(LockedError) as locked:
        open_store(path="qdrant_data")
    store.close()
    for text in (first.err, first.out, refused.err, refused.out, str(locked.value)):
        assert SECRET not in text
    assert "create-vector-db --excel faq.csv" in refused.err
