"""Makes `rouge.json` beside it: texts invented from a seed, and what rouge-score makes of them.

The goldens keep the answers of one release of it, whichever is installed. To make them anew, from the root of the
repository:

    uv run --no-project --with rouge-score python tests/generation/goldens/make.py
"""

import json
import platform
import random
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenize import tokenize

SEED = 20261129
SCORER = RougeScorer(["rougeL"], use_stemmer=False)
THRESHOLD = 0.7  # what scores more is a near duplicate
MAX_TIE_TOKENS = 80
VERBS = [
    "Write",
    "List",
    "Explain",
    "Describe",
    "Compare",
    "Translate",
    "Summarize",
    "Name",
    "Draft",
    "Rewrite",
    "Plan",
    "Rank",
]
SIZES = ["a short", "a long", "one", "three", "5", "a simple", "an honest", "a friendly", "a two-line"]
THINGS = [
    "letter",
    "recipe",
    "reasons",
    "poem",
    "e-mail",
    "summary",
    "table",
    "story",
    "list of tips",
    "plan",
    "joke",
    "riddle",
]
TOPICS = [
    "shearing an alpaca",
    "the weather in Oslo",
    "a lost umbrella",
    "buying a used bike",
    "learning the cello",
    "cold soup",
    "a night train",
    "the tides",
    "moving to a small town",
    "an old computer",
    "a garden in May",
    "the number zero",
]
ENDS = [
    "for a child of 7",
    "in plain English",
    "without the letter 'e'",
    "as if it were 1950",
    "for my neighbour",
    "in 100 words",
    "to a friend who is late",
    "with an example for each step",
    "before the end of the day",
]
STRANGE = [
    *("", " ", "!!!", "…", "\n\t", "_", "__init__", "a_b", "don't", "rock'n'roll", "e-mail", "3.14", "1,000", "50%"),
    *("#1", "C++", "C#", "https://example.org/a?b=c", "user@example.org", "ALL CAPS", "CamelCase", "x²", "½", "①"),
    *("naïve café", "Straße", "ÅNGSTRÖM", "İstanbul", "ﬁne", "Ⅷ", "１２３", "ＡＢＣ", "K (Kelvin)", "ſ", "β-carotene"),
    *("다음 문장을 번역하세요", "GPT-4로 요약", "日本語 text", "مرحبا 123", "हिन्दी a", "🦙 alpaca 🦙"),
    *("a\u0301b", "a\u200bb", "zero\u00a0width", "tab\tand\nline", "dash–dash—dash"),
    *("“quoted”", "a" * 200, "soft\u00adhyphen", "\ufeffbom"),
]  # fmt: skip


def sentence(rng: random.Random) -> str:
    """Return an instruction that nobody wrote."""
    words = [rng.choice(each) for each in (VERBS, SIZES, THINGS)] + ["about", rng.choice(TOPICS), rng.choice(ENDS)]
    return " ".join(words) + rng.choice([".", "!", "?", "", " please."])


def changed(text: str, rng: random.Random, *, times: int) -> str:
    """Return `text` with words dropped, doubled, swapped or replaced."""
    words = text.split()
    for _ in range(times):
        at = rng.randrange(len(words))
        match rng.randrange(4):
            case 0 if len(words) > 1:
                del words[at]
            case 1:
                words.insert(at, words[at])
            case 2:
                other = rng.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case _:
                words[at] = rng.choice(sentence(rng).split())
    return " ".join(words)


def score(text: str, member: str) -> float:
    return float(SCORER.score(text, member)["rougeL"].fmeasure)


def decisions(texts: list[str], rng: random.Random) -> list[dict[str, Any]]:
    """Return candidates with the number of `texts`, from the first on, that each is compared with, and the outcome."""
    candidates = [sentence(rng) for _ in range(40)]
    candidates += [changed(rng.choice(texts), rng, times=times) for times in range(1, 9) for _ in range(15)]
    candidates += [
        "",
        "!!!",
        "다음 문장을 영어로 번역하세요.",
        "Größe über älteste Straße",
        texts[0].upper(),
        texts[-1],
    ]
    candidates += [" ".join([texts[3]] * repeats) for repeats in (2, 5, 20)]
    candidates += [" ".join(sentence(rng) for _ in range(count)) for count in (5, 12, 20)]
    found = []
    for candidate in candidates:
        size = rng.choice([len(texts), len(texts), rng.randrange(len(texts))])
        scores = [score(candidate, text) for text in texts[:size]]
        best = max(scores, default=0.0)
        nearest = scores.index(best) if best else None
        found.append(
            {"candidate": candidate, "among": size, "accepted": best <= THRESHOLD, "nearest": nearest, "f": best.hex()}
        )
    return found


def ties() -> list[list[Any]]:
    """Return [tokens, tokens of the other, tokens in common, F, whether it is too near] where F is 7/10 on paper."""
    found = []
    for one in range(1, MAX_TIE_TOKENS + 1):
        for other in range(one, MAX_TIE_TOKENS + 1):
            common, rest = divmod(7 * (one + other), 20)
            if rest == 0 and common <= one:
                f = score(
                    " ".join(["x"] * common + ["y"] * (one - common)),
                    " ".join(["x"] * common + ["z"] * (other - common)),
                )
                found.append([one, other, common, f.hex(), f > THRESHOLD])
    return found


def main() -> None:
    rng = random.Random(SEED)
    texts = [sentence(rng) for _ in range(90)] + [changed(sentence(rng), rng, times=3) for _ in range(20)]
    texts += [" ".join(sentence(rng) for _ in range(8)), "", "Übersetze den Satz", "문장을 요약하세요 GPT-4"]
    golden = {
        "made": {"by": "make.py", "seed": SEED, "python": platform.python_version()}
        | {name: version(name) for name in ("rouge-score", "nltk", "numpy")},
        "texts": texts,
        "decisions": decisions(texts, rng),
        "ties": ties(),
        "tokens": [[text, tokenize(text, None)] for text in [*STRANGE, *texts[:10]]],
    }
    path = Path(__file__).with_name("rouge.json")
    path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
