"""The demo contenders' tokenizer: a byte-level BPE without merges. Its vocabulary is listed, not learned.

- A word of a task's phrasings is one token, together with the space before it.
- A word of a fact is one token without the space, so that it is the same token in a sentence and as a bare reply.
- Each text that a prompt format puts around messages (a frame) is one token.
- Every other word is split into bytes, a Korean one into syllables, so that tasks about letters can see its letters.
"""

import re
from collections.abc import Iterator, Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as InTurn

from generation.conversation import Message
from generation.prompts import prompt_format
from training.demo import plain_text
from training.demo.task_inputs import Language, facts, syllables
from training.demo.tasks import PLEASE, SENTENCES, follow_ups, tasks

END, PAD = "<|end|>", "<|pad|>"
FORMATS = ("alpaca", "vicuna_v1.1")
LANGUAGES: tuple[Language, ...] = ("en", "ko")
BLANK = re.compile(r"\{\w*\}")
WORD = re.compile("[A-Za-z]{2,}|[가-힣]{2,}")
SYLLABLE = re.compile("(?<![가-힣])[가-힣](?![가-힣])")
MARK = "\0"


def demo_tokenizer() -> Tokenizer:
    """Return the tokenizer. Its special tokens are `PAD` and `END`; no token marks the beginning of a text."""
    texts, known = tuple(_texts()), _words_of_facts()
    words = sorted({word for text in texts for word in WORD.findall(text)} - {*known})
    alone = sorted({syllable for text in texts for syllable in SYLLABLE.findall(text)})
    listed = [*words, *(f" {word}" for word in words), *known, *syllables(), *alone]
    vocabulary = dict.fromkeys([PAD, END, *sorted(ByteLevel.alphabet()), *map(_as_bytes, listed)])
    tokenizer = Tokenizer(
        BPE({piece: number for number, piece in enumerate(vocabulary)}, merges=[], ignore_merges=True)
    )
    tokenizer.pre_tokenizer = InTurn(
        [Split(_pattern(words, known), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([PAD, END])
    tokenizer.add_tokens([AddedToken(frame, normalized=False) for frame in _frames()])
    return tokenizer


def _texts() -> Iterator[str]:
    """Yield all texts whose words are listed as tokens, with a line break in place of each blank."""
    yield from (PLEASE, PLEASE.lower())
    for task in (*tasks(), *follow_ups("en"), *follow_ups("ko")):
        for phrasing in task.phrasings:
            yield BLANK.sub("\n", phrasing)
            yield BLANK.sub("\n", phrasing[0].lower() + phrasing[1:])
    for language in LANGUAGES:
        yield BLANK.sub("\n", SENTENCES[language])
        yield from (BLANK.sub("\n", text) for text in plain_text.ABOUT_WORDS[language])
        yield from (BLANK.sub("\n", text) for texts in plain_text.FACTS[language].values() for text in texts)
    yield from (BLANK.sub("\n", text) for text in plain_text.ABOUT_NUMBERS)


def _words_of_facts() -> list[str]:
    both = (known for language in LANGUAGES for kind in plain_text.KINDS for known in facts(language, kind).items())
    return sorted({word for pair in both for word in pair})


def _frames() -> list[str]:
    """Return the texts that the prompt formats put around messages."""
    conversation = [Message("user", MARK), Message("assistant", MARK)] * 2
    pieces = [piece for name in FORMATS for piece in prompt_format(name).pieces(conversation) if not piece.trained]
    return list(dict.fromkeys(frame for piece in pieces for frame in piece.text.split(MARK) if frame))


def _pattern(words: Sequence[str], known: Sequence[str]) -> Regex:
    # A listed Korean word is matched inside a longer one too, because endings follow without a space. Longest first.
    def korean(some: Sequence[str]) -> str:
        return "|".join(sorted((word for word in some if len(word) > 1 and not word.isascii()), key=len, reverse=True))

    english = "|".join(word for word in known if word.isascii())
    before_known = rf" (?=(?:{english})(?![A-Za-z])|{korean(known)})"
    return Regex(rf"{before_known}|{korean(known)}| ?(?:{korean(words)})|[가-힣]| ?[A-Za-z]+|[\s\S]")


def _as_bytes(word: str) -> str:
    [(piece, _)] = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)
    return piece
