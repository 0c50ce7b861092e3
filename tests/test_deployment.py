"""docs/deployment.md and the files beside it hold what the code does: flags, variables, exit codes; and they parse."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from typer.main import get_command

import ingest
from ingest import errors
from ingest.cli import COMMANDS, app
from ingest.environment import find_secret
from ingest.ping import VARIABLE
from ingest.share import Share, read_share
from ingest.stores import open_store
from tests.commandline import Command, write_faq
from tests.loopback import Answer, route, script, serve

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "deployment.md"
DEPLOY = ROOT / "docs" / "deploy"
PROGRAM = "create-vector-db"
pytestmark = pytest.mark.skipif(not GUIDE.exists(), reason="a package without its docs")
# Variables that other programs read: Qdrant's client, the HTTP libraries, the system.
THEIRS = {
    "ALL_PROXY",
    "AWS_CA_BUNDLE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "HF_HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "JOB_COMPLETION_INDEX",  # of Kubernetes, in a line of shell
    "NO_PROXY",
    "XDG_CACHE_HOME",
}
NO_VARIABLES = {"AF_INET", "AF_INET6", "AF_UNIX"}
GUIDE_TEXT = GUIDE.read_text(encoding="utf-8") if GUIDE.exists() else ""
FILES = sorted(DEPLOY.iterdir()) if DEPLOY.exists() else []


def read_yaml(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def read_unit(name: str) -> configparser.RawConfigParser:
    """Read a unit; of what is said twice, the last counts here."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names are written in two cases
    unit.read(DEPLOY / name, encoding="utf-8")
    return unit


CRON_JOBS = ("cronjob.yaml", "indexed-cronjob.yaml")


def find_container(name: str = "cronjob.yaml") -> Any:
    template = read_yaml(name)["spec"]["jobTemplate"]["spec"]["template"]
    return template["spec"]["containers"][0]


def list_shell_lines() -> Iterator[str]:
    """List the lines of the guide's blocks and of the crontab, and what stands in the guide's sentences as code."""
    for block in re.findall(r"```(?:sh|powershell)\n(.*?)```", GUIDE_TEXT, re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(rf"`({PROGRAM} [^`]*)`", re.sub(r"```.*?```", "", GUIDE_TEXT, flags=re.DOTALL))
    for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines():
        if re.match(r"\d", line):
            yield line.split(maxsplit=5)[5]


def find_commands(line: str) -> Iterator[list[str]]:
    """Find the words behind the program's name, where it is run: by a shell, or as an image."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    simple: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("&|;<>"):
            simple.append([])
        else:
            simple[-1].append(word)
    for words in simple:
        if PROGRAM in words and (words[0] == PROGRAM or words[:2] == ["docker", "run"]):
            yield words[words.index(PROGRAM) + 1 :]


def list_commands() -> list[list[str]]:
    _, *service = shlex.split(read_unit("create-vector-db.service")["Service"]["ExecStart"])
    namespace = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    windows = ET.parse(DEPLOY / "windows-task.xml").findtext(f".//{namespace}Arguments") or ""
    return [
        *(words for line in list_shell_lines() for words in find_commands(line)),
        service,
        read_yaml("compose.yaml")["services"]["index"]["command"],
        *(find_container(name)["args"] for name in CRON_JOBS),
        windows.split(),
    ]


@pytest.mark.parametrize("words", list_commands() if FILES else [], ids=" ".join)
def test_the_command_line_takes_each_command(words: Sequence[str]) -> None:
    group: Any = get_command(app)
    assert words[0].startswith("-") or words[0] in COMMANDS
    context = group.make_context(PROGRAM, list(words))
    for place, name in enumerate(words):
        if name in COMMANDS:
            group.commands[name].make_context(name, list(words[place + 1 :]), parent=context)


def test_commands_are_found_where_they_are_run() -> None:
    assert len(list_commands()) > 10
    assert [*find_commands("cd x && create-vector-db -q info >/dev/null; docker build --tag create-vector-db .")] == [
        ["-q", "info"]
    ]
    assert [*find_commands("docker run --rm create-vector-db --excel a")] == [["--excel", "a"]]


def list_variables() -> dict[str, str]:
    """List the names that look like a variable of the environment, each with a file it stands in."""
    found = {}
    for file in (GUIDE, ROOT / "Dockerfile", *FILES):
        for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", file.read_text(encoding="utf-8")):
            found[name] = file.name
    return found


def list_own_variables() -> set[str]:
    """List what an option declares and what the code names."""
    group: Any = get_command(app)
    declared = {
        name
        for command in (group, *group.commands.values())
        for option in command.params
        for name in (option.envvar if isinstance(option.envvar, list) else [option.envvar])
        if name
    }
    text = "\n".join(path.read_text(encoding="utf-8") for path in Path(ingest.__file__).parent.rglob("*.py"))
    return declared | set(re.findall(r'"([A-Z][A-Z0-9_]+)"', text)) | {VARIABLE}


def test_each_variable_is_read_by_someone() -> None:
    own = list_own_variables()
    unknown = {
        name: file
        for name, file in list_variables().items()
        if name not in own | THEIRS | NO_VARIABLES and name.removesuffix("_FILE") not in own
    }
    assert unknown == {}


@pytest.mark.parametrize("name", ["HF_TOKEN", "EMBEDDINGS_API_KEY", "OPENAI_API_KEY", "QDRANT_API_KEY", VARIABLE])
def test_each_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cr3t\n", encoding="utf-8")
    secret = find_secret([name], {f"{name}_FILE": str(tmp_path / "secret")})
    assert secret
    assert secret.value == "s3cr3t"
    assert f"| `{name}` | `{name}_FILE` |" in GUIDE_TEXT


def list_codes() -> set[int]:
    return {0, 1} | {
        kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")
    }


def test_each_exit_code_is_told_what_to_do_about() -> None:
    table = GUIDE_TEXT.partition("<!-- exit codes -->")[2].partition("<!-- /exit codes -->")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == list_codes()
    for name, action in zip(CRON_JOBS, ("FailJob", "FailIndex"), strict=True):
        rules = read_yaml(name)["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
        final = next(rule["onExitCodes"] for rule in rules if rule["action"] == action)
        assert set(final["values"]) == {2, 3, 7}
    assert set(final["values"]) <= list_codes()
    assert "exit codes 2, 3 and 7" in GUIDE_TEXT


def test_each_file_is_told_of_and_each_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", GUIDE_TEXT)
    assert {(GUIDE.parent / link).resolve() for link in links} >= {path.resolve() for path in FILES}
    for link in links:
        assert (GUIDE.parent / link).exists(), link


@pytest.mark.parametrize("name", CRON_JOBS)
def test_the_cron_job_forbids_two_at_once_and_is_not_root(name: str) -> None:
    job = read_yaml(name)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # what a podFailurePolicy takes
    container = find_container(name)
    rules = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    rule = next(rule for rule in rules if rule["action"].startswith("Fail"))
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    for variable in container["env"]:
        if variable["name"].endswith("_FILE"):
            assert variable["value"].rpartition("/")[0] in mounts
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert f"USER {user}\n" in dockerfile
    assert f"chown {user}" in GUIDE_TEXT


@pytest.mark.skipif(not shutil.which("sh"), reason="the image has a shell, this machine has none")
def test_each_pod_of_the_indexed_job_has_a_share_of_its_own(tmp_path: Path) -> None:
    """The job's own command, with what Kubernetes puts into the environment, and a program that shows its words."""
    job = read_yaml("indexed-cronjob.yaml")["spec"]["jobTemplate"]["spec"]
    assert job["completionMode"] == "Indexed"
    assert 1 <= job["parallelism"] <= job["completions"]
    assert "backoffLimit" not in job, "one share that fails would end the others"
    program = tmp_path / PROGRAM
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    container = find_container("indexed-cronjob.yaml")
    taken = []
    for index in range(job["completions"]):
        environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "JOB_COMPLETION_INDEX": str(index)}
        command = [*container["command"], *container["args"]]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        flag, share, *words = done.stdout.splitlines()
        assert (flag, words) == ("--share", container["args"])
        taken.append(read_share(share))
    assert taken == [Share(number, job["completions"]) for number in range(1, job["completions"] + 1)]


def test_the_job_of_the_compose_file_waits_for_a_server_that_is_new_enough() -> None:
    services = read_yaml("compose.yaml")["services"]
    version = re.fullmatch(r"qdrant/qdrant:v(\d+)\.(\d+)\.\d+", services["qdrant"]["image"])
    assert version
    assert (int(version[1]), int(version[2])) >= (1, 16)
    assert services["index"]["depends_on"]["qdrant"]["condition"] == "service_healthy"
    assert all(port.startswith("127.0.0.1:") for port in services["qdrant"]["ports"])


@pytest.mark.skipif(not shutil.which("bash"), reason="the image has bash, this machine has none")
@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_tells_a_server_that_is_ready(status: int, healthy: bool) -> None:
    kind, *command = read_yaml("compose.yaml")["services"]["qdrant"]["healthcheck"]["test"]
    assert kind == "CMD"
    with serve(route({"/readyz": script(Answer(status, "all shards are ready"))})) as server:
        words = [word.replace("6333", server.url.rpartition(":")[2]) for word in command]
        assert (subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0) == healthy
    assert subprocess.run(words, capture_output=True, timeout=60, check=False).returncode != 0


def test_the_units_belong_together() -> None:
    service, timer = read_unit("create-vector-db.service"), read_unit("create-vector-db.timer")
    assert service["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["Persistent"] == "yes" or timer["Timer"].getboolean("Persistent")
    text = (DEPLOY / "create-vector-db.service").read_text(encoding="utf-8")
    loaded = set(re.findall(r"^LoadCredential=(\w+):", text, re.MULTILINE))
    assert loaded == set(re.findall(r"_FILE=%d/(\w+)", text))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in DEPLOY.glob("create-vector-db.*"):
        text = unit.read_text(encoding="utf-8").replace("/opt/create-vector-db/bin/create-vector-db", sys.executable)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_task_of_windows_is_no_bytes_of_another_encoding() -> None:
    """PowerShell hands over the file as text: a declared encoding would be a lie."""
    task = DEPLOY / "windows-task.xml"
    namespace = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    tree = ET.parse(task)
    assert tree.getroot().tag == f"{namespace}Task"
    assert "encoding" not in task.read_text(encoding="utf-8").splitlines()[0]
    assert tree.findtext(f".//{namespace}MultipleInstancesPolicy") == "IgnoreNew"


def read_instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def is_in_context(path: str) -> bool:
    """Say whether .dockerignore lets a path into the build: the last pattern that fits decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            parts = [path, *map(str, Path(path).parents), *Path(path).parts]
            if any(fnmatch(part, pattern) for part in parts):
                kept = line.startswith("!")
    return kept


def test_the_image_is_built_from_what_the_package_needs_and_nothing_secret() -> None:
    copied = {
        word
        for name, rest in read_instructions()
        if name == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    }
    project: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert copied == {"pyproject.toml", "LICENSE", project["project"]["readme"], *packages}
    assert all(is_in_context(word) for word in copied)
    assert is_in_context("ingest/stores/embedded.py")
    for path in (".env", "qdrant_data/legal_rag/x", ".git/config", "tests/test_cli.py", "ingest/__pycache__/cli.pyc"):
        assert not is_in_context(path), path


def test_the_image_runs_the_command_and_not_as_root() -> None:
    instructions = read_instructions()
    last = {name: rest for name, rest in instructions if name != "COPY"}
    assert last["ENTRYPOINT"] == f'["{PROGRAM}"]'  # no shell between: a signal reaches the process itself
    assert not last["USER"].startswith(("root", "0"))
    assert last["WORKDIR"] == last["VOLUME"]
    assert "QDRANT_PATH" not in last["ENV"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert PROGRAM in scripts


@pytest.mark.skipif(not shutil.which("flock"), reason="there is no flock here")
def test_a_backup_keeps_runs_out(command: Command) -> None:
    """The guide's own line, in the place of tar a run that wants the same lock."""
    line = next(line for line in list_shell_lines() if line.startswith("flock"))
    words = shlex.split(line)
    write_faq()
    run = ["--excel", "faq.csv", "--embedder", "hashing"]
    assert command(*run).code == 0
    python = [sys.executable, "-m", "ingest"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    locked = words[: words.index("tar")]
    assert subprocess.run([*locked, *python, *run], env=environ, capture_output=True, check=False).returncode == 75
    assert command(*run).code == 0


def test_a_copied_folder_is_the_collection(command: Command, tmp_path: Path) -> None:
    line = next(line for line in list_shell_lines() if line.startswith("flock"))
    write_faq()
    command("--excel", "faq.csv", "--embedder", "hashing")
    tar = shlex.split(line)[shlex.split(line).index("tar") :]
    subprocess.run(tar, check=True)
    (tmp_path / "elsewhere").mkdir()
    subprocess.run(["tar", "-xzf", "backup.tar.gz", "-C", str(tmp_path / "elsewhere")], check=True)
    store = open_store(path=str(tmp_path / "elsewhere" / "qdrant_data"))
    assert store.count("faq.csv") == 6
    store.close()
