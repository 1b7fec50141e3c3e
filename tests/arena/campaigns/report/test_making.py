"""The whole report: written, made again, read by others' programs."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.campaigns.campaigns import Campaigns, CampaignSheet
from arena.campaigns.export import export_campaign
from arena.campaigns.judgements import Judgements, Said
from arena.campaigns.raters import Raters
from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.making import replay_report, report_files, write_report
from arena.cli import main
from arena.db.campaign_tables import SideVerdict
from arena.db.session import Database
from arena.errors import BadConfiguration
from tests.arena.campaigns.report.exported import new_folder, published_comparison, several_raters

Opened = Callable[..., tuple[CampaignSheet, tuple[str, ...]]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = published_comparison(tmp_path_factory.mktemp("published") / "export")
    write_report(path)
    return path


def test_a_report_is_made_again_byte_for_byte(published: Path):
    assert replay_report(published).different == ()
    page = published / "report" / "report.html"
    content = page.read_bytes()
    page.write_bytes(content + b" ")
    assert replay_report(published).different == ("report.html",)
    page.write_bytes(content)


def test_the_report_says_what_may_not_be_left_out(published: Path):
    page = (published / "report" / "report.html").read_text()
    for sentence in (
        "Alpaca 7B and davinci_003 are not distinguishable by these judgements.",
        "p = 1.00, exact binomial test, two-sided",
        "[43.0, 57.5] by Wilson",
        "a share of 60.5 % or more would have been found",
        "73 of those that stand prefer no side",
        "undefined (no item was judged twice)",
        "from 5 raters and 252 prompts",
        "Prompts found in its training data: not known",
        "d" * 64,
    ):
        assert sentence in page
    everything = "".join((published / "report" / name).read_text() for name in report_files(read_folder(published)))
    assert not re.search(r"\bequal", everything)


def test_the_page_loads_nothing_and_runs_nothing(published: Path):
    page = (published / "report" / "report.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|<iframe|https?://|@import|url\(", page)
    assert "Ask p000 <b>" not in page


def test_texts_of_others_stay_texts(tmp_path: Path):
    folder = new_folder(title="<script>&", hypothesis="</p><img src=x>")
    for rater in ("r", "=1+1"):
        folder.rater(rater)
    folder.prompt("p", category="<svg onload=x>")
    folder.prompt("q")
    folder.place("r", "p", ["first"])
    folder.place("=1+1", "p", ["second"])
    folder.place("r", "q", ["first"])
    files = report_files(read_folder(folder.write(tmp_path / "export")))
    page = files["report.html"].decode()
    assert not re.search(r"<script|<img|<svg onload", page + files["picture.svg"].decode())
    assert "&lt;script&gt;&amp;" in page
    assert "'=1+1" in files["raters.csv"].decode()


def test_other_programs_read_it(published: Path):
    report = published / "report"
    document = json.loads((report / "report.json").read_text())
    assert document["pairs"][0]["decisive"]["won"] == 90
    assert document["pairs"][0]["agreement"]["nominal"]["value"] is None
    (row,) = csv.DictReader((report / "pairs.csv").read_text().splitlines())
    assert (row["won"], row["tied"], row["lost"], row["detectable_share"]) == ("90", "73", "89", "0.605")
    assert len((report / "judgements.jsonl").read_text().splitlines()) == 252


def test_the_leaderboard_reads_the_judgements(published: Path, capsys: pytest.CaptureFixture[str]):
    """And prints an honest interval for five raters."""
    path = str(published / "report" / "judgements.csv")
    assert main(["leaderboard", "--votes", path, "--cluster", "rater", "--json"]) == 0
    best = json.loads(capsys.readouterr().out)["ratings"][0]
    assert (best["lower"], best["upper"]) == (pytest.approx(983, abs=1), pytest.approx(1019, abs=1))


def test_commands_write_and_replay(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    assert main(["campaign", "report", str(published), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'report.html'}\n"
    assert main(["campaign", "replay", str(published), "--report", str(out)]) == 0
    (out / "pairs.csv").unlink()
    assert main(["campaign", "replay", str(published), "--report", str(out)]) == 1
    assert "pairs.csv" in capsys.readouterr().out
    assert main(["campaign", "report", str(tmp_path)]) == 2


def test_a_campaign_s_own_export_has_a_report(database: Database, opened: Opened, tmp_path: Path):
    _, keys = opened(8, raters=2, attention=1, repeats=0.25, ask={"acceptable": True, "reasons": ["wrong"]})
    raters, judgements = Raters(database), Judgements(database)
    for number, key in enumerate(keys):
        raters.consent(key, "1")
        for turn in range(7 if number else 50):
            if (place := raters.desk(key).place) is None:
                break
            verdict = (SideVerdict.LEFT, SideVerdict.TIE, SideVerdict.RIGHT)[turn % 3]
            judgements.judge(key, place.id, Said(verdict, acceptable_left=True, tags=("wrong",)), step=0, seconds=9)
    Campaigns(database).close("trial")
    export_campaign(database, "trial", tmp_path / "export")
    files = write_report(tmp_path / "export")
    assert replay_report(tmp_path / "export").different == ()
    document = json.loads((tmp_path / "export" / "report" / "report.json").read_text())
    (pair,) = document["pairs"]
    assert (pair["planned"], pair["judged"] + pair["undone"]) == (16, 16)
    assert pair["undone"] > 0
    assert len(document["raters"]) == 2
    assert {one["attention"][1] for one in document["raters"]} <= {0, 1}
    assert document["raters"][0]["repeats"][1] == 2
    assert document["answers"][0]["acceptable"]["votes"] > 0
    assert "report.html" in files


def test_what_is_no_report_is_left_alone(tmp_path: Path):
    path = several_raters(tmp_path / "export", prompts=3)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(BadConfiguration, match="is no report"):
        write_report(path, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "years of work"
    with pytest.raises(BadConfiguration, match="There is no report"):
        replay_report(path)
