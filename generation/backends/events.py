"""Server-sent events: the bytes of a stream, split into the data of its events.

Follows the HTML standard, section 9.2 ("Server-sent events"), and is stricter in one thing: a line that no event
stream has, such as the first line of a web page, is an error instead of being skipped.
"""

from collections.abc import Iterator

from generation.backends.text import quoted
from generation.errors import NotAStream, TooLong

FIELDS = {b"", b"data", b"event", b"id", b"retry"}  # the empty name begins a comment
# A whole reply of 200 kB may come in one event, each character escaped as six.
MAX_EVENT_BYTES = 2**21


class ServerSentEvents:
    """Takes chunks as they come from the network and gives the data of each event that is whole."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the data of the events that end in this chunk; events before a fault are yielded first.

        Raises:
            NotAStream: a line belongs to no event stream.
            TooLong: an event is longer than any reply may be.
            UnicodeDecodeError: the data are not UTF-8.
        """
        self._rest += chunk
        if b"\n" in chunk or b"\r" in chunk:
            for line in self._take_lines():
                yield from self._read(line)
        if len(self._rest) + sum(map(len, self._data)) > MAX_EVENT_BYTES:
            raise TooLong(f"One event is longer than {MAX_EVENT_BYTES} bytes.")

    def end(self) -> Iterator[str]:
        """Yield the last event if only its closing empty line is missing; an incomplete line is dropped.

        Raises:
            NotAStream: nothing that came was an event.
        """
        if not self._begun and self._rest.strip():
            self._refuse_stranger(bytes(self._rest))
        yield from self._read(b"")

    def _take_lines(self) -> list[bytes]:
        block = bytes(self._rest)
        held = b""
        if b"\r" in block:
            # The "\n" of a last "\r" may still come.
            held = b"\r" if block.endswith(b"\r") else b""
            block = block.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = block.split(b"\n")
        self._rest = bytearray(rest + held)
        return lines

    def _read(self, line: bytes) -> Iterator[str]:
        if line.startswith(b"data:"):
            self._begun = True
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif self._begun and line.startswith(b"{"):
            yield line.decode()  # an error, which some servers write without the name of the field
        elif line:
            self._refuse_stranger(line)
        elif self._data:
            data, self._data = b"\n".join(self._data), []
            yield data.decode()

    @staticmethod
    def _refuse_stranger(line: bytes) -> None:
        if line.split(b":", 1)[0] not in FIELDS:
            raise NotAStream(
                f"This is no event stream: {quoted(line)}.", hint="Is `url` the API's address, as a rule with /v1?"
            )
