"""The detector of our own rules: numbers, addresses, names."""

from arena.releases.address_rules import address_spans
from arena.releases.name_rules import name_spans
from arena.releases.number_rules import number_spans
from arena.releases.private_spans import PrivateSpan, plain


class OwnRules:
    """Finds private spans by the rules that come with the arena. Needs no model and no other package."""

    name = "rules"

    def find(self, text: str) -> list[PrivateSpan]:
        """Return all spans that it suspects."""
        text = plain(text)
        return [*number_spans(text), *address_spans(text), *name_spans(text)]
