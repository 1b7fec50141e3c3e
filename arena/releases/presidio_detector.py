"""The second detector: Microsoft Presidio's recognisers of patterns, with Korean ones of ours.

Presidio usually finds names by a language model that has to be downloaded. Its recognisers of patterns need none, and
they are asked here one by one, without its analyser. They check digits and plans of numbers by code that is not ours.
For names they have nothing, so titles are given to them as patterns.
"""

import logging
from collections.abc import Mapping

from arena.releases.private_spans import PrivateDetector, PrivateKind, PrivateSpan

KINDS: Mapping[str, PrivateKind] = {
    "EMAIL_ADDRESS": PrivateKind.EMAIL,
    "PHONE_NUMBER": PrivateKind.PHONE,
    "CREDIT_CARD": PrivateKind.CARD,
    "IP_ADDRESS": PrivateKind.IP,
    "MAC_ADDRESS": PrivateKind.IP,
    "PERSON": PrivateKind.NAME,
    "LOCATION": PrivateKind.ADDRESS,
    "IBAN_CODE": PrivateKind.OTHER,
    "CRYPTO": PrivateKind.OTHER,
}
RECOGNISERS = (
    *("CreditCardRecognizer", "IbanRecognizer", "IpRecognizer", "MacAddressRecognizer", "CryptoRecognizer"),
    *("UsSsnRecognizer", "KrRrnRecognizer", "KrFrnRecognizer", "EsNifRecognizer", "EsNieRecognizer"),
    *("ItFiscalCodeRecognizer", "UkNinoRecognizer", "InAadhaarRecognizer", "PlPeselRecognizer"),
)
REGIONS = ("US", "GB", "KR", "DE", "FR", "ES", "JP", "CN", "IT", "BR", "MX", "CA", "AU", "IN")
ENOUGH = 0.3  # below this Presidio itself calls a finding very weak
# (entity, name, pattern, score)
OURS = (
    ("EMAIL_ADDRESS", "e-mail", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", 0.9),
    ("PHONE_NUMBER", "Korean phone", r"(?<!\d)0(?:1[016789]|2|[3-6]\d|70)[- .)]?\d{3,4}[- .]?\d{4}(?!\d)", 0.8),
    ("LOCATION", "Korean address", r"[가-힣]{2,}(?:시|도|군|구)\s+[가-힣]{2,}(?:구|군|시|읍|면|동|대?로|길)", 0.7),
    ("LOCATION", "Korean flat", r"\d+동\s?\d+호", 0.7),
    (
        "PERSON",
        "Korean title",
        r"[가-힣]{2,4}\s?(?:씨|선생님|교수님|과장님|부장님|대리님)(?=[\s,.가은는이을를의께]|$)",
        0.6,
    ),
    ("PERSON", "title", r"(?-i:\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Sra?)\.?\s+[A-ZÀ-Ý][\w'’-]+)", 0.6),
    ("PERSON", "Japanese title", r"[一-鿿]{1,4}(?:さん|様|氏)", 0.4),
)


class PresidioPatterns:
    """Finds private spans by Presidio.

    Raises:
        ModuleNotFoundError: it is not installed.
    """

    name = "presidio"

    def __init__(self) -> None:
        from presidio_analyzer import Pattern, PatternRecognizer, predefined_recognizers

        logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
        built_in = [getattr(predefined_recognizers, name)() for name in RECOGNISERS]
        phones = predefined_recognizers.PhoneRecognizer(supported_regions=REGIONS)
        own = [
            PatternRecognizer(supported_entity=entity, name=name, patterns=[Pattern(name, regex, score)])
            for entity, name, regex, score in OURS
        ]
        # Presidio's own recogniser of e-mail would ask a public server for the list of all domains.
        self._recognisers = [*built_in, phones, *own]

    def find(self, text: str) -> list[PrivateSpan]:
        """Return all spans that it suspects."""
        found = []
        for recogniser in self._recognisers:
            for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():
                if result.score >= ENOUGH:
                    kind = KINDS.get(result.entity_type, PrivateKind.RESIDENT_NUMBER)
                    found.append(PrivateSpan(result.start, result.end, kind))
        return found


def second_detector() -> PrivateDetector:
    """Return the second detector.

    Raises:
        ModuleNotFoundError: Presidio is not installed.
    """
    return PresidioPatterns()
