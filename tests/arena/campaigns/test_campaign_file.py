"""A campaign's file: all its faults at once, and no file of the machine through a page."""

from pathlib import Path

import pytest

from arena.campaigns.campaign_file import (
    campaign_of,
    campaign_of_text,
    example_text,
    read_campaign_file,
    reference_text,
)
from arena.errors import BadConfiguration
from generation.errors import BadInput


def file_with(folder: Path, text: str) -> Path:
    path = folder / "campaign.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_can_be_used(tmp_path: Path):
    campaign, table = read_campaign_file(file_with(tmp_path, example_text()))
    assert campaign.primary_pair == ("tiny-alpaca", "tiny-vicuna")
    assert campaign_of(table) == campaign == campaign_of_text(example_text())[0]


def test_every_fault_is_told_with_its_line(tmp_path: Path):
    text = example_text().replace("raters_per_item = 4", "raters_per_item = 0\nrepeats = 0.05\nalpa = 1")
    with pytest.raises(BadInput) as refusal:
        read_campaign_file(file_with(tmp_path, text))
    told = str(refusal.value)
    assert "campaign.toml:6: raters_per_item" in told
    assert "campaign.toml:7: repeats" in told
    assert "did you mean `alpha`?" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('primary = ["tiny-alpaca", "gpt"]', "names `gpt`"),
        ('primary = ["tiny-alpaca", "tiny-alpaca"]', "two different slugs"),
        ("looks = 3", "must be 1 with `fixed`"),
        ('stopping = "pocock"', "2 or more with another"),
        ("alpha = 0.5", "below 0.5"),
    ],
)
def test_faults_between_keys(tmp_path: Path, change: str, words: str):
    text = example_text().replace("raters_per_item = 4", change)
    with pytest.raises(BadInput, match=words):
        read_campaign_file(file_with(tmp_path, text))


def test_one_contender_is_no_comparison(tmp_path: Path):
    text = example_text().replace('[[contender]]\nslug = "tiny-vicuna"\n', "")
    with pytest.raises(BadInput, match="twice or more"):
        read_campaign_file(file_with(tmp_path, text))
    with pytest.raises(BadInput, match="same slug twice"):
        read_campaign_file(file_with(tmp_path, example_text().replace("tiny-vicuna", "tiny-alpaca")))


def test_files_are_looked_for_beside_it_and_all_missing_ones_are_told(tmp_path: Path):
    text = example_text().replace('slug = "tiny-vicuna"', 'slug = "gone"\nanswers = "answers.jsonl"')
    text = text.replace('languages = ["English"]', 'file = "prompts.csv"')
    path = file_with(tmp_path, text)
    with pytest.raises(BadConfiguration) as refusal:
        read_campaign_file(path)
    assert "prompts.csv" in str(refusal.value)
    assert "answers.jsonl" in str(refusal.value)
    for name in ("prompts.csv", "answers.jsonl"):
        (tmp_path / name).touch()
    campaign = campaign_of(read_campaign_file(path)[1])
    assert campaign.prompts.file == tmp_path / "prompts.csv"
    assert campaign.contender[1].answers == tmp_path / "answers.jsonl"


def test_a_page_reads_no_file_of_the_machine():
    with pytest.raises(BadConfiguration, match="takes no files: file"):
        campaign_of_text(example_text().replace('languages = ["English"]', 'file = "/etc/passwd"'))


def test_every_key_is_explained():
    assert "raters.reclaim_after_hours" in reference_text()
    assert "contender[].answers" in reference_text()
