from pathlib import Path

from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.paper import bibtex, latex, latex_report
from arena.campaigns.report.raters_and_items import rater_summaries
from arena.campaigns.report.results import pair_results
from arena.campaigns.report.standing import standing_judgements
from tests.arena.campaigns.report.exported import published_comparison


def test_no_text_is_a_command():
    assert latex(r"50 % of C:\temp_1 & {x} ~ #1 ^ $") == (
        r"50 \% of C:\textbackslash{}temp\_1 \& \{x\} \textasciitilde{} \#1 \textasciicircum{} \$"
    )


def test_the_table_and_the_methods_have_every_figure_that_a_reviewer_asks_for(tmp_path: Path):
    folder = read_folder(published_comparison(tmp_path / "export"))
    standing = standing_judgements(folder)
    text = latex_report(folder, pair_results(folder, standing), rater_summaries(folder, standing))
    assert r"Alpaca 7B vs.\ davinci\_003 & 90 & 73 & 0 & 89 & 0 & 50.3 & [43.0, 57.5] & 1.00 & undefined \\" in text
    assert text.count("{") == text.count("}")
    for figure in ("252 prompts", "5 raters gave 252 judgements", "60.5 \\%", "exact binomial test", "tested once"):
        assert figure in text


def test_a_citation_has_both_hashes(tmp_path: Path):
    folder = read_folder(published_comparison(tmp_path / "export"))
    assert folder.sha256 in bibtex(folder)
    assert folder.design_hash in bibtex(folder)
    assert "year = {2026}" in bibtex(folder)
