"""Files of rows are read whole or not at all, and written whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.dataset import (
    Artefact,
    Manifest,
    manifest_path,
    read_jsonl,
    rejects_path,
    sha256_of,
    write_jsonl,
    write_rows,
)
from generation.errors import BadInput

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_rows_come_back_as_they_were_written(tmp_path: Path, name: str):
    @settings(max_examples=50)
    @given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4))
    def check(rows: list[dict[str, object]]):
        write_rows(tmp_path / name, rows)
        assert read_jsonl(tmp_path / name) == rows

    check()


def test_korean_is_written_as_it_is(tmp_path: Path):
    write_jsonl(tmp_path / "rows.jsonl", [{"instruction": "번역하세요"}])
    assert "번역하세요" in (tmp_path / "rows.jsonl").read_text(encoding="utf-8")


def test_line_separators_inside_a_text_do_not_end_a_row(tmp_path: Path):
    rows = [{"output": "a\u2028b\u0085c\x0bd\r\ne"}, {"output": "f"}]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    assert read_jsonl(tmp_path / "rows.jsonl") == rows


def test_a_byte_order_mark_windows_line_ends_and_empty_lines_are_no_fault(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n\n')
    assert read_jsonl(path) == [{"a": 1}, {"a": 2}]


FAULTY = [
    ('{"instruction": "fine"}', None),
    ('{"instruction": "torn', "line 2: it is not JSON: Unterminated string starting at (column 17)"),
    ('["a list"]', "line 3: an object is expected, this is an array"),
    ('{"input": "x"}', "line 4: `instruction` is missing (it has input)"),
    ('{"instruction": 3}', "line 5: `instruction` is a number where text is expected"),
    ('{"instruction": null}', "line 6: `instruction` is null where text is expected"),
    ('{"instruction": NaN}', "line 7: NaN is not a JSON value"),
    ('{"instruction": "\\ud83d"}', "line 8: half a surrogate pair stands alone"),
    ("[" * 100_000, "line 9: it is nested too deeply"),
    ("<html>", "line 10: it is not JSON: Expecting value (column 1)"),
    ('{"instruction": "also fine"}', None),
]


def faulty_file(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes("\n".join(line for line, _ in FAULTY).encode() + b'\n{"instruction": "\xff"}')
    return path


def test_every_fault_of_a_file_is_named_at_once_with_its_line(tmp_path: Path):
    with pytest.raises(BadInput) as raised:
        read_jsonl(faulty_file(tmp_path), texts=["instruction"])
    expected = [fault for _, fault in FAULTY if fault] + ["line 12: byte 18 is not UTF-8"]
    assert list(raised.value.faults) == expected
    assert "10 of 12 rows are faulty" in str(raised.value)
    assert not rejects_path(tmp_path / "rows.jsonl").exists()


def test_faulty_rows_can_be_left_out_and_are_kept_with_their_fault(tmp_path: Path):
    path = faulty_file(tmp_path)
    rows = read_jsonl(path, texts=["instruction"], skip_bad=True)
    assert [row["instruction"] for row in rows] == ["fine", "also fine"]
    rejected = read_jsonl(rejects_path(path))
    assert len(rejected) == 10
    assert rejected[2] == {
        "place": "line 4",
        "fault": "`instruction` is missing (it has input)",
        "text": '{"input": "x"}',
    }


def test_of_many_faults_the_first_twenty_and_the_count_are_named(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text("x\n" * 35)
    with pytest.raises(BadInput) as raised:
        read_jsonl(path)
    assert len(raised.value.faults) == 21
    assert raised.value.faults[-1] == "… and 15 more"


def test_an_array_names_its_faulty_rows_by_number(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text('[{"output": "a"}, 3, {"output": ["b"]}, {"output": "\\udc00"}]')
    with pytest.raises(BadInput) as raised:
        read_jsonl(path, texts=["output"])
    assert raised.value.faults == (
        "row 2: an object is expected, this is a number",
        "row 3: `output` is an array where text is expected",
        "row 4: half a surrogate pair stands alone",
    )
    assert read_jsonl(path, texts=["output"], skip_bad=True) == [{"output": "a"}]
    assert [row["text"] for row in read_jsonl(rejects_path(path))] == [
        "3",
        '{"output": ["b"]}',
        '{"output": "\\udc00"}',
    ]


def test_a_torn_array_names_the_place_where_it_tears(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text('[{"a": 1},\n {"a": 2')
    with pytest.raises(BadInput, match="line 2, column 9"):
        read_jsonl(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(BadInput, match=r"absent.jsonl cannot be read: No such file or directory."):
        read_jsonl(tmp_path / "absent.jsonl")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    write_jsonl(path, [{"a": 1}])
    with pytest.raises(ValueError, match="JSON"):
        write_jsonl(path, [{"a": 2}, {"a": float("nan")}])
    assert read_jsonl(path) == [{"a": 1}]
    assert [each.name for each in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_place_that_cannot_be_written_is_called_by_its_own_name(tmp_path: Path):
    path = tmp_path / "absent" / "rows.jsonl"
    with pytest.raises(FileNotFoundError) as raised:
        write_jsonl(path, [])
    assert raised.value.filename == str(path)


MANIFEST = Manifest(
    file="",
    rows=1,
    sha256="",
    generator={"model": "tiny", "temperature": 1.0},
    prompt_version="alpaca-1",
    rejected={"too_short": 3},
    artefacts=(Artefact("seed tasks", "Apache-2.0"), Artefact("answers", "none", "no competing models")),
    decontamination={"rows": 1},
)


def dataset_with_manifest(folder: Path) -> tuple[Path, Manifest]:
    path = folder / "data.jsonl"
    write_jsonl(path, [{"instruction": "a"}])
    manifest = replace(MANIFEST, file=path.name, sha256=sha256_of(path))
    manifest.write_beside(path)
    return path, manifest


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path):
    path, manifest = dataset_with_manifest(tmp_path)
    assert Manifest.read_beside(path) == manifest


def test_licences_and_terms_travel_to_what_is_made_from_a_data_set(tmp_path: Path):
    path, manifest = dataset_with_manifest(tmp_path)
    child = tmp_path / "child.json"
    write_rows(child, [{"messages": []}, {"messages": []}])
    derived = Manifest.derived(path, child, rows=2, format="messages")
    assert derived == replace(manifest, file="child.json", rows=2, sha256=sha256_of(child), format="messages")


def test_what_has_no_manifest_is_said_to_have_no_recorded_licence(tmp_path: Path):
    path = tmp_path / "data.jsonl"
    write_jsonl(path, [])
    assert Manifest.read_beside(path) is None
    assert Manifest.derived(path, path, rows=0).artefacts == (Artefact("data.jsonl", "not recorded"),)


def test_a_manifest_of_other_contents_is_refused(tmp_path: Path):
    path, _ = dataset_with_manifest(tmp_path)
    write_jsonl(path, [{"instruction": "changed"}])
    with pytest.raises(BadInput, match="describes other contents"):
        Manifest.read_beside(path)


@pytest.mark.parametrize("contents", ["{", "[]", "{}", json.dumps({"file": "x", "unknown": 1, "artefacts": []})])
def test_a_broken_manifest_is_refused(tmp_path: Path, contents: str):
    path, _ = dataset_with_manifest(tmp_path)
    manifest_path(path).write_text(contents)
    with pytest.raises(BadInput, match="is no manifest"):
        Manifest.read_beside(path)
