from arena.releases.own_detector import OwnRules
from generation.seed_tasks import load_seed_tasks


def test_places_are_those_of_the_text_as_it_was_written():
    text = "ＴＥＬ： ０１０－１２３４－５６７８ です"
    assert any(text[span.start : span.end].startswith("０１０") for span in OwnRules().find(text))


def test_most_usual_tasks_pass():
    """Every second of our tasks; the others taught the rules which words are usual. Some do hold invented people."""
    for language, most in (("en", 0.25), ("ko", 0.25)):
        tasks = load_seed_tasks(language)[1::2]
        texts = ["\n".join((task.instruction, *(one.input for one in task.instances))) for task in tasks]
        assert sum(bool(OwnRules().find(text)) for text in texts) / len(texts) < most
