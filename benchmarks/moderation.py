"""How often the local rules of moderation are right, on prompts that we composed: precision and recall.

    python -m benchmarks.moderation

In English and in Korean, 180 prompts hold something that nobody should send (a card's or a resident's number, a key) in
the forms in which people write it, and 180 hold something that looks like it. Numbers and keys are made up, with right
check digits. Seeded. Prints a Markdown table.
"""

import asyncio
import random
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from arena.moderation.moderation import ModerationOutcome
from arena.moderation.moderators import LocalRules, read_rules

CARD, RESIDENT, SSN = "payment card number", "Korean resident registration number", "US social security number"
LICENCE, SECRET, API_KEY = "Korean driver's licence number", "private key", "API key"
EACH = 30  # prompts a category and language
FRAMES = {
    "English": (
        "My {what} is {it}. Can you store it?",
        "{it}",
        "Is {it} valid?",
        "Please fill in the form: {what}: {it}, name: Ann Example.",
        "I typed {it}, but the page says it is wrong. Why?",
        "Here is what I have:\n- {what} = {it}\n- city = Leeds\nWrite a letter with it.",
    ),
    "Korean": (
        "제 {what}는 {it}입니다. 저장해 주세요.",
        "{it}",
        "{it}가 맞는 번호인가요?",
        "신청서를 채워 주세요. {what}: {it}, 이름: 홍길동",
        "{it}를 입력했는데 왜 오류가 나죠?",
        "가진 정보는 이것뿐이에요.\n- {what}={it}\n- 도시=대전\n편지를 써 주세요.",
    ),
}
WHAT = {
    "English": {
        CARD: "card",
        RESIDENT: "resident number",
        SSN: "SSN",
        LICENCE: "licence number",
        SECRET: "key",
        API_KEY: "token",
    },
    "Korean": {
        CARD: "카드 번호",
        RESIDENT: "주민등록번호",
        SSN: "사회보장번호",
        LICENCE: "운전면허 번호",
        SECRET: "개인 키",
        API_KEY: "토큰",
    },
}
INNOCENT = {
    "English": ("order", "phone", "ISBN", "time", "part number", "public key"),
    "Korean": ("주문 번호", "전화번호", "ISBN", "시각", "부품 번호", "공개 키"),
}


@dataclass(frozen=True, slots=True)
class ModerationItem:
    """A prompt, and what the rules should find in it; empty for nothing."""

    language: str
    text: str
    category: str


def items() -> Iterator[ModerationItem]:
    """Yield all labelled prompts."""
    dice = random.Random(20261129)
    for language, frames in FRAMES.items():
        for category in (CARD, RESIDENT, SSN, LICENCE, SECRET, API_KEY):
            for number in range(EACH):
                it = _PRIVATE[category](dice)
                text = frames[number % len(frames)].format(it=it, what=WHAT[language][category])
                yield ModerationItem(language, text, category)
        for kind, make in enumerate(_HARMLESS):
            for number in range(EACH):
                text = frames[number % len(frames)].format(it=make(dice), what=INNOCENT[language][kind])
                yield ModerationItem(language, text, "")


def found_in(item: ModerationItem, rules: LocalRules) -> str:
    """Return the first category that the rules find in a prompt; empty for none."""
    ruling = asyncio.run(rules.judge(item.text, None))
    return ruling.categories[0] if ruling.outcome is ModerationOutcome.FLAGGED else ""


def main() -> None:
    """Print the table."""
    rules, right, wanted, marked = LocalRules(read_rules()), Counter[str](), Counter[str](), Counter[str]()
    for item in items():
        found = found_in(item, rules)
        for row in (f"{item.language} | {item.category}", f"{item.language} | all"):
            wanted[row] += bool(item.category)
            right[row] += bool(item.category) and found == item.category
        for row in (f"{item.language} | {found}", f"{item.language} | all"):
            marked[row] += bool(found)
    print("| language | what | prompts | found | precision | recall |")
    print("|---|---|---:|---:|---:|---:|")
    for row, number in wanted.items():
        if number:
            precision = right[row] / max(1, marked[row])
            print(f"| {row} | {number} | {right[row]} | {precision:.3f} | {right[row] / number:.3f} |")


# What nobody should send, made up


def _digits(dice: random.Random, number: int) -> str:
    return "".join(dice.choices(string.digits, k=number))


def _letters(dice: random.Random, number: int) -> str:
    """Return letters and digits, of both kinds at least one."""
    return "a7" + "".join(dice.choices(string.ascii_letters + string.digits, k=number - 2))


def _with_check_digit(begin: str) -> str:
    digits = [int(digit) for digit in reversed(begin)]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])
    return begin + str(-total % 10)


def _card(dice: random.Random) -> str:
    begin, length = dice.choice(
        [("4", 16), ("53", 16), ("2450", 16), ("37", 15), ("6011", 16), ("3566", 16), ("9", 16)]
    )
    number = _with_check_digit(begin + _digits(dice, length - len(begin) - 1))
    groups = [number[:4], number[4:10], number[10:]] if length == 15 else [number[i : i + 4] for i in range(0, 16, 4)]
    joined = dice.choice([" ", "-", "", ".", "–", "\u00a0"]).join(groups)
    return joined.translate({ord(d): 0xFEE0 + ord(d) for d in string.digits}) if dice.random() < 0.1 else joined


def _resident(dice: random.Random) -> str:
    year, month, day = dice.randrange(40, 125), dice.randrange(1, 13), dice.randrange(1, 29)
    new = year >= 121
    century = "34" if year >= 100 else "12"
    begin = f"{year % 100:02}{month:02}{day:02}{dice.choice(century)}{_digits(dice, 5)}"
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    check = (11 - sum(int(digit) * weight for digit, weight in zip(begin, weights, strict=True)) % 11) % 10
    number = begin + (_digits(dice, 1) if new else str(check))
    return number[:6] + dice.choice(["-", " - ", "–", "-"] if new else ["-", "", " - ", "–", " "]) + number[6:]


def _ssn(dice: random.Random) -> str:
    return f"{dice.randrange(100, 600)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}"


def _licence(dice: random.Random) -> str:
    return f"{dice.randrange(11, 29)}-{_digits(dice, 2)}-{_digits(dice, 6)}-{_digits(dice, 2)}"


def _secret(dice: random.Random) -> str:
    kind = dice.choice(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
    begin = dice.choice([f"-----BEGIN {kind}PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----"])
    return dice.choice([f"{begin}\n{_letters(dice, 64)}\n", begin, "PuTTY-User-Key-File-3: ssh-ed25519"])


def _api_key(dice: random.Random) -> str:
    upper = "".join(dice.choices(string.ascii_uppercase + string.digits, k=16))
    return dice.choice(
        [
            f"sk-{_letters(dice, 48)}",
            f"sk-proj-{_letters(dice, 60)}",
            f"sk-ant-api03-{_letters(dice, 80)}",
            f"ghp_{_letters(dice, 36)}",
            f"github_pat_{_letters(dice, 60)}",
            f"glpat-{_letters(dice, 20)}",
            f"hf_{_letters(dice, 34)}",
            f"AKIA{upper}",
            f"AIza{_letters(dice, 35)}",
            f"xoxb-{_digits(dice, 12)}-{_letters(dice, 24)}",
            f"sk_live_{_letters(dice, 24)}",
            f"eyJ{_letters(dice, 30)}.eyJ{_letters(dice, 60)}.{_letters(dice, 43)}",
            f"gsk_{_letters(dice, 52)}",
        ]
    )


# What looks like it


def _order(dice: random.Random) -> str:
    return dice.choice(
        [
            _digits(dice, 12),
            f"20{_digits(dice, 18)}",
            f"ORD-{_digits(dice, 8)}-{_digits(dice, 4)}",
            _with_check_digit("1" + _digits(dice, 14)),
            f"{_digits(dice, 3)}-{_digits(dice, 7)}-{_digits(dice, 7)}",
        ]
    )


def _phone(dice: random.Random) -> str:
    tail = _digits(dice, 4)
    korean = [f"010-{_digits(dice, 4)}-{tail}", f"02-{_digits(dice, 3)}-{tail}", f"+82 10 {tail} {tail}"]
    return dice.choice([*korean, f"+1 415-555-{tail}"])


def _isbn(dice: random.Random) -> str:
    digits = "978" + _digits(dice, 9)
    check = -sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(digits)) % 10
    return dice.choice([f"{digits}{check}", f"978-{digits[3:5]}-{digits[5:9]}-{digits[9:]}-{check}"])


def _time(dice: random.Random) -> str:
    return dice.choice(
        [f"17{_digits(dice, 8)}", f"17{_digits(dice, 11)}", "2026-11-29 08:30:15", f"20261129-{_digits(dice, 6)}"]
    )


def _part(dice: random.Random) -> str:
    return dice.choice(
        [
            f"{_digits(dice, 3)}-{_digits(dice, 2)}-{_digits(dice, 5)}",  # a Korean business number
            f"{_digits(dice, 6)}-9{_digits(dice, 6)}",
            f"{_letters(dice, 8)}-{_letters(dice, 4)}-{_letters(dice, 12)}",
            f"sk-{'-'.join(dice.choices(['learn', 'image', 'model', 'linear'], k=5))}",
            "sk-XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            f"0.{_digits(dice, 16)}",
            "".join(dice.choices("0123456789abcdef", k=40)),
            f"{_digits(dice, 2)}.{_digits(dice, 3)}.{_digits(dice, 3)}.{_digits(dice, 3)}",
        ]
    )


def _public(dice: random.Random) -> str:
    return dice.choice(
        [
            f"-----BEGIN PUBLIC KEY-----\n{_letters(dice, 64)}",
            "-----BEGIN CERTIFICATE-----",
            f"ssh-ed25519 AAAAC3Nza{_letters(dice, 50)}",
            f"pk_live_{_letters(dice, 24)}",
            f"sha256:{''.join(dice.choices('0123456789abcdef', k=64))}",
            "the words BEGIN and PRIVATE KEY",
        ]
    )


_PRIVATE = {
    CARD: _card,
    RESIDENT: _resident,
    SSN: _ssn,
    LICENCE: _licence,
    SECRET: _secret,
    API_KEY: _api_key,
}
_HARMLESS = (_order, _phone, _isbn, _time, _part, _public)

if __name__ == "__main__":
    main()
