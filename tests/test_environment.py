"""Settings as others have them: tokens, models, hosts, examples that nobody replaced."""

from pathlib import Path

import pytest

from ingest.environment import (
    TOKENS,
    choose_embedder,
    find_qdrant_key,
    find_secret,
    find_service_key,
    find_token,
    is_example,
    make_qdrant_url,
    read_dotenv,
    read_flag,
)
from ingest.errors import CredentialError, UsageError

E5 = "intfloat/multilingual-e5-base"
RETIRED_URL = f"https://api-inference.huggingface.co/models/{E5}"
ROUTER_URL = f"https://router.huggingface.co/hf-inference/models/{E5}/pipeline/feature-extraction"


@pytest.mark.parametrize("name", TOKENS)
def test_every_name_of_a_token_is_known_and_an_empty_one_is_unset(name: str) -> None:
    environ = dict.fromkeys(TOKENS, "") | {name: "hf_secret"}
    secret = find_secret(TOKENS, environ)
    assert secret
    assert (secret.name, secret.value) == (name, "hf_secret")
    assert "hf_secret" not in repr(secret)


def test_the_first_name_wins() -> None:
    secret = find_secret(TOKENS, dict.fromkeys(reversed(TOKENS), "hf_secret"))
    assert secret
    assert secret.name == TOKENS[0]


def test_the_other_places_of_a_secret_are_told_unless_they_hold_the_same_or_an_example() -> None:
    environ = {"HF_TOKEN": "hf_a", "HF_API_TOKEN": "hf_a", "HUGGINGFACE_API_KEY": "your_api_key"}
    alone = find_secret(TOKENS, environ)
    assert alone
    assert alone.origin == "HF_TOKEN"
    secret = find_secret(TOKENS, environ | {"HUGGINGFACE_API_TOKEN": "hf_b"})
    assert secret
    assert secret.origin == "HF_TOKEN (HUGGINGFACE_API_TOKEN is set too)"
    several = find_secret(TOKENS, {"HF_TOKEN": "hf_a", "HF_TOKEN_FILE": "/x", "HUGGINGFACE_API_TOKEN": "hf_b"})
    assert several
    assert several.origin == "HF_TOKEN (HF_TOKEN_FILE and HUGGINGFACE_API_TOKEN are set too)"
    assert "hf_b" not in repr(several) + several.origin


@pytest.mark.parametrize(
    ("url", "send", "name"),
    [
        ("http://127.0.0.1:8000/v1", False, None),
        ("http://127.0.0.1:8000/v1", True, "OPENAI_API_KEY"),
        ("https://api.openai.com/v1", False, "OPENAI_API_KEY"),
        ("https://api.openai.com", False, "OPENAI_API_KEY"),
        ("https://[half", False, None),
        ("http://api.openai.com/v1", False, None),
        ("https://api.openai.com.example.com/v1", False, None),
    ],
)
def test_the_key_of_openai_goes_to_openai_alone_unless_asked(url: str, send: bool, name: str | None) -> None:
    key = find_service_key(url, {"OPENAI_API_KEY": "sk-1"}, send=send)
    assert (key.name if key else None) == name
    own = find_service_key(url, {"OPENAI_API_KEY": "sk-1", "EMBEDDINGS_API_KEY": "own"}, send=send)
    assert own
    assert (own.name, own.value) == ("EMBEDDINGS_API_KEY", "own")


def test_the_token_of_the_environment_comes_before_the_one_that_was_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_stored")
    stored = find_token({})
    assert stored
    assert (stored.name, stored.value) == ("hf auth login", "hf_stored")
    token = find_token({"HF_API_TOKEN": "hf_mine"})
    assert token
    assert (token.name, token.value) == ("HF_API_TOKEN", "hf_mine")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hf_secret\n")
    secret = find_secret(TOKENS, {"HF_TOKEN_FILE": str(tmp_path / "token")})
    assert secret
    assert (secret.name, secret.value) == ("HF_TOKEN_FILE", "hf_secret")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    for name in ("nothing", "picture"):
        with pytest.raises(CredentialError, match="HF_TOKEN_FILE"):
            find_secret(TOKENS, {"HF_TOKEN_FILE": str(tmp_path / name)})


@pytest.mark.parametrize(
    "value", ["your_api_key", "hf_xxxx", "<token>", "xxxxxxxx", "changeme", "your-key-here", "..."]
)
def test_an_example_is_refused_by_the_name_of_its_variable(value: str) -> None:
    assert is_example(value)
    with pytest.raises(CredentialError, match="HF_TOKEN"):
        find_secret(TOKENS, {"HF_TOKEN": value})


@pytest.mark.parametrize("value", ["hf_aBcDeFgHiJ", "secret", "0x1f", "yours"])
def test_a_credential_is_no_example(value: str) -> None:
    assert not is_example(value)


def test_an_example_as_key_of_a_server_on_this_machine_is_left_out_with_a_note() -> None:
    environ = {"QDRANT_API_KEY": "your_qdrant_api_key"}
    key, note = find_qdrant_key("http://localhost:6333", environ)
    assert key is None
    assert "QDRANT_API_KEY" in note
    with pytest.raises(CredentialError):
        find_qdrant_key("http://qdrant.example.com:6333", environ)


@pytest.mark.parametrize(
    ("host", "https", "url"),
    [
        ("localhost", None, "http://localhost:6333"),
        ("localhost", True, "https://localhost:6333"),
        ("abc.cloud.qdrant.io", None, "https://abc.cloud.qdrant.io:6333"),
        ("abc.cloud.qdrant.io", False, "http://abc.cloud.qdrant.io:6333"),
        ("db:7000", None, "http://db:7000"),
        ("https://db.example.com", None, "https://db.example.com:6333"),
        ("https://db.example.com:443", None, "https://db.example.com:443"),
        ("http://db/", None, "http://db:6333"),
    ],
)
def test_a_host_or_a_url_gives_the_url_of_the_server(host: str, https: bool | None, url: str) -> None:
    assert make_qdrant_url(host, 6333, https=https) == url


@pytest.mark.parametrize(
    ("spec", "model", "environ", "chosen"),
    [
        ("", "", {}, ("", "")),
        ("hashing", "", {"USE_HF_API": "true"}, ("hashing", "")),
        ("", "", {"USE_HF_API": "true"}, ("hf", "")),
        ("", "", {"USE_HF_API": "false", "HF_TOKEN": "t"}, ("local", "")),
        ("", "", {"HF_TOKEN": "t"}, ("hf", "")),
        ("", "", {"HF_TOKEN_FILE": "/run/token"}, ("hf", "")),
        ("", "m", {"EMBEDDINGS_MODEL_NAME": "m"}, ("hf", "m")),
        ("", "", {"HF_INFERENCE_API": "https://x.example.com"}, ("https://x.example.com", "")),
        ("", "", {"HF_INFERENCE_API": RETIRED_URL}, ("hf", E5)),
        ("", "", {"HF_INFERENCE_API": ROUTER_URL}, ("hf", E5)),
        (RETIRED_URL, "", {}, ("hf", E5)),
        (f"https://api-inference.huggingface.co/pipeline/feature-extraction/{E5}/", "", {}, ("hf", E5)),
        ("https://api-inference.huggingface.co", "", {}, ("hf", "")),
        (ROUTER_URL, "", {}, ("hf", E5)),
        (RETIRED_URL, "BAAI/bge-m3", {}, ("hf", "BAAI/bge-m3")),
        ("https://router.huggingface.co/v1", "m", {}, ("https://router.huggingface.co/v1", "m")),
        ("https://x.example.com/models/a/b", "", {}, ("https://x.example.com/models/a/b", "")),
        ("http://[half", "", {}, ("http://[half", "")),
        ("", "", {"MODEL_PROVIDER": "huggingface"}, ("hf", "")),
        ("", "", {"MODEL_PROVIDER": "aws", "AWS_ENDPOINT_NAME": "e"}, ("sagemaker:e", "")),
        ("", "", {"MODEL_PROVIDER": "openai"}, ("", "")),
    ],
)  # fmt: skip
def test_the_embedder_is_the_first_that_is_named(
    spec: str, model: str, environ: dict[str, str], chosen: tuple[str, str]
) -> None:
    choice = choose_embedder(spec, model, environ)
    assert (choice.spec, choice.model) == chosen


def test_a_url_that_is_read_as_a_model_is_told() -> None:
    assert "retired" in choose_embedder(RETIRED_URL, "", {}).notes[0]
    assert E5 in choose_embedder("", "", {"HF_INFERENCE_API": ROUTER_URL}).notes[0]
    assert "model BAAI/bge-m3" in choose_embedder(RETIRED_URL, "BAAI/bge-m3", {}).notes[0]


def test_names_of_a_chat_model_are_left_alone_where_an_embedder_is_named_and_that_is_said() -> None:
    choice = choose_embedder("", "", {"HF_TOKEN": "t", "HF_INFERENCE_API": "https://chat.example.com"})
    assert choice.spec == "hf"
    assert "HF_INFERENCE_API" in choice.notes[0]


def test_a_dotenv_fills_what_is_unset_or_empty(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("A=file\nB=file\nC=file\nD=\n", encoding="utf-8-sig")
    environ = {"A": "mine", "B": ""}
    assert read_dotenv(str(file), environ) == file
    assert environ == {"A": "mine", "B": "file", "C": "file"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp949"])
def test_a_dotenv_and_a_secret_may_be_as_other_programs_write_them(encoding: str, tmp_path: Path) -> None:
    written = "# 검색에 쓰는 모델의 이름과 주소를 여기에 적는다\r\nMODEL=근로기준법\r\nHF_TOKEN=hf_secret\r\n"
    file = tmp_path / ".env"
    file.write_bytes(written.encode(encoding))
    environ: dict[str, str] = {}
    read_dotenv(str(file), environ)
    assert environ == {"MODEL": "근로기준법", "HF_TOKEN": "hf_secret"}
    (tmp_path / "token").write_bytes("hf_secret\r\n".encode("utf-16"))  # as PowerShell's ">" does
    secret = find_secret(TOKENS, {"HF_TOKEN_FILE": str(tmp_path / "token")})
    assert secret
    assert secret.value == "hf_secret"


def test_a_dotenv_in_no_known_encoding_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff\xd8\xfe\x81")
    with pytest.raises(UsageError, match=r"\.env: it is not UTF-8"):
        read_dotenv(str(file), {})


def test_a_dotenv_that_is_named_and_missing_is_an_error_and_one_that_is_not_named_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_dotenv(None, {}) is None
    with pytest.raises(UsageError, match="nothing"):
        read_dotenv("nothing", {})


def test_a_flag_is_yes_or_no_or_unset() -> None:
    assert read_flag("X", {"X": "True"}) is True
    assert read_flag("X", {"X": "0"}) is False
    assert read_flag("X", {"X": ""}) is None
    with pytest.raises(UsageError, match="X=maybe"):
        read_flag("X", {"X": "maybe"})


@pytest.mark.parametrize(
    "content",
    [b"# caf\xe9\r\nHF_TOKEN=hf_abc\r\n", "\u200bHF_TOKEN=hf_abc".encode(), b"HF_TOKEN=hf_abc\r\n  # \xff\xfe\x80"],
)
def test_a_comment_or_what_nobody_sees_costs_no_dotenv(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    environ: dict[str, str] = {}
    read_dotenv(str(tmp_path / ".env"), environ)
    assert environ == {"HF_TOKEN": "hf_abc"}


def test_a_dotenv_is_not_told_of_an_option_that_is_for_sources(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"NAME=caf\xe9\n")
    with pytest.raises(UsageError, match="save it as UTF-8") as caught:
        read_dotenv(str(tmp_path / ".env"), {})
    assert "--encoding" not in str(caught.value)
