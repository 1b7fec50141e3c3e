from dataclasses import replace

from arena.board.relatives import lineage_of, made_from, rated_relatives
from arena.board.standings import StandingsView


def with_bases(view: StandingsView, **bases: str) -> StandingsView:
    named = {slug.replace("_", "-"): base for slug, base in bases.items()}
    return replace(
        view, contenders={slug: replace(one, base=named.get(slug, "")) for slug, one in view.contenders.items()}
    )


def test_a_lineage_leads_to_the_base_and_names_one_that_is_not_here(view: StandingsView):
    view = with_bases(view, alpaca_7b="llama-7b", llama_7b="Pile")
    assert lineage_of(view, view.contenders["alpaca-7b"]) == [
        ("Alpaca-7B", "alpaca-7b"),
        ("LLaMA & <i>7B</i>", "llama-7b"),
        ("Pile", ""),
    ]


def test_a_lineage_that_leads_back_to_itself_ends(view: StandingsView):
    view = with_bases(view, alpaca_7b="llama-7b", llama_7b="alpaca-7b")
    assert [slug for _, slug in lineage_of(view, view.contenders["alpaca-7b"])] == ["alpaca-7b", "llama-7b"]


def test_a_base_knows_what_was_made_from_it(view: StandingsView):
    assert [facts.slug for facts in made_from(view, "llama-7b")] == ["alpaca-7b"]
    assert [facts.slug for facts in made_from(view, "llama-7b@2")] == ["alpaca-7b"]
    assert made_from(view, "gpt") == []


def test_only_relatives_with_a_rating_are_named(view: StandingsView):
    assert rated_relatives(view, ["alpaca-7b", "gpt"]) == ["alpaca-7b", "gpt", "llama-7b"]
    assert rated_relatives(view, ["nobody"]) == []


def test_other_versions_are_relatives(view: StandingsView):
    newer = replace(view.contenders["gpt"], slug="gpt@2")
    (rated,) = [one for one in view.ranking.standings if one.contender == "gpt"]
    ranking = replace(view.ranking, standings=(*view.ranking.standings, replace(rated, contender="gpt@2")))
    view = replace(view, ranking=ranking, contenders={**view.contenders, "gpt@2": newer})
    assert rated_relatives(view, ["gpt"]) == ["gpt", "gpt@2"]
