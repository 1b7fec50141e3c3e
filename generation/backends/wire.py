"""The wire: the bytes of an answer, as JSON texts, whether it is an event stream or one whole body.

An endpoint that was asked to stream may send the whole reply at once, or an error, as plain JSON with status 200. The
first byte tells which it is.
"""

from collections.abc import Iterator

from generation.backends.events import ServerSentEvents
from generation.errors import NotAStream, TooLong

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_BODY_BYTES = 2**23
_SPACE = b" \t\r\n"


class AnswerTexts:
    """Takes chunks as they come from the network and gives the JSON texts in them.

    Attributes:
        is_whole: the answer is one JSON body; False for an event stream, None while nothing shows it.
    """

    def __init__(self) -> None:
        self.is_whole: bool | None = None
        self._head = b""
        self._body = bytearray()
        self._events = ServerSentEvents()

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the texts that end in this chunk; those before a fault are yielded first.

        Raises:
            NotAStream: it is neither JSON nor an event stream.
            TooLong: it is longer than any reply may be.
            UnicodeDecodeError: it is not UTF-8.
        """
        if self.is_whole is False:  # nearly always
            yield from self._events.feed(chunk)
            return
        if self.is_whole is None:
            self._head += chunk
            if BYTE_ORDER_MARK.startswith(self._head):
                return
            head = self._head.removeprefix(BYTE_ORDER_MARK).lstrip(_SPACE)
            if not head:
                return
            self.is_whole, chunk, self._head = head[:1] in {b"{", b"["}, head, b""
            if not self.is_whole:
                yield from self._events.feed(chunk)
                return
        self._body += chunk
        if len(self._body) > MAX_BODY_BYTES:
            raise TooLong(f"The answer is longer than {MAX_BODY_BYTES} bytes.")

    def end(self) -> Iterator[str]:
        """Yield the last text.

        Raises:
            NotAStream: nothing that came was an event, or there is JSON on every line.
            UnicodeDecodeError: it is not UTF-8.
        """
        if not self.is_whole:
            yield from self._events.end()
            return
        text = self._body.decode()
        lines = text.strip().splitlines()
        if len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines[:2]):
            raise NotAStream(
                "It sends JSON line by line, as Ollama's own API does.", hint="Use its OpenAI-compatible address, /v1."
            )
        yield text
