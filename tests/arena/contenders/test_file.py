"""The contenders file: what it may hold, and every fault of it told at once."""

from pathlib import Path

import pytest

from arena.contenders.example import example_file
from arena.contenders.file import read_contenders
from arena.errors import BadConfiguration

GOOD = """
[[contender]]
slug = "alpaca-7b"
label = "Alpaca 7B"
backend = "openai"
url = "http://127.0.0.1:8000/v1"
model = "alpaca-7b"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contenders.toml"


def faults_of(file: Path, text: str) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(BadConfiguration) as caught:
        read_contenders(file)
    return caught.value.faults


def test_a_contender_is_read_with_its_sampling_and_limits(file: Path):
    file.write_text(
        GOOD
        + """
        licence = "CC BY-NC 4.0"
        lineage = "fine-tuned from LLaMA 7B"
        api_key_env = "LAB_KEY"
        system_prompt = "Be brief.\\nBe kind."
        sampling = { temperature = 0, stop = ["###"], logit_bias = { "50256" = -100 } }
        [contender.limits]
        first_token_s = 60
        """
    )
    (entry,) = read_contenders(file)
    assert (entry.slug, entry.label, entry.licence) == ("alpaca-7b", "Alpaca 7B", "CC BY-NC 4.0")
    assert entry.options == {"url": "http://127.0.0.1:8000/v1", "model": "alpaca-7b"}
    assert entry.sampling == {"temperature": 0, "stop": ["###"], "logit_bias": {"50256": -100}}
    assert entry.limits == {"first_token_s": 60}
    assert entry.api_key_env == "LAB_KEY"


def test_the_printed_example_is_a_file_that_works(file: Path):
    file.write_text(example_file())
    slugs = [entry.slug for entry in read_contenders(file)]
    assert slugs == ["alpaca-7b", "llama-7b", "reference", "alpaca-lora", "tiny", "davinci-003"]


def test_every_fault_is_told_at_once_with_its_line(file: Path):
    faults = faults_of(
        file,
        """[[contender]]
slug = "Alpaca 7B"
label = "Alpaca"
backend = "openai"
url = "127.0.0.1:8000/v1"
modell = "alpaca"

[contender.sampling]
temprature = 0.7
max_tokens = -1

[[contender]]
slug = "vicuna"
label = "Vicuna\\u0000"
backend = "opnai"
licence = 2026-01-01

[contender.limits]
total_s = nan
""",
    )
    assert [fault.split(": ")[:3] for fault in faults] == [
        ["contenders.toml:1", '[[contender]] 1 ("Alpaca 7B")', "model"],
        ["contenders.toml:2", '[[contender]] 1 ("Alpaca 7B")', "slug"],
        ["contenders.toml:5", '[[contender]] 1 ("Alpaca 7B")', "url"],
        ["contenders.toml:6", '[[contender]] 1 ("Alpaca 7B")', "modell"],
        ["contenders.toml:9", '[[contender]] 1 ("Alpaca 7B")', "sampling.temprature"],
        ["contenders.toml:10", '[[contender]] 1 ("Alpaca 7B")', "sampling.max_tokens"],
        ["contenders.toml:14", '[[contender]] 2 ("vicuna")', "label"],
        ["contenders.toml:15", '[[contender]] 2 ("vicuna")', "backend"],
        ["contenders.toml:16", '[[contender]] 2 ("vicuna")', "licence"],
        ["contenders.toml:19", '[[contender]] 2 ("vicuna")', "limits.total_s"],
    ]
    assert faults[3].endswith("is not a key here; did you mean `model`?")
    assert faults[4].endswith("did you mean `temperature`?")
    assert faults[7].endswith("`transformers`, `recorded` or `scripted`; did you mean `openai`?")


def test_a_header_inside_a_text_does_not_shift_the_line_numbers(file: Path):
    faults = faults_of(file, GOOD + 'system_prompt = """\n[[contender]]\n"""\nlicence = 3\n')
    assert [fault.split(" must")[0] for fault in faults] == [
        'contenders.toml:11: [[contender]] 1 ("alpaca-7b"): licence:'
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('url = "localhost:8000"', "http:// or https://"),
        ('url = "ftp://host/v1"', "http:// or https://"),
        ('url = "http://"', "http:// or https://"),
        ('url = "http://host:99999/v1"', "http:// or https://"),
        ('url = "http://[::1/v1"', "http:// or https://"),
        ("url = 8000", "http:// or https://"),
        ('protocol = "grpc"', "`chat`, `completions` or `continuation`"),
        ('label = ""', "one line of text"),
        ('label = "two\\nlines"', "one line of text"),
        ("sampling = 1", "a table"),
        ("sampling.temperature = true", "a number from 0"),
        ("sampling.top_p = 1.5", "a number from 0 to 1"),
        ("sampling.max_tokens = 0.5", "a whole number from 1"),
        ("sampling.presence_penalty = -3", "from -2 to 2"),
        ('sampling.stop = "###"', "a list of texts"),
        ("sampling.logit_bias = { 5 = 200 }", "from -100 to 100"),
        ("limits.first_token_s = 0", "a number above 0"),
        ("limits.total_s = inf", "a number above 0"),
        ("extra = { api_key = 'x' }", "without keys or passwords"),
    ],
)
def test_a_value_that_cannot_be_used_is_explained(file: Path, line: str, complaint: str):
    key = line.split(" =")[0]
    kept = [good for good in GOOD.splitlines() if not good.startswith(f"{key} =")]
    (fault,) = faults_of(file, "\n".join([*kept, line]))
    assert f"{key}: must be " in fault
    assert complaint in fault


SECRET = "sk-canary-0123456789"


@pytest.mark.parametrize(
    "line",
    [
        f'api_key = "{SECRET}"',
        f'API-Key = "{SECRET}"',
        f'token = "{SECRET}"',
        f'api_key_env = "{SECRET}"',
        'api_key_env = "hf_sk-canary-0123456789"',
        f'extra = {{ api_key = "{SECRET}" }}',
        f'sampling = {{ api_key = "{SECRET}" }}',
    ],
)
def test_a_key_in_the_file_is_refused_and_never_echoed(file: Path, line: str):
    (fault,) = faults_of(file, GOOD + line)
    assert "canary" not in fault


@pytest.mark.parametrize("url", [f"http://user:{SECRET}@host/v1", f"http://host/v1?key={SECRET}"])
def test_a_key_in_a_url_is_refused_and_never_echoed(file: Path, url: str):
    (fault,) = faults_of(file, GOOD.replace("http://127.0.0.1:8000/v1", url))
    assert "api_key_env" in fault
    assert "canary" not in fault


def test_a_variable_that_would_pass_for_a_setting_is_refused(file: Path):
    (fault,) = faults_of(file, GOOD + 'api_key_env = "ARENA_KEY"')
    assert "not ARENA_" in fault


def test_two_contenders_with_one_slug_are_refused(file: Path):
    (fault,) = faults_of(file, GOOD + GOOD.replace("Alpaca 7B", "Another"))
    assert fault.startswith(
        'contenders.toml:10: [[contender]] 2 ("alpaca-7b"): slug: reads like that of [[contender]] 1'
    )


@pytest.mark.parametrize("label", ["alpaca 7b", " Alpaca  7B ", "Alpaca7B", "Ａlpaca 7B"])
def test_labels_that_a_voter_cannot_tell_apart_are_refused(file: Path, label: str):
    other = GOOD.replace("Alpaca 7B", label).replace('slug = "alpaca-7b"', 'slug = "other"')
    (fault,) = faults_of(file, GOOD + other)
    assert "label: reads like that of [[contender]] 1" in fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no contender"),
        ("contender = []", "two brackets"),
        ("[contender]\nslug = 'a'", "two brackets"),
        ("contender = [1]", "must be a table"),
        (GOOD + "[[contenders]]\nslug = 'a'", "`contenders` is not known at the top"),
    ],
)
def test_a_file_of_another_shape_is_explained(file: Path, text: str, complaint: str):
    (fault,) = faults_of(file, text)
    assert complaint in fault


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[[contender]\nslug = 1", "is not TOML: .*line 1"),
        (b"\xef\xbb\xbf" + GOOD.encode(), "byte-order mark"),
        (GOOD.encode("utf-16"), "looks like UTF-16"),
        (GOOD.encode("utf-16-le"), "looks like UTF-16"),
        (GOOD.encode() + "label = 'Médaille'".encode("latin-1"), ":8 is not UTF-8"),
        (b"#" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_no_toml_text_is_refused_in_a_sentence(file: Path, content: bytes, sentence: str):
    file.write_bytes(content)
    with pytest.raises(BadConfiguration, match=sentence):
        read_contenders(file)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused_in_a_sentence(file: Path):
    with pytest.raises(BadConfiguration, match="There is no file"):
        read_contenders(file)
    file.mkdir()
    with pytest.raises(BadConfiguration, match="cannot be read: Is a directory"):
        read_contenders(file)


def test_a_script_is_judged_by_its_backend_and_its_faults_are_told_in_place(file: Path):
    header = '[[contender]]\nslug = "echo"\nlabel = "Echo"\nbackend = "scripted"\n'
    faults = faults_of(file, header + "speed = 3\nrules = [{ match = '(' }]")
    assert {fault.split(": is ")[0] for fault in faults} == {
        'contenders.toml:6: [[contender]] 1 ("echo"): rules[1].match',
        'contenders.toml:5: [[contender]] 1 ("echo"): speed',
    }
