"""The benchmarks run whole at a small size: what they take for granted of this tool, it still does."""

from pathlib import Path

import million
import noop
import pacing
import pytest
import share
import unchanged


def test_pacing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(pacing, "TEXTS", 80)
    pacing.report_limits()
    pacing.report_speed()
    pacing.report_failures()
    assert "x the speed of one at a time" in capsys.readouterr().out


def test_share(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"FILES": 4, "ROWS": 2, "TEXTS": 16, "ROUNDS": 1, "LATENCY": 0.001, "LEAST": 0.0}.items():
        monkeypatch.setattr(share, name, value)
    assert share.main() == 0
    assert "the same points" in capsys.readouterr().out


def test_noop(capsys: pytest.CaptureFixture[str]) -> None:
    noop.report([20])
    assert "20 rows" in capsys.readouterr().out


def test_the_sources_of_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FILES": 2, "ARTICLES": 10, "CHUNKS": 20}.items():
        monkeypatch.setattr(unchanged, name, value)
    unchanged.write_sources(tmp_path)
    for source in (("--text-dir", "luật"), ("--excel", "rows.xlsx")):  # each of as many chunks as are said
        unchanged.fill(tmp_path, [*source, *unchanged.HASHING, "--qdrant-path", source[0].strip("-")])


def test_million(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = million.report(tmp_path, 200, index=True)
    assert (figures["fill"]["points"], figures["edited"]["embedded"]) == (200, 1)
    assert "of the engine's time" in capsys.readouterr().out
