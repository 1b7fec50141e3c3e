"""Do the detectors of personal data find it, and how many usual texts do they drop for nothing?

    python -m benchmarks.private_spans            our rules alone; with the extra `release` also Presidio and both
    python -m benchmarks.private_spans --faker    besides on names and numbers that Faker makes (install it for that)

Recall is the share of spans of which a detector marks a piece. The first texts are of our own generator; Faker's names,
addresses and numbers stand in other sentences and were not looked at while the rules were written, but for the table.
Usual texts are every second of our seed tasks, those from which the rules did not learn words. Some do hold people.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arena.releases.own_detector import OwnRules
from arena.releases.private_spans import PrivateDetector, PrivateKind
from arena.releases.synthetic_spans import KINDS, LANGUAGES, SyntheticText, recalls, synthetic_texts
from generation.seed_tasks import load_seed_tasks

LOCALES = {"en": "en_US", "ko": "ko_KR", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "ja": "ja_JP", "zh": "zh_CN"}
ELSEWHERE = {
    "en": ("I spoke to {} yesterday.", "Could you write to {}?", "{} never came back."),
    "ko": ("어제 {}에게 물어봤다.", "작성자: {}", "{}로 보내 주세요"),
    "de": ("Gestern hat {} angerufen.", "Schreib bitte an {}, danke."),
    "fr": ("Hier, {} a téléphoné.", "Écris une lettre à {} svp"),
    "es": ("Ayer llamó {}.", "Escribe una carta a {} por favor"),
    "ja": ("昨日{}に会いました。", "大家は{}です"),
    "zh": ("昨天{}打电话来了。", "请给{}写一封信", "房东是{}"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--faker", action="store_true")
    args = parser.parse_args()
    detectors: list[PrivateDetector] = [OwnRules()]
    try:
        from arena.releases.presidio_detector import PresidioPatterns

        detectors.append(PresidioPatterns())
    except ModuleNotFoundError:
        print("Presidio is not installed: our rules alone.\n")
    texts = [*synthetic_texts(seed=1, each=args.each)]
    for chosen in [*([one] for one in detectors), *([detectors] if len(detectors) > 1 else [])]:
        _table(chosen, texts, "our generator")
    if args.faker:
        _table(detectors[:1], [*_of_faker(args.each)], "Faker")
    for language in ("en", "ko"):
        tasks = load_seed_tasks(language)[1::2]
        usual = [f"{task.instruction} {one.input}\n{one.output}" for task in tasks for one in task.instances]
        for detector in detectors:
            dropped = sum(bool(detector.find(text)) for text in usual)
            print(f"usual texts ({language}): {detector.name} drops {dropped} of {len(usual)}")


def _table(detectors: list[PrivateDetector], texts: list[SyntheticText], source: str) -> None:
    begun = time.perf_counter()
    found = recalls(detectors, iter(texts))
    took_ms = (time.perf_counter() - begun) / len(texts) * 1000
    names = " and ".join(detector.name for detector in detectors)
    print(f"{names} on {len(texts)} spans of {source}, {took_ms:.1f} ms a text\n")
    print(f"| kind | {' | '.join(LANGUAGES)} |\n|---|{'---|' * len(LANGUAGES)}")
    for kind in KINDS:
        shares = (f"{found[kind, one].share:.3f}" if (kind, one) in found else "–" for one in LANGUAGES)
        print(f"| {kind.value} | {' | '.join(shares)} |")
    print()


def _of_faker(each: int) -> Iterator[SyntheticText]:
    from faker import Faker

    chance = random.Random(3)
    for language, locale in LOCALES.items():
        fake: Any = Faker(locale)
        fake.seed_instance(7)
        for kind, make in _makers(fake, language).items():
            for _ in range(each):
                value = make()
                before, after = chance.choice(ELSEWHERE[language]).split("{}")
                yield SyntheticText(f"{before}{value}{after}", len(before), len(before) + len(value), kind, language)


def _makers(fake: Any, language: str) -> Mapping[PrivateKind, Callable[[], str]]:
    latin = language in {"en", "de", "fr", "es"}
    return {
        PrivateKind.EMAIL: fake.email,
        PrivateKind.PHONE: fake.phone_number,
        PrivateKind.CARD: fake.credit_card_number,
        PrivateKind.RESIDENT_NUMBER: fake.ssn,
        PrivateKind.ADDRESS: lambda: fake.address().replace("\n", ", "),
        PrivateKind.IP: fake.ipv4,
        PrivateKind.NAME: lambda: f"{fake.first_name()} {fake.last_name()}" if latin else fake.name(),
    }


if __name__ == "__main__":
    main()
