"""What a machine may do to a job that nobody watches: each surrounding gets one clear line, or the job simply works.

The real command in a process of its own, since streams, locales, limits and folders that are gone belong to a process.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from ingest.stores import open_store
from tests.embedders.fakes import answer_embed
from tests.loopback import serve
from tests.stores.rest import serve_qdrant

ROOT = Path(__file__).parent.parent
FAQ, LAWS = "Hỏi đáp.csv", "법령"
RUN = ("--excel", FAQ, "--text-dir", LAWS, "--embedder", "hashing")
OWN = ("CREATE_VECTOR_DB_", "QDRANT_", "HF_", "HUGGING", "EMBED", "MODEL_PROVIDER", "AWS_", "USE_HF", "COLLECTION_NAME")
posix = pytest.mark.skipif(os.name == "nt", reason="of POSIX")
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")


class Machine:
    """A folder with sources, and an environment that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((*OWN, "LC_", "LANG", "PYTHON")) and not name.upper().endswith("_PROXY")
        }
        self.environ |= {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
        (folder / FAQ).write_text("Câu hỏi,Trả lời\nMức phạt vượt đèn đỏ?,Sáu triệu đồng\n", encoding="utf-8")
        (folder / LAWS).mkdir()
        (folder / LAWS / "luật.txt").write_text("Điều 1. Phạm vi\nLuật này quy định mức phạt.\n", encoding="utf-8")

    def run(
        self,
        *words: str,
        shell: str = "",
        cwd: Path | None = None,
        environ: Mapping[str, str | None] | None = None,
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run the command, or a shell's line in which "$@" stands for it. A variable of None is unset."""
        merged = {**self.environ, **(environ or {})}
        command: Sequence[str] = [sys.executable, "-m", "ingest", *words]
        if shell:
            command = ["sh", "-c", shell, "sh", *command]
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=cwd or self.folder,
            env={name: value for name, value in merged.items() if value is not None},
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
        assert b"Exception ignored" not in done.stderr
        return done

    def count(self, path: str = "qdrant_data") -> Mapping[str, int]:
        """Count the points of each dataset."""
        store = open_store(path=str(self.folder / path))
        try:
            described = store.describe()
            return {name: store.count(name) for name in described.datasets} if described else {}
        finally:
            store.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def read_error(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Give the one line that says why."""
    errors = [line for line in done.stderr.decode().splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr.decode()
    return errors[0]


# Locales


ASCII: Mapping[str, str | None] = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@posix
@pytest.mark.parametrize(
    "environ", [ASCII, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": None}], ids=["ASCII", "C", "POSIX", "unset"]
)
def test_an_ascii_locale_is_nothing_to_names_words_and_texts(
    machine: Machine, environ: Mapping[str, str | None]
) -> None:
    done = machine.run(*RUN, "--qdrant-path", "dữ liệu", environ=environ)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith(f"{FAQ}: 2 added")
    assert "dữ liệu" in done.stderr.decode()
    assert machine.count("dữ liệu") == {FAQ: 2, LAWS: 1}
    found = machine.run("search", "đèn đỏ", "--qdrant-path", "dữ liệu", "--json", environ=environ)
    plain = machine.run("search", "đèn đỏ", "--qdrant-path", "dữ liệu", "--json", environ={"LC_ALL": "C.UTF-8"})
    assert json.loads(found.stdout)["hits"] == json.loads(plain.stdout)["hits"]


@posix
def test_python_is_asked_for_utf8_once(machine: Machine) -> None:
    """Where it heeds no environment, the command does not start itself over and over."""
    words = ["-X", "utf8=0", "-c", "from ingest.streams import restart_in_utf8; restart_in_utf8(); print('on')"]
    done = subprocess.run(
        [sys.executable, *words], env={**machine.environ, "LC_ALL": "C"}, capture_output=True, timeout=60, check=True
    )
    assert done.stdout == b"on\n"


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="its disks take no such name")
def test_a_folder_whose_name_is_no_text_is_named_all_the_same(machine: Machine) -> None:
    done = machine.run(*RUN, "--qdrant-path", os.fsdecode(b"d\xe9j\xe0"))
    assert done.returncode == 0
    assert rb"d\udce9j\udce0" in done.stderr


# Streams


@posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(machine: Machine, closed: str) -> None:
    done = machine.run(*RUN, shell=f'exec "$@" {closed}')
    assert done.returncode == 0, done.stderr.decode()
    assert machine.count() == {FAQ: 2, LAWS: 1}


@posix
def test_the_store_never_takes_the_place_of_a_closed_stream(machine: Machine) -> None:
    code = "import os; from ingest.streams import open_streams; open_streams(); print(os.open(os.devnull, 0) > 2)"
    words = [sys.executable, "-c", code]
    out = machine.folder / "out"
    shell = f'exec "$@" <&- 2>&- >"{out}"'
    subprocess.run(["sh", "-c", shell, "sh", *words], env=machine.environ, timeout=60, check=True)
    assert out.read_text() == "True\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_log_on_a_full_disk_ends_no_run(machine: Machine) -> None:
    assert machine.run(*RUN, "-v", shell='exec "$@" 2>/dev/full').returncode == 0
    assert machine.count() == {FAQ: 2, LAWS: 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_on_a_full_disk_is_told_after_the_work_is_done(machine: Machine) -> None:
    done = machine.run(*RUN, shell='exec "$@" >/dev/full')
    assert done.returncode == 2
    assert "stdout can't be written: No space left on device" in read_error(done)
    assert machine.count() == {FAQ: 2, LAWS: 1}
    quiet = machine.run(*RUN, "-q", shell='exec "$@" >/dev/full')
    assert (quiet.returncode, quiet.stderr) == (0, b"")


def test_without_a_terminal_there_is_no_bar_and_no_colour(machine: Machine) -> None:
    done = machine.run(*RUN, environ={"FORCE_COLOR": "1", "TERM": "xterm-256color"})
    assert done.returncode == 0
    for text in (done.stdout, done.stderr):
        assert b"\x1b" not in text
        assert b"\r" not in text.replace(b"\r\n", b"\n")
    quiet = machine.run(*RUN, "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, b"", b"")


# Home and working directory


@pytest.mark.parametrize("home", [None, "", "/nonexistent", "/dev/null"])
def test_a_home_that_is_missing_is_not_missed(machine: Machine, home: str | None) -> None:
    """Neither by a run whose vectors are kept in the user's cache."""
    names = ("HOME", "XDG_CACHE_HOME", "HF_HOME", "USERPROFILE", "LOCALAPPDATA")
    environ: dict[str, str | None] = {**dict.fromkeys(names), "HOME": home}
    assert machine.run(*RUN, environ=environ).returncode == 0
    with serve(answer_embed) as service:
        done = machine.run("--excel", FAQ, "--embedder", service.url, "--qdrant-path", "paid", environ=environ)
    assert done.returncode == 0, done.stderr.decode()
    assert machine.count("paid") == {FAQ: 2}


@posix
def test_a_working_directory_that_is_gone_is_one_line_or_nothing_at_all(machine: Machine) -> None:
    """A run whose paths are all absolute needs none."""
    shell = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    faq = str(machine.folder / FAQ)
    done = machine.run("--excel", faq, "--embedder", "hashing", shell=shell)
    assert done.returncode == 2
    assert "working directory" in read_error(done)
    assert machine.run("info", shell=shell).returncode == 2
    path = str(machine.folder / "there")
    done = machine.run("--excel", faq, "--embedder", "hashing", "--qdrant-path", path, shell=shell)
    assert done.returncode == 0, done.stderr.decode()
    assert machine.count("there") == {FAQ: 2}


# Disks


def _is_bound(folder: Path) -> bool:
    """Say whether permissions bind this user, who may be root."""
    probe = folder / "probe"
    probe.mkdir(mode=0o500)
    try:
        (probe / "file").touch()
    except OSError:
        return True
    return False


@posix
def test_folders_that_cannot_be_written_are_one_line(machine: Machine) -> None:
    """Where permissions bind, one without the right to write; for root, too, where there is no folder to be made."""
    refused = ["/proc/nowhere", "/dev/null/store", str(machine.folder / FAQ)]
    if _is_bound(machine.folder):
        refused.append(str(machine.folder / "probe" / "store"))
    for path in refused:
        done = machine.run(*RUN, "--qdrant-path", path)
        assert done.returncode == 6
        assert path in read_error(done)


@posix
def test_a_cache_and_a_report_that_cannot_be_written_cost_one_line(machine: Machine) -> None:
    with serve(answer_embed) as service:
        done = machine.run("--excel", FAQ, "--embedder", service.url, "--cache-dir", "/proc/nowhere")
    assert done.returncode == 0
    assert "/proc/nowhere" in done.stderr.decode()
    done = machine.run("--excel", FAQ, "--embedder", "hashing", "--qdrant-path", "other", "--report", "/proc/report")
    assert "warning: --report /proc/report" in done.stderr.decode()
    assert machine.count("other") == {FAQ: 2}


@posix
def test_files_that_may_not_grow_are_the_stores_failure_and_the_next_run_mends_it(machine: Machine) -> None:
    """What a quota does: a write fails in the middle (EFBIG; the signal SIGXFSZ is ignored by Python)."""
    done = machine.run(*RUN, shell='ulimit -f 1000; exec "$@"')
    assert done.returncode == 6
    assert "File too large" in read_error(done)
    assert machine.run(*RUN).returncode == 0
    assert machine.count() == {FAQ: 2, LAWS: 1}


def test_a_disk_that_is_nearly_full_is_told_before_anything_is_written(machine: Machine) -> None:
    """The engine would die of SIGBUS. The real command, on a disk that says it has a MiB left."""
    (machine.folder / "sitecustomize.py").write_text(
        "import shutil\nfrom types import SimpleNamespace\nshutil.disk_usage = lambda _: SimpleNamespace(free=2**20)\n"
    )
    paths = os.pathsep.join([str(machine.folder), str(ROOT)])
    done = machine.run(*RUN, environ={"PYTHONPATH": paths})
    assert done.returncode == 6
    assert "1 MiB are free" in read_error(done)
    assert machine.run(*RUN).returncode == 0
    assert machine.count() == {FAQ: 2, LAWS: 1}


@posix
def test_few_files_may_be_open(machine: Machine) -> None:
    done = machine.run(*RUN, shell='ulimit -n 40; exec "$@"')
    assert done.returncode in (0, 6)
    assert machine.run(*RUN).returncode == 0
    assert machine.count() == {FAQ: 2, LAWS: 1}


# Clocks


def test_a_clock_that_was_set_back_is_told_and_changes_no_run(machine: Machine) -> None:
    """The last run lies in the future, and so do the files."""
    assert machine.run(*RUN).returncode == 0
    ahead = datetime.now(UTC) + timedelta(days=400)
    store = open_store(path=str(machine.folder / "qdrant_data"))
    described = store.describe()
    assert described
    for name, entry in described.datasets.items():
        last = entry["last_run"]
        assert isinstance(last, dict)
        store.record(name, {**entry, "last_run": {**last, "finished": ahead.isoformat(timespec="seconds")}})
    store.close()
    for path in (machine.folder / FAQ, machine.folder / LAWS / "luật.txt"):
        os.utime(path, (ahead.timestamp(), ahead.timestamp()))
    stale = machine.run("info", "--max-age", "1h")
    assert stale.returncode == 9
    assert stale.stderr.decode().count("ahead of this machine's clock") == 2
    (machine.folder / FAQ).write_text("Câu hỏi,Trả lời\nMức phạt?,Tám triệu đồng\n", encoding="utf-8")
    os.utime(machine.folder / FAQ, (0, 0))
    done = machine.run(*RUN, "--json")
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert (report["added"], report["deleted"], report["unchanged"]) == (2, 2, 1)
    assert machine.run("info", "--max-age", "1h").returncode == 0


def test_vectors_kept_in_the_future_are_used(machine: Machine) -> None:
    """A cache whose entries were last used tomorrow asks for nothing but the canaries."""
    (machine.folder / "sitecustomize.py").write_text("import time\nnow = time.time\ntime.time = lambda: now() + 4e7\n")
    tomorrow = os.pathsep.join([str(machine.folder), str(ROOT)])
    words = ("--excel", FAQ, "--cache-dir", "cache", "--json")
    with serve(answer_embed) as service:
        first = machine.run(*words, "--embedder", service.url, "--collection", "a", environ={"PYTHONPATH": tomorrow})
        second = machine.run(*words, "--embedder", service.url, "--collection", "b")
    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(first.stdout)["cached"] == 0
    assert json.loads(second.stdout)["cached"] == 2


# Proxies


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@contextmanager
def _find_dead_port() -> Iterator[int]:
    """Hold a port on which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "socks5", "nonsense"])
def test_services_on_this_machine_are_reached_whatever_proxy_is_set(machine: Machine, scheme: str) -> None:
    with _find_dead_port() as port, serve(answer_embed) as service, serve_qdrant() as qdrant:
        environ = dict.fromkeys(PROXIES, f"{scheme}://127.0.0.1:{port}")
        words = ("--excel", FAQ, "--embedder", service.url, "--qdrant-url", qdrant.url)
        done = machine.run(*words, environ=environ)
        assert done.returncode == 0, done.stderr.decode()
        info = machine.run("info", "--json", "--qdrant-url", qdrant.url, environ=environ)
        assert json.loads(info.stdout)["points"] == 2


@pytest.mark.parametrize("scheme", ["http", "socks5", "nonsense"])
def test_a_proxy_that_is_no_good_is_one_line_for_each_service(machine: Machine, scheme: str) -> None:
    if scheme == "socks5" and find_spec("socksio"):
        pytest.skip("socksio is installed")
    with _find_dead_port() as port:
        environ = {
            **dict.fromkeys(PROXIES, f"{scheme}://user:SECRET@127.0.0.1:{port}"),
            "HF_TOKEN": "hf_" + "a" * 34,
        }
        hub = machine.run("--excel", FAQ, environ=environ)
        server = machine.run(*RUN, "--qdrant-url", "http://qdrant.invalid:6333", environ=environ)
    word = "socks" if scheme == "socks5" else "proxy"
    assert hub.returncode == (5 if scheme == "http" else 2)
    assert word in read_error(hub).casefold()
    assert server.returncode == (6 if scheme == "http" else 2)
    assert "qdrant.invalid" in read_error(server)
    assert b"SECRET" not in hub.stderr + hub.stdout + server.stderr + server.stdout
