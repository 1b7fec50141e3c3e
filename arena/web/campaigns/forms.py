"""Forms: what a page sends when a button is pressed, read without trust."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from arena.campaigns.judgements import Said
from arena.db.campaign_tables import SideVerdict
from arena.errors import BadConfiguration
from arena.web.texts import say

FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 60
TRUTHS = {"yes": True, "no": False}


class FormFields:
    """The fields of a form. A missing field is an empty text; whatever cannot be read is refused."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    @classmethod
    async def of(cls, request: Request) -> "FormFields":
        """Read the form of a request, whose length was checked before (`arena.web.security`).

        Raises:
            BadConfiguration: the body is no form.
        """
        if not request.headers.get("content-type", "").lower().startswith(FORM_TYPE):
            raise BadConfiguration(say("rating.no_form"))
        try:
            pairs = parse_qsl(
                (await request.body()).decode("utf-8"),
                keep_blank_values=True,
                max_num_fields=MOST_FIELDS,
                errors="strict",
            )
        except ValueError as error:
            raise BadConfiguration(say("rating.no_form")) from error
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return cls(fields)

    def text(self, name: str) -> str:
        """Return the value of a field."""
        return self._fields.get(name, [""])[0]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all values of a field, such as of boxes that were ticked."""
        return tuple(self._fields.get(name, ()))

    def number(self, name: str) -> int:
        """Return the value of a field as a whole number.

        Raises:
            BadConfiguration: it is none.
        """
        if (number := self.number_or_none(name)) is None:
            raise BadConfiguration(say("rating.no_form"))
        return number

    def number_or_none(self, name: str) -> int | None:
        """Return the value of a field as a whole number, or None where it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None

    def seconds(self, name: str) -> float | None:
        """Return the value of a field as seconds, or None where it is no number."""
        try:
            return float(self.text(name))
        except ValueError:
            return None

    def said(self) -> Said:
        """Return what a rater says of a comparison.

        Raises:
            BadConfiguration: there is no verdict.
        """
        try:
            verdict = SideVerdict(self.text("verdict"))
        except ValueError as error:
            raise BadConfiguration(say("rating.no_form")) from error
        return Said(
            verdict=verdict,
            acceptable_left=TRUTHS.get(self.text("acceptable_left")),
            acceptable_right=TRUTHS.get(self.text("acceptable_right")),
            tags=self.texts("tag"),
            confidence=self.number_or_none("confidence"),
            rationale=self.text("rationale"),
            correction=self.text("correction"),
        )
