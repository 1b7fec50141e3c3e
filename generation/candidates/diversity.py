"""Diversity: the verb that an instruction begins with and the noun it acts on, as in Self-Instruct's figure 3.

This is a heuristic without a parser, and must be labelled so where it is shown. English is read by its first imperative
verb and the head of the noun phrase that follows. Korean is read from the end: the last predicate, and the last word
that carries an object particle.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """What an instruction asks for: a verb in its dictionary form, and its object where one was found."""

    verb: str
    noun: str | None


@dataclass(frozen=True, slots=True)
class Diversity:
    """The verbs and nouns of many instructions, and how often each occurs.

    Attributes:
        instructions: how many were read.
        with_verb, with_noun: in how many a verb was found, and in how many of those a noun.
        verbs: the most frequent verbs with their counts.
        nouns: by verb, its most frequent nouns with their counts.
    """

    instructions: int
    with_verb: int
    with_noun: int
    verbs: Mapping[str, int]
    nouns: Mapping[str, Mapping[str, int]]


def measure_diversity(instructions: Iterable[str], *, verbs: int = 20, nouns: int = 4) -> Diversity:
    """Return the spread of `instructions`, with the `verbs` most frequent verbs and `nouns` nouns of each."""
    actions = [find_action(instruction) for instruction in instructions]
    found = [action for action in actions if action]
    by_verb: dict[str, Counter[str]] = {}
    for action in found:
        by_verb.setdefault(action.verb, Counter()).update([action.noun] if action.noun else [])
    top = dict(Counter(action.verb for action in found).most_common(verbs))
    return Diversity(
        instructions=len(actions),
        with_verb=len(found),
        with_noun=sum(action.noun is not None for action in found),
        verbs=top,
        nouns={verb: dict(by_verb[verb].most_common(nouns)) for verb in top},
    )


def find_action(instruction: str) -> Action | None:
    """Return what `instruction` asks for, or None where no verb is recognised, as in most plain questions."""
    return _korean_action(instruction) if re.search("[가-힣]", instruction) else _english_action(instruction)


# English


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH_TOKEN = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*|[^\sa-z0-9]", re.IGNORECASE)
_VERBS = _words(
    """
    abbreviate act adapt add adjust advise aggregate analyse analyze annotate anonymise anonymize answer apply argue
    arrange assemble assess assign assume ask balance brainstorm break brief build calculate capitalise capitalize
    categorise categorize change characterise characterize check choose cite clarify classify clean collect combine
    come comment compare compile complete compose compress compute condense conduct conjugate connect consider
    construct continue convert convince correct count craft create criticise criticize critique debate debug decide
    decipher decode deduce define delete demonstrate derive describe design detect determine develop devise diagnose
    differentiate discuss distinguish divide do draft draw edit elaborate eliminate encode enumerate estimate
    evaluate examine execute expand explain explore express extend extract fill filter find finish fix forecast form
    format formulate gather generate get give group guess help highlight identify imagine implement improve include
    infer insert interpret introduce invent join judge justify label lay let link list locate look make mark match
    measure mention merge modify name normalise normalize offer optimise optimize order organise organize outline
    paint pair paraphrase parse perform persuade pick place plan point polish portray predict prepare present
    pretend print prioritise prioritize process produce pronounce proofread propose prove provide punctuate put
    quote rank rate read rearrange recall recommend reconstruct record redact reduce refactor reformat reformulate
    remove rename reorder reorganise reorganize rephrase replace reply report represent research resolve respond
    restate restructure retell retrieve reverse review revise reword rewrite round scale scan search select separate
    set share shorten show simplify simulate sketch solve sort specify spell split spot state structure substitute
    suggest sum summarise summarize supply suppose swap tag take teach tell test think trace transcribe transform
    translate transpose try turn underline unscramble update use validate verify visualise visualize weigh work
    write
    """
)
# A verb is an imperative at the start of a clause or after one of these.
_BEFORE_VERB = _words(
    """
    , . : ; ! ? - please to and then or you i we should must can could would will just now also
    """
)
# What may stand between a verb and its object, or open the object.
_BEFORE_NOUN = _words(
    """
    me us him her them it up out in down off on with about of for at over a an the this that these those some any
    one two three four five six seven eight nine ten following given my your his our their its all each every
    """
)
_AFTER_NOUN = _BEFORE_NOUN | _words(
    """
    above according across after against among and are around as based because been before below between but by
    called can could describing during explaining from giving has have how i if including into is like made may
    might must needed not or per related required should showing so such than then there they through titled to
    toward towards under until used using was we were what when where whether which while who whom whose why will
    within without would you containing
    """
)
_NO_NOUN = _words("more most least another other own new same different many several few both no yes sure")
_INVARIABLE = _words("series species news lyrics politics mathematics physics economics ethics statistics")


def _english_action(instruction: str) -> Action | None:
    tokens = [token.lower() for token in _ENGLISH_TOKEN.findall(instruction[:400])]
    for place, token in enumerate(tokens):
        if token in _VERBS and (place == 0 or tokens[place - 1] in _BEFORE_VERB):
            return Action(token, _object_of(tokens[place + 1 :]))
    return None


def _object_of(tokens: list[str]) -> str | None:
    phrase: list[str] = []
    for token in tokens:
        if not token[0].isalnum() or (phrase and token in _AFTER_NOUN):
            break
        if token in _BEFORE_NOUN or token.endswith("ly") or not token[0].isalpha():
            continue
        if token in _AFTER_NOUN:
            break
        phrase.append(token)
    return _singular(phrase[-1]) if phrase and len(phrase[-1]) > 1 and phrase[-1] not in _NO_NOUN else None


def _singular(noun: str) -> str:
    if noun in _INVARIABLE or not noun.endswith("s") or noun.endswith(("ss", "us", "is")) or len(noun) < 4:
        return noun
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    return noun[:-2] if noun.endswith(("sses", "xes", "ches", "shes")) else noun[:-1]


# Korean

_KOREAN_WORD = re.compile(r"[가-힣]+")
# A polite request that follows its verb, written apart or not: "써 주세요", "요약해줘", "알려 줄 수 있나요".
_REQUEST = "(?:주|보)(?:세요|십시오|시오|시겠어요|실래요|라|어라)|주시기|줘요?|줄래요?|줄|봐요?|봅시다"
_ASIDE = re.compile(f"(?:{_REQUEST}|수|있나요|있을까요|있어요|있습니까|바랍니다|바람)")
_JOINED_REQUEST = re.compile(f"(?P<verb>.+?)(?:{_REQUEST})")
_IMPERATIVE = re.compile("(?P<stem>.+?)(?:으?(?:십시오|세요|시오)|읍시다)")
_PLAIN_IMPERATIVE = re.compile("(?P<verb>.+?)으?라")
_OBJECT = re.compile("(?P<noun>.+?)(?:을|를)")
# Forms that the rules below would read wrongly.
_IRREGULAR = {
    "도와": "돕다", "들어": "들다", "모아": "모으다", "물어": "묻다", "이어": "잇다", "지어": "짓다",
    "드": "들다", "만드": "만들다", "이": "잇다", "지": "짓다", "푸": "풀다", "줘": "주다", "봐": "보다",
}  # fmt: skip
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
# A contracted vowel and what it was before "-어": 알려 from 알리다, 바꿔 from 바꾸다, 써 from 쓰다.
_UNCONTRACTED = {"ㅕ": "ㅣ", "ㅝ": "ㅜ", "ㅘ": "ㅗ", "ㅙ": "ㅚ", "ㅓ": "ㅡ"}


def _korean_action(instruction: str) -> Action | None:
    """Return the predicate of the first sentence that ends in a request."""
    for sentence in re.split(r"[.?!\n]+", instruction[:400]):
        words: list[str] = _KOREAN_WORD.findall(sentence)
        verb = _requested(words)
        if verb:
            objects = [found["noun"] for word in words[:-1] if (found := _OBJECT.fullmatch(word))]
            return Action(verb, objects[-1] if objects and objects[-1] != "것" else None)
    return None


def _requested(words: list[str]) -> str | None:
    """Return the verb that the last of `words` requests, in its dictionary form."""
    proper = list(words)
    while proper and _ASIDE.fullmatch(proper[-1]):
        proper.pop()
    if not proper:
        return None
    last = proper[-1]
    if len(proper) < len(words):
        return _from_conjunctive(last)
    if joined := _JOINED_REQUEST.fullmatch(last):
        return _from_conjunctive(joined["verb"])
    if polite := _IMPERATIVE.fullmatch(last):
        return _IRREGULAR.get(polite["stem"], polite["stem"] + "다")
    if plain := _PLAIN_IMPERATIVE.fullmatch(last):
        return _from_conjunctive(plain["verb"]) or plain["verb"] + "다"
    return None


def _from_conjunctive(form: str) -> str | None:
    """Return the dictionary form of a verb in its "-아/어" form, or None where `form` is none."""
    if form in _IRREGULAR:
        return _IRREGULAR[form]
    stem, last = form[:-1], form[-1]
    if last == "해":
        return stem + "하다"
    if last == "여" and stem:
        return stem + ("다" if stem.endswith("하") else "이다")
    if last in "아어" and stem:
        return stem + "다"
    initial, vowel, final = _letters(last)
    if final:
        return None
    if last in "라러" and stem and _letters(stem[-1])[2] == 8:
        # 골라 from 고르다: the doubled ㄹ belongs to "르".
        return stem[:-1] + chr(ord(stem[-1]) - 8) + "르다"
    if vowel in _UNCONTRACTED:
        return stem + chr(ord("가") + initial * 588 + _VOWELS.index(_UNCONTRACTED[vowel]) * 28) + "다"
    return form + "다" if vowel in "ㅏㅐㅔ" else None


def _letters(syllable: str) -> tuple[int, str, int]:
    """Return the number of the initial, the vowel, and the number of the final (0: none; 8: ㄹ)."""
    place = ord(syllable) - ord("가")
    return place // 588, _VOWELS[place % 588 // 28], place % 28
