"""Rules for names of persons, by how each script writes them.

Latin script: words with capitals side by side, unless they are known to be something else; given names that are
frequent; whatever follows "my name is" in several languages. Hangul and Han: a surname with syllables that given names
are made of, or a title beside it. A name of somebody famous is found like any other: a release loses that text.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from arena.releases.private_spans import PrivateKind, PrivateSpan
from generation.seed_tasks import load_seed_tasks

FOLDER = Path(__file__).parent
BIG, SMALL = "A-ZÀ-ÖØ-ÞĀ-ŽŁŚŻĞİŞ", "a-zß-öø-ÿā-žłśżğış"
TOKEN = re.compile(
    rf"[{BIG}](?:['’][{BIG}])?[{SMALL}]+(?:[A-Z][{SMALL}]+)?(?:-[{BIG}][{SMALL}]+)*|[{BIG}]{{2,}}(?:-[{BIG}]{{2,}})*|[{BIG}]\."
)
WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
# What may stand between two parts of a name.
JOINT = re.compile(
    r"[ \t]+(?:(?:de|del|de la|de las|de los|di|da|do|dos|van|von|zu|le|la|du|el|al|bin|ibn|y|e|van der|van den|von der|von und zu)[ \t]+|[dDlL]['’])?|[ \t]*,[ \t]*|-"
)
HAN = "㐀-鿿々"
# After a Korean name: its end, a blank, a title, or a particle.
AFTER_KOREAN = r"(?=$|[^가-힣]|씨|님|군|양|선생|교수|박사|과장|대리|부장|사장|팀장|대표|의사|이[^가-힣]|가[^가-힣]|은[^가-힣]|는[^가-힣]|을[^가-힣]|를[^가-힣]|의[^가-힣]|와[^가-힣]|과[^가-힣]|랑|이랑|도[^가-힣]|에게|한테|께|로[^가-힣]|으로|까지|부터|만[^가-힣]|보다|처럼|하고|네[^가-힣]|입니다|이에요|예요|이라|라고|이며|이고|이야|야[^가-힣]|아[^가-힣])"
KOREAN_TITLE = r"(?<![가-힣])[가-힣]{2,4}\s?씨(?:[가는를의와께]|에게|한테|랑|입니다)?(?![가-힣])"
KOREAN_TITLES = (
    r"\s?(?:선생님|교수님?|과장님?|부장님?|팀장님?|대리님?|대표님?|사장님?|박사님?|원장님?|실장님?|차장님?|이사님?)"
)
KOREAN_CUE = r"(?:제\s?이름은|내\s?이름은|성함은?|이름은?\s?[:：]|성명\s?[:：]?|저는|나는|예금주\s?[:：]?|수신인?\s?[:：]|담당자\s?[:：]?|보낸\s?사람\s?[:：]?)\s*([가-힣]{2,5})"
KOREAN_NOBODY = (
    "아저 아줌 손님 고객 선생 여러 부모 사장 하느 주인 임금 형수 도련 아드 따 학부모 날씨 솜씨 말씨 글씨 마음씨 불씨"
)
JAPANESE_TITLE = rf"[{HAN}]{{1,4}}[ 　]?[{HAN}ぁ-ヿ]{{0,4}}(?:さん|様|氏|先生|くん|君|ちゃん|殿)"
JAPANESE_NOBODY = re.compile(
    "お?(?:客|皆|神|王|奥|母|父|姉|兄|子|嬢|医者|爺|婆|お)+(?:さん|様|ちゃん)|皆さん|何様|仏様|同様|模様|多様|仕様|異様|有様|諸君|彼氏|華氏|摂氏|諸氏|両氏"
)
JAPANESE_CUE = rf"(?:名前は|氏名[:：は]?|私は|僕は|担当[:：の]?|患者[:：の]?|宛名[:：]?)\s*([{HAN}]{{1,4}}[ 　]?[{HAN}ぁ-ヿ]{{1,4}}?)(?=です|と申|と言|といい|。|、|\s|$|さん|様)"
JAPANESE_SELF = rf"([{HAN}]{{1,4}}[ 　]?[{HAN}ぁ-ヿ]{{1,4}})と(?:申します|いいます|言います|申す)"
CHINESE_CUE = rf"(?:我叫|名叫|叫做|姓名\s?[:：]?(?:是)?|我是|名字是|名字叫|联系人\s?[:：]?(?:是)?|收件人\s?[:：]?(?:是)?|患者\s?[:：]?|客户\s?[:：]?|同事|朋友|邻居|老板)\s?([{HAN}]{{2,4}}?)(?=$|[^{HAN}]|的|，|。|在|住|电|手|身|邮|说|是|和|给|已|今|昨|先生|女士|小姐|老师|医生|经理|同学)"
CHINESE_TITLE = rf"(?:[{HAN}]{{2,4}}?)(?:先生|女士|小姐|老师|医生|经理|同学|教授|主任|律师)"


class NameLists(NamedTuple):
    """The words that the rules know, in small letters."""

    given: frozenset[str]
    ambiguous: frozenset[str]
    surnames: frozenset[str]
    innocent: frozenset[str]
    everyday: frozenset[str]
    cues: re.Pattern[str]
    korean: re.Pattern[str]
    korean_words: frozenset[str]
    japanese: re.Pattern[str]
    chinese: re.Pattern[str]


@cache
def name_lists() -> NameLists:
    """Read the lists that stand beside this module."""
    names = tomllib.loads((FOLDER / "names.toml").read_text(encoding="utf-8"))
    words = tomllib.loads((FOLDER / "innocent_words.toml").read_text(encoding="utf-8"))["words"]
    given = frozenset(names["given"].split())
    surnames = frozenset(names["surnames"].split())
    cues = "|".join(re.escape(cue) for cue in sorted(names["cues"]["before"], key=len, reverse=True))
    first, second = ("".join(set(names[f"korean_{place}"].split())) for place in ("first", "second"))
    endings = "".join(names["korean_endings"].split())
    given_names = "|".join(dict.fromkeys(names["korean_given"].split()))
    second = "".join(set(second) - set(endings))
    surname = f"(?<![가-힣])(?:{_any(names['korean_surnames'])})"
    korean = (
        f"{surname}[ ]?(?:[{first}][{second}]|{given_names}|[{first}](?=[ ]?씨|[ ]?님)){AFTER_KOREAN}"
        f"|{surname}{KOREAN_TITLES}"
    )
    two = [name for name in names["japanese_surnames"].split() if len(name) > 1]
    one = "".join(name for name in names["japanese_surnames"].split() if len(name) == 1)
    given_japanese = "|".join(sorted(names["japanese_given"].split(), key=len, reverse=True))
    japanese = f"[{HAN}]{{1,3}}[ 　]?(?:{given_japanese})(?![{HAN}])|[{one}][ 　][{HAN}ぁ-ヿ]{{1,3}}|(?:{'|'.join(sorted(two, key=len, reverse=True))})[ 　]?(?:[{HAN}]{{0,3}}|[ぁ-んァ-ヶ]{{0,4}})(?![県市区町村駅線山川島])"
    marks = "".join(set(names["chinese_given"].split()))
    after = f"(?=$|[^{HAN}]|的|在|住|是|和|给|打|写|来|去|没|不|从|于|用|也|就|要|想|说|已|先生|女士|小姐|老师|医生|经理|同学|电话|手机|邮箱)"
    chinese = f"(?:{_any(names['chinese_surnames'])})(?:[{marks}]{{2}}|[{marks}]{after}|[{HAN}]{{1,2}}{after})"
    return NameLists(
        given=given - frozenset(names["ambiguous"].split()),
        ambiguous=frozenset(names["ambiguous"].split()),
        surnames=surnames,
        innocent=frozenset(words.split()) - given - surnames,
        everyday=_everyday_words() - given - surnames,
        cues=re.compile(rf"(?<!\w)(?:{cues})(?!\w)[ \t]*,?\n?[ \t]*", re.IGNORECASE),
        korean=re.compile(korean),
        korean_words=frozenset(names["korean_words"].split()) | _everyday_hangul(),
        japanese=re.compile(japanese),
        chinese=re.compile(chinese),
    )


def _everyday_words() -> frozenset[str]:
    """Return the words that our English seed tasks have in small letters; every second task, so that the others test."""
    texts = [
        f"{task.instruction} {one.input} {one.output}" for task in load_seed_tasks("en")[::2] for one in task.instances
    ]
    return frozenset(re.findall(r"(?<![\w'’-])[a-z]+(?![\w'’-])", " ".join(texts)))


def _everyday_hangul() -> frozenset[str]:
    """Return how the words of every second Korean seed task begin, as far as they could be names by their length."""
    texts = [
        f"{task.instruction} {one.input} {one.output}" for task in load_seed_tasks("ko")[::2] for one in task.instances
    ]
    return frozenset(re.findall(r"(?<![가-힣])[가-힣]{3}", " ".join(texts)))


def name_spans(text: str) -> Iterator[PrivateSpan]:
    """Yield what looks like the name of a person in a text whose letters are plain."""
    lists = name_lists()
    yield from _latin(text, lists)
    yield from _after_cues(text, lists)
    if re.search("[가-힣]", text):
        yield from _korean(text, lists)
    if re.search("[ぁ-ヿ]", text):
        yield from _japanese(text, lists)
    elif re.search(f"[{HAN}]", text):
        yield from _matches(text, lists.chinese, re.compile(CHINESE_CUE), re.compile(CHINESE_TITLE))


def _latin(text: str, lists: NameLists) -> Iterator[PrivateSpan]:
    for run in _runs(text):
        words = [token[0].casefold().rstrip(".") for token in run]
        starts = _starts_sentence(text, run[0].start())
        while words and (words[0] in lists.innocent or (starts and words[0] in lists.everyday)):
            usual = lists.innocent | lists.everyday
            if words[0] in lists.ambiguous and len(words) > 1 and not (starts and words[1] in usual):
                break
            run, words, starts = run[1:], words[1:], False
        if not run:
            continue
        known = lists.given | lists.ambiguous | lists.surnames
        if len(run) == 1:
            is_name = words[0] in lists.given and not run[0][0].isupper()
        elif run[0][0].isupper() and len(words[0]) > 1:  # capitals throughout are mostly no names
            is_name = words[0] in lists.given or (words[1] in lists.given and words[0] in lists.surnames)
        else:
            strange = [word for word in words if word not in lists.innocent and len(word) > 1]
            is_name = bool(known & {*words[:2]}) or len(strange) > 1 or (words[0] in strange and len(words) < 4)
        if is_name:
            yield PrivateSpan(run[0].start(), run[-1].end(), PrivateKind.NAME)


def _starts_sentence(text: str, place: int) -> bool:
    """Return whether a capital at this place says nothing."""
    before = text[:place].rstrip(" \t\"'“”„«»(*_#->•")
    return not before or before[-1] in ".!?:\n…"


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield words with capitals that stand side by side."""
    run: list[re.Match[str]] = []
    for token in TOKEN.finditer(text):
        if run and not JOINT.fullmatch(text, run[-1].end(), token.start()):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _after_cues(text: str, lists: NameLists) -> Iterator[PrivateSpan]:
    for cue in lists.cues.finditer(text):
        word = WORD.match(text, cue.end())
        if word is None:
            continue
        small, surely = (
            word[0].casefold(),
            re.search(r"name|heiße|appelle|llamo|nombre|chiamo|nom est", cue[0], re.IGNORECASE),
        )
        if (word[0][0].isupper() or surely) and small not in lists.innocent and not word[0].isdigit():
            yield PrivateSpan(word.start(), word.end(), PrivateKind.NAME)


def _korean(text: str, lists: NameLists) -> Iterator[PrivateSpan]:
    for match in lists.korean.finditer(text):
        if match[0][:3] not in lists.korean_words:
            yield PrivateSpan(match.start(), match.end(), PrivateKind.NAME)
    for match in re.finditer(KOREAN_TITLE, text):
        if not any(match[0].startswith(word) or match[0] == word for word in KOREAN_NOBODY.split()):
            yield PrivateSpan(match.start(), match.end(), PrivateKind.NAME)
    for match in re.finditer(KOREAN_CUE, text):
        if lists.korean.match(text, match.start(1)) or ("저는" not in match[0] and "나는" not in match[0]):
            yield PrivateSpan(match.start(1), match.end(1), PrivateKind.NAME)


def _japanese(text: str, lists: NameLists) -> Iterator[PrivateSpan]:
    yield from _matches(text, lists.japanese, re.compile(JAPANESE_CUE), re.compile(JAPANESE_SELF))
    for match in re.finditer(JAPANESE_TITLE, text):
        if not JAPANESE_NOBODY.search(match[0]):
            yield PrivateSpan(match.start(), match.end(), PrivateKind.NAME)


def _matches(text: str, *patterns: re.Pattern[str]) -> Iterator[PrivateSpan]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups and match[1] else 0
            yield PrivateSpan(match.start(group), match.end(group), PrivateKind.NAME)


def _any(words: str) -> str:
    return "|".join(sorted(set(words.split()), key=len, reverse=True))
