"""Filters: what is wrong with one example, found by reading it alone.

Each filter is a pure function in a table: it returns what it saw, or None. A profile says which of them judge, in the
table's order, and the first that finds something gives the reason. Our own filters were chosen for precision: at least
19 of 20 examples that they reject should be faulty, because each answer was paid for.
"""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

from generation.candidates.rouge import tokens
from generation.dataset import Example
from generation.languages import script_shares, written_in

FilterName = Literal["alpaca", "default"]
Judge = Callable[[Example], str | None]


@dataclass(frozen=True, slots=True)
class FilterProfile:
    """Which filters judge an example.

    Attributes:
        name: `alpaca` has exactly the published rules (Self-Instruct, appendix A, and Stanford Alpaca's five words
            more), which read the instruction only and turn Korean away; `default` is ours.
        language: the language that examples should be in, one of `generation.languages.LANGUAGES`; None lets
            every language pass. The `alpaca` profile does not look at it.
    """

    name: FilterName = "default"
    language: str | None = None


DEFAULT_PROFILE = FilterProfile()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an example is turned away: a `reason` to count by, and the `detail` that was seen."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A row of the table. `judge` returns what it saw, or None where the example may stay."""

    reason: str
    judge: Judge
    profile: FilterName


def reject(example: Example, *, profile: FilterProfile = DEFAULT_PROFILE) -> Rejection | None:
    """Return the first reason against `example`, or None."""
    for row in _filters_of(profile):
        if (detail := row.judge(example)) is not None:
            return Rejection(row.reason, detail)
    return None


@cache
def _filters_of(profile: FilterProfile) -> tuple[Filter, ...]:
    rows = tuple(row for row in FILTERS if row.profile == profile.name)
    if profile.name == "default" and profile.language:
        rows += (Filter("wrong_language", partial(wrong_language, language=profile.language), "default"),)
    return rows


# Self-Instruct's thirteen and Stanford Alpaca's five more.
PUBLISHED_WORDS = (
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
    "go to", "video", "audio", "music", "flowchart", "diagram",
)  # fmt: skip
_PUBLISHED_WORD = re.compile(rf"\b({'|'.join(PUBLISHED_WORDS)})\b", re.IGNORECASE)


def three_words_or_fewer(example: Example) -> str | None:
    """Published: the instruction has at most three words."""
    words = len(example.instruction.split())
    return f"{words} words" if words <= 3 else None


def over_150_words(example: Example) -> str | None:
    """Published: the instruction has more than 150 words."""
    words = len(example.instruction.split())
    return f"{words} words" if words > 150 else None


def published_word(example: Example) -> str | None:
    """Published: the instruction has one of eighteen words, whatever it means there."""
    found = _PUBLISHED_WORD.search(example.instruction)
    return found and found[0]


def published_opening(example: Example) -> str | None:
    """Published: against a flood of tasks that begin alike."""
    opening = "Write a program"
    return opening if example.instruction.startswith(opening) else None


def starts_with_ascii_punctuation(example: Example) -> str | None:
    """Published: the instruction begins with any ASCII punctuation, a quotation mark included."""
    first = example.instruction[:1]
    return first if first and first in string.punctuation else None


def starts_with_non_ascii(example: Example) -> str | None:
    """Published: the instruction begins with anything but ASCII, so that no Korean passes."""
    first = example.instruction[:1]
    return first if not first.isascii() else None


def too_short(example: Example) -> str | None:
    """The instruction is a single word or syllable, or none. "Tell a joke" is a task."""
    found = len(tokens(example.instruction, profile="unicode"))
    return f"{found} words" if found < 2 else None


def too_long(example: Example) -> str | None:
    """The instruction has over 150 words, or the length of them in a script without spaces."""
    words, characters = len(example.instruction.split()), len(example.instruction)
    return f"{words} words, {characters} characters" if words > 150 or characters > 1200 else None


def starts_with_debris(example: Example) -> str | None:
    """The instruction begins with a mark that begins no sentence, so its beginning was probably cut off."""
    first = example.instruction.lstrip()[:1]
    return first if first and first in ",.;:!?)]}»”’、。，．；：！？）」』" else None


# C0 and C1 controls but for tab and line ends, the replacement character, noncharacters.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff]")


def control_character(example: Example) -> str | None:
    """A control character, or the character that replaces lost text."""
    found = _CONTROL.search(f"{example.instruction}{example.input}{example.output}")
    return found and f"U+{ord(found[0]):04X}"


def empty_output(example: Example) -> str | None:
    """The output has no visible character."""
    return "" if not any(character.isprintable() and not character.isspace() for character in example.output) else None


_NO_OUTPUT = re.compile(
    r"[\W_]*(?:no\W?(?:output|input|response|answer)(?:\W(?:is )?(?:needed|required|provided|available))?|n/a|n\.a\."
    r"|not applicable|(?:출력|입력|응답|답변)\s?없음|해당\s?(?:사항\s?)?없음)[\W_]*"
    r"|\s*<no\W?(?:in|out)put\b.*",
    re.IGNORECASE | re.DOTALL,
)


def na_output(example: Example) -> str | None:
    """The output only says that there is none. "None" and "Na" may be answers and stay."""
    return example.output.strip()[:60] if _NO_OUTPUT.fullmatch(example.output) else None


def same_in_out(example: Example) -> str | None:
    """The output is exactly the input or the instruction."""
    output = example.output.strip()
    for name, text in (("input", example.input), ("instruction", example.instruction)):
        if output and output == text.strip():
            return f"the output is the {name}"
    return None


_NEXT_TASK = re.compile(
    r"^\W*\d+\s*[.)]\s*(?:instruction|input|output|지시문?|명령어?|입력|출력)\s*[:：]"
    r"|^#+\s*(?:instruction|지시문?|명령어?)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)


def merged_tasks(example: Example) -> str | None:
    """The output or the input runs on into the next task of the list."""
    found = _NEXT_TASK.search(example.output) or _NEXT_TASK.search(example.input)
    return found and found[0].strip()


_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
# "20." ended whole answers in the published run, wherever a sentence came to "… in 2020".
_HALF_A_YEAR = re.compile(
    rf"(?:(?<!\d )(?<!one )\b(?:in|as of|since|until)|{_MONTH}|{_MONTH} \d\d?(?:st|nd|rd|th)?,"
    r"|\b(?:19|20)\d\d ?(?:to|and|-|–)) ?20$"
)
_MORE_MUST_FOLLOW = re.compile(
    r"(?<=\w )(?:the|an?|and|or|but|their|every|(?:equals?|according|due) to|number of)$|\d to$"
    r"|(?:\s(?:그리고|하지만|그러나|또는|및|또한)|[가-힣]를)$"
)


def truncated(example: Example) -> str | None:
    """The output ends where more must follow: in a year, an article, a conjunction, an open code block."""
    output = example.output.rstrip()
    if len(re.findall(r"^\s*```", output, re.MULTILINE)) % 2:
        return "a code block stays open"
    last_line = output[output.rfind("\n") + 1 :]
    found = _HALF_A_YEAR.search(last_line[-60:])
    # A line of three words may be a heading or an item.
    if not found and len(last_line.split()) > 3:
        found = _MORE_MUST_FOLLOW.search(last_line[-60:])
    return found and f"ends in {found[0].strip()!r}"


_MEDIUM = (
    r"(?:image|img|photo(?:graph)?|picture|painting|drawing|sketch|illustration|screenshot|video|audio|film|clip"
    r"|figure|chart|diagram|logo|file|document|spreadsheet|pdf)s?"
)
_MEDIUM_KO = "(?:이미지|사진|그림|영상|동영상|비디오|오디오|음성|녹음|파일|문서|도표|스크린샷)"
_EMBEDDED = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img\b|<(?:image|photo|video|audio)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    rf"(?:\w+:\s*)?(?:[\[<(]\s*(?:(?:insert|attach(?:ed)?|link to|example)\b[^\])>]*|(?:the )?{_MEDIUM}\b[^\])>]*"
    rf"|{_MEDIUM_KO}[^\])>]*|[^\])>]*첨부[^\])>]*)[\])>]\s*)+"
    rf"|(?:the |please )?(?:attach(?:ed)?|see) (?:the |attached )*{_MEDIUM}\b(?: of [^.]*)?\.?"
    rf"|첨부(?:된|한)?\s*{_MEDIUM_KO}.{{0,10}}",
    re.IGNORECASE,
)
_ATTACHED = re.compile(rf"\battached {_MEDIUM}\b|첨부(?:된|한|하신)?\s*{_MEDIUM_KO}", re.IGNORECASE)
_SHOWN = re.compile(
    r"\b(?:this|(?:the )?(?:following|given|provided)|the) (?:image|photo(?:graph)?|picture|screenshot|video)"
    r"(?: (?:above|below|shown))?\b|\b(?:image|photo|picture|chart|diagram) (?:above|below)\b"
    rf"|(?:^|\s)(?:다음|아래|위|이|주어진)\s?{_MEDIUM_KO}(?:[을를은는이가의에]|\s|$)",
    re.IGNORECASE,
)
_ABOUT_MARKUP = re.compile(
    r"\b(?:html|markdown|xml|tags?|code|snippet|script|alt text)\b|태그|마크다운|코드", re.IGNORECASE
)


def attachment(example: Example) -> str | None:
    """The task needs a picture, a recording or a file that is not there."""
    if _ABOUT_MARKUP.search(example.instruction):
        return None
    found = _EMBEDDED.search(example.input) or _PLACEHOLDER.fullmatch(example.input.strip())
    found = found or _ATTACHED.search(example.instruction)
    if not found and not example.input.strip():
        found = _SHOWN.search(example.instruction)
    return found and found[0].strip()[:60]


_ADDRESS = r"(?:https?://|www\.)\S+"
_ONLY_ADDRESSES = re.compile(
    rf"(?:[-*•]?\s*(?:[\w'’-]+(?: [\w'’-]+){{0,2}}\s?[:：]\s*|the (?:link|article|url) is )?[\[(<\"']*{_ADDRESS}\s*)+",
    re.IGNORECASE,
)
_READS = re.compile(
    r"summar|\barticle|\bread\b|\bvisit|\bcontent|describ|analy[sz]e|evaluat|\breview|critique|\brate\b|improve"
    r"|\bsong|\bpainting|\bphoto|\bfigure|\bstory|\bsources?\b|screenshot|snapshot|요약|기사|읽고|방문|분석|설명|평가|내용",
    re.IGNORECASE,
)
_ABOUT_ADDRESSES = re.compile(
    r"\b(?:ur[il]s?|domain|hostname|hyperlinks?|http|html|api|regex|cit(?:e|ation)|links?)\b|도메인|주소|링크|인용",
    re.IGNORECASE,
)


def url_input(example: Example) -> str | None:
    """The task is to read a page at an address. Tasks about the address itself stay."""
    text = example.input.strip() or example.instruction
    if not re.search(_ADDRESS, text, re.IGNORECASE):
        return None
    alone = _ONLY_ADDRESSES.fullmatch(text)
    wanted = _READS.search(example.instruction)
    if alone and (wanted or not _ABOUT_ADDRESSES.search(example.instruction)):
        return alone[0][:60]
    if not example.input.strip() and wanted and (found := re.search(_ADDRESS, text)):
        return found[0][:60]
    return None


_DISCLAIMER = re.compile(
    r"\bas an? (?:large |ai |artificial intelligence )?(?:language model|ai(?: (?:model|assistant))?)\b,? ?"
    r"(?:i\b|developed)"
    r"|\bi(?:['’]m| am) (?:just |only )?an? (?:large |ai )?(?:language model|ai\b|artificial intelligence)"
    r"|^(?:i apologi[sz]e|(?:i['’]m |i am )?sorry),? (?:but )?i(?:['’]m| am)? "
    r"(?:unable to|cannot|can['’]t|can not|not able to) (?:access|browse|view|open|see|hear|generate|create"
    r"|provide|assist|help (?:you )?with that|fulfill?|complete|perform|answer|comply)"
    r"|^unable to (?:perform|complete|access)|\bGPT models? (?:(?:is|are) (?:unable|not able|not designed)|cannot)"
    r"|can(?:not|['’]t) be (?:done|performed) by (?:an?|the) (?:GPT|AI|language) model"
    r"|(?:AI|인공지능|언어)\s?(?:언어\s?)?(?:모델|비서|어시스턴트|챗봇)?(?:로서|로써|이기 때문에|이므로|이라서)[\s,]"
    r"|^(?:죄송하지만|죄송합니다만?|미안하지만)[\s,.].{0,60}"
    r"(?:제공|답변|접근|생성|수행|도와|열람|확인)\S*\s?(?:수 없|어렵)",
    re.IGNORECASE,
)
_ABOUT_ASSISTANTS = re.compile(
    r"\b(?:ai|gpt\S*|chatbots?|bots?|robots?|language models?|assistants?|artificial intelligence|disclaimer)\b"
    r"|인공지능|챗봇|언어\s?모델|비서|로봇|AI",
    re.IGNORECASE,
)


def disclaimer(example: Example) -> str | None:
    """The output says what a language model cannot do. Tasks about assistants stay."""
    found = _DISCLAIMER.search(example.output.lstrip()[:400])
    if found and not _ABOUT_ASSISTANTS.search(f"{example.instruction} {example.input}"):
        return found[0].strip()[:60]
    return None


_ABOUT_LANGUAGES = re.compile(
    r"translat|\blanguages?\b|\b(?:english|french|german|spanish|italian|portuguese|dutch|russian|arabic|hindi|chinese"
    r"|mandarin|japanese|korean|latin|greek|hebrew|thai|vietnamese|turkish|emoji\w*|transliterat\w*|romaniz\w*)\b"
    r"|번역|통역|영작|영어|영문|국어|언어|일본어|중국어|불어|독어|프랑스어|독일어|스페인어|러시아어|로마자|외국|한자|알파벳|약자",
    re.IGNORECASE,
)
# Brackets, operators and the like: a text with many is code, not prose in some language.
_SYMBOLS = re.compile(r"[(){}\[\]<>=;_/\\+*#|&$^~]")


def wrong_language(example: Example, language: str) -> str | None:
    """The instruction, or an output in prose, is in another script than that of `language`.

    Outputs of tasks about languages may be in any, and so may a few words or code.
    """
    if written_in(example.instruction, language) is False:
        return f"the instruction is in {next(iter(script_shares(example.instruction)))} script"
    if written_in(example.output, language) is not False or _ABOUT_LANGUAGES.search(example.instruction):
        return None
    prose = len(example.output.split()) > 5 and len(_SYMBOLS.findall(example.output)) < 0.03 * len(example.output)
    return f"the output is in {next(iter(script_shares(example.output)))} script" if prose else None


FILTERS: tuple[Filter, ...] = (
    Filter("too_short", three_words_or_fewer, "alpaca"),
    Filter("too_long", over_150_words, "alpaca"),
    Filter("blocked_word", published_word, "alpaca"),
    Filter("blocked_opening", published_opening, "alpaca"),
    Filter("starts_punctuation", starts_with_ascii_punctuation, "alpaca"),
    Filter("starts_non_ascii", starts_with_non_ascii, "alpaca"),
    Filter("too_short", too_short, "default"),
    Filter("too_long", too_long, "default"),
    Filter("starts_punctuation", starts_with_debris, "default"),
    Filter("control_character", control_character, "default"),
    Filter("empty_output", empty_output, "default"),
    Filter("na_output", na_output, "default"),
    Filter("same_in_out", same_in_out, "default"),
    Filter("merged_tasks", merged_tasks, "default"),
    Filter("truncated", truncated, "default"),
    Filter("attachment", attachment, "default"),
    Filter("url_input", url_input, "default"),
    Filter("disclaimer", disclaimer, "default"),
)
