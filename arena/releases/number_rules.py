"""Rules for what is written in digits or in code: e-mail, phone, card and resident numbers, IP addresses, accounts.

They are generous: a run of digits that no usual number explains is taken for one of these, whatever its grouping. So a
country whose form nobody wrote down here is found too. What explains a number is listed in `INNOCENT`.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from arena.releases.private_spans import PrivateKind, PrivateSpan

AT = r"(?:@|\s?[\[({<]\s?(?:at|@|골뱅이|arroba|arobase)\s?[\])}>]\s?|\s(?:at|골뱅이|arroba|arobase)\s)"
DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|punkt|point|punto|점)\s?[\])}>]\s?|\s(?:dot|punkt|point|punto|점)\s)"
WORD = r"[^\W_][\w.+'-]*"
RULES = (
    (PrivateKind.EMAIL, r"[\w.!#$%&'*+/=?^`{|}~-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+|[\w.+-]{2,}@[\w-]{3,}"),
    (PrivateKind.EMAIL, rf"{WORD}{AT}[\w-]+(?:{DOT}[\w-]+)*{DOT}[a-z]{{2,}}\b"),
    (PrivateKind.IP, r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"),
    (PrivateKind.IP, r"(?<!\w)(?:::)?(?:[0-9a-f]{1,4}::?){1,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?!\w)"),
    (PrivateKind.IP, r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])"),
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\d)\d{6}\s?-?\s?[0-9*]?[\d*xX]{6}(?![\d*])"),  # Korea, also half hidden
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\d)\d{3}[- .]\d{2}[- .]\d{4}(?!\d)"),  # USA
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\w)[xyz][- ]?\d{7}[- ]?[a-z](?!\w)"),  # Spain
    (PrivateKind.RESIDENT_NUMBER, r"(?<![\w])\d{2}\.?\d{3}\.?\d{3}[- ]?[a-z](?!\w)"),  # Spain
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\w)[a-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-z](?!\w)"),  # United Kingdom
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\w)[a-z]{6}\d{2}[a-z]\d{2}[a-z]\d{3}[a-z](?!\w)"),  # Italy
    (
        PrivateKind.RESIDENT_NUMBER,
        r"(?<!\d)[12]\s?\d{2}\s?\d{2}\s?(?:\d{2}|2[ab])\s?\d{3}\s?\d{3}(?:\s?\d{2})?(?!\d)",
    ),  # France
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\d)\d{17}[\dx](?!\w)"),  # China
    (PrivateKind.RESIDENT_NUMBER, r"(?<!\w)\d{2}\s?\d{6}\s?[a-z]\s?\d{3}(?!\w)"),  # Germany: pension
    (PrivateKind.OTHER, r"(?<!\w)[a-z]{2}\d{2}(?:\s?[a-z0-9]{4}){2,7}(?:\s?[a-z0-9]{1,4})?(?!\w)"),  # IBAN
    (PrivateKind.OTHER, r"(?<!\w)[a-z]{1,2}\d{7,9}(?!\w)"),  # passports
    (PrivateKind.OTHER, r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    (PrivateKind.OTHER, r"\b(?:sk-[\w-]{20,}|gh[pousr]_\w{30,}|hf_\w{30,}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,})"),
)
# Letters of other scripts stand right beside such words, so they are no letters here.
PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE | re.ASCII)) for kind, pattern in RULES]

# Digits with what people put between them. A letter before or after makes it a name of something else, but not in
# scripts that write without blanks.
EXTENSION = r"(?:\s?(?:x|ext\.?|extension|durchwahl|poste|내선|内線|分机)\s?\d{1,6})"
RUN = re.compile(
    rf"(?<![A-Za-z0-9_.,])[+(]?\+?\d(?:[ \t().\-/·]{{0,3}}\d){{5,}}(?:{EXTENSION}|(?![A-Za-z0-9_]|,\d))", re.IGNORECASE
)
PAIRS = re.compile(r"\d\d([ ./-])\d\d(?:\1\d\d){2,}")  # 01 75 18 15 90, as France and Scandinavia write phones
INNOCENT = re.compile(
    "|".join(
        (
            r"\d{1,2}([ .])\d{3}(?:\1\d{3})?(?:(?!\1)[.,]\d+)?|\d{3}[ .]\d{3}",  # 1 234 567, but not 612 345 678
            r"\d{1,3}(?:[',]\d{3})+(?:\.\d+)?",  # 1,234,567.8
            r"(?:0|[1-9]\d*)[.,]\d+",  # 3.1415926
            r"(?:19|20|21)\d{2}([-/. ])\d{1,2}\2\s?\d{1,2}(?:\D+\d{1,2}(?:\D\d{2}){0,2})?",  # 2024-05-01 12
            r"\d{1,2}([-/. ])\s?\d{1,2}\3\s?(?:19|20|21)\d{2}",  # 01.05.2024
            r"(?:1[0-9]|20|21)\d{2}\s?[-/]\s?(?:1[0-9]|20|21)?\d{2}",  # 1914-1918
            r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",  # 20240501
            r"(?:\d{1,2}[ .\-/]{1,3})+\d{1,2}",  # 1 2 3 4 5 6, and 10-20-30
            r"[01 ]+",  # binary
            r"[1-9]0{5,}",
            r"(?:1[0-9]|20|21)\d{2}(?:\s(?:1[0-9]|20|21)\d{2})+",  # years in a row
            r"0?123456789(?:10|0)?|9876543210?",
        )
    )
)
MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
SHORTEST_IP = 3  # letters and digits; `a::b` is C++
PHONE_DIGITS = range(7, 16)
CARD_DIGITS = range(13, 20)


def number_spans(text: str) -> Iterator[PrivateSpan]:
    """Yield the spans of these kinds in a text whose letters are plain."""
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            if not (kind is PrivateKind.IP and not _is_address(match[0])):
                yield PrivateSpan(match.start(), match.end(), kind)
    for match in RUN.finditer(text):
        run = match[0].strip()
        digits = sum(letter.isdigit() for letter in run)
        explained = INNOCENT.fullmatch(run) and not run.startswith(("+", "(")) and not PAIRS.fullmatch(run)
        if explained or digits < PHONE_DIGITS.start:
            continue
        yield PrivateSpan(match.start(), match.end(), PrivateKind.CARD if digits in CARD_DIGITS else PrivateKind.PHONE)


def _is_address(run: str) -> bool:
    """Return whether a match is an address rather than a time, or two colons of a program."""
    if MAC.fullmatch(run):
        return True
    try:
        ip_address(run)
    except ValueError:
        return False
    return sum(letter.isalnum() for letter in run) > SHORTEST_IP
