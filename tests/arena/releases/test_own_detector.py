from arena.releases.own_detector import SHARED, STEP, OwnRules, pieces
from arena.releases.private_spans import PrivateKind
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


def test_pieces_cover_a_text_and_share_what_may_lie_across_their_ends():
    for text in ("", "short", "no-blank" * 500, "many words " * 500):
        found = [*pieces(text)]
        assert all(text[start : start + len(piece)] == piece for start, piece in found)
        ends = [start + len(piece) for start, piece in found]
        assert ends[-1] == len(text)
        assert all(after <= end - SHARED // 2 for (after, _), end in zip(found[1:], ends, strict=False))


def test_wherever_in_a_long_text_it_stands_a_span_is_found():
    for place in range(STEP - 60, STEP + SHARED + 60, 25):
        text = f"{'word ' * (place // 5)}jo@example.org{' word' * 300}"
        (span,) = {span for span in OwnRules().find(text) if span.kind is PrivateKind.EMAIL}
        assert text[span.start : span.end] == "jo@example.org"


def test_texts_that_were_made_to_be_slow_are_looked_at_in_the_end():
    for unit in ("Ab ", "12-", "Rue De La ", "서울", "Am Der ", "a at b dot ", "::", "("):
        OwnRules().find(unit * 150)
