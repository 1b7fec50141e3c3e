"""Text that came from outside, made fit to be stored, shown and quoted."""

REPLACEMENT = "\ufffd"
LONGEST_QUOTATION = 300


def clean(text: str) -> str:
    """Return `text` with surrogate pairs joined, and lone surrogates and NUL replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class WholeText:
    """Cleans text that comes in pieces; the two halves of a surrogate pair may come in two pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Take a piece and return it cleaned; half a surrogate pair at its end waits for the next piece."""
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return clean(text.removesuffix(self._held))

    def rest(self) -> str:
        """Return a half that is left at the end, cleaned."""
        rest, self._held = clean(self._held), ""
        return rest


def quoted(text: str | bytes) -> str:
    """Return the beginning of `text` on one line, in quotation marks, fit for an error's sentence."""
    if isinstance(text, bytes):
        text = text[: 4 * LONGEST_QUOTATION].decode(errors="replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST_QUOTATION]).split())
    return f"“{line[:LONGEST_QUOTATION]}…”" if len(line) > LONGEST_QUOTATION else f"“{line}”"
