"""Nothing is installed under a licence that nobody looked at, and a known weakness is found."""

from pathlib import Path

import pytest

from benchmarks import dependency_audit
from benchmarks.dependency_audit import PAGE, licences, main, objections, pinned, weaknesses

ADVISORY = """
id: PYSEC-2026-1
aliases: [CVE-2026-1]
details: |
  Reads any file.
affected:
- package: {name: jinja2, ecosystem: PyPI}
  versions: ["3.0", "3.1"]
"""


def test_every_licence_is_permissive_or_explained():
    found = licences()
    assert len(found) > 50
    assert objections(found) == []


def test_a_licence_with_conditions_on_the_product_is_objected_to():
    found = {"one": "AGPL-3.0-only", "two": "Limited", "three": "MIT", "four": "", "psycopg": "LGPL-3.0"}
    assert [sentence.partition(":")[0] for sentence in objections(found)] == ["one", "two", "four"]


def test_the_page_lists_every_dependency():
    page = PAGE.read_text()
    assert [name for name in licences() if f"| {name} | " not in page] == []


def test_a_weakness_of_a_pinned_version_is_found_and_no_other(tmp_path: Path):
    folder = tmp_path / "vulns" / "jinja2"
    folder.mkdir(parents=True)
    (folder / "PYSEC-2026-1.yaml").write_text(ADVISORY)
    (folder / "PYSEC-2026-2.yaml").write_text(ADVISORY + "withdrawn: 2026-01-01T00:00:00Z\n")
    assert [*weaknesses({"Jinja2": "3.1", "click": "8.0"}, tmp_path)] == [
        "Jinja2 3.1: PYSEC-2026-1, CVE-2026-1: Reads any file."
    ]
    assert [*weaknesses({"Jinja2": "3.2"}, tmp_path)] == []
    with pytest.raises(FileNotFoundError, match="no folder `vulns`"):
        [*weaknesses({}, folder)]


def test_the_command_says_what_it_did_not_look_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(dependency_audit, "ROOT", tmp_path)
    monkeypatch.setattr(dependency_audit, "PAGE", tmp_path / "licences.md")
    assert main([]) == 0
    assert "Weaknesses were not looked for" in capsys.readouterr().out
    assert "| gradio | " in (tmp_path / "licences.md").read_text()
    assert pinned()["gradio"].startswith("6.")
