"""One request to the fake endpoint and the answer being written, down to the raw bytes."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

PHRASES = {status.value: status.phrase for status in HTTPStatus}
SENTENCE = "Alpacas hum softly when they greet each other across a high and windy field of dry grass"
WORDS = SENTENCE.split()


@dataclass
class Call:
    """What the endpoint remembers of a request. Times are seconds of `time.monotonic`."""

    number: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    opened_s: float = field(default_factory=time.monotonic)
    closed_s: float | None = None
    closed_by: Literal["", "client", "endpoint"] = ""
    tokens_sent: int = 0

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def turn(self) -> int:
        messages = self.body.get("messages") or [{"role": "user"}]
        return sum(message["role"] == "user" for message in messages)


class Exchange:
    """Writes one answer: whole HTTP, or whatever a fault needs.

    `options` are those in the model's name; `earlier` tells whether that name was asked for before.
    """

    def __init__(self, call: Call, writer: asyncio.StreamWriter, options: Mapping[str, str], *, earlier: bool) -> None:
        self.call = call
        self.streaming = bool(call.body.get("stream"))
        self.keep_alive = True
        self._chat = call.path.endswith("/chat/completions")
        self._writer = writer
        self.options = options
        self.earlier = earlier
        self._whole: list[str] = []

    def number(self, name: str, default: float) -> float:
        return float(self.options.get(name, default))

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: int = 200, **headers: str) -> None:
        fields = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
        fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Overloaded')}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def chunk(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, data: object) -> None:
        await self.chunk(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

    async def begin(self) -> None:
        """Send the head of a stream; a whole answer has it at its end."""
        if self.streaming:
            await self.head()

    async def token(self, text: str) -> None:
        self.call.tokens_sent += 1
        if self.streaming:
            await self.event(self.piece({"content": text} if self._chat else text))
        else:
            self._whole.append(text)

    async def tokens(self, count: int) -> None:
        for number in range(count):
            await self.token(f"{WORDS[number % len(WORDS)]} ")

    async def finish(self, reason: str = "stop") -> None:
        cached = {"cached_tokens": 4}
        usage = {"prompt_tokens": 9, "completion_tokens": self.call.tokens_sent, "prompt_tokens_details": cached}
        if not self.streaming:
            text = "".join(self._whole)
            said = {"message": {"role": "assistant", "content": text}} if self._chat else {"text": text}
            choice = {"index": 0, **said, "finish_reason": reason}
            body = {"object": "chat.completion", "choices": [choice], "usage": usage}
            await self.answer(200, body, x_ratelimit_remaining_requests="41")
            return
        await self.event(self.piece({} if self._chat else "", reason))
        if (self.call.body.get("stream_options") or {}).get("include_usage"):
            await self.event({"choices": [], "usage": usage})
        await self.event("[DONE]")
        await self.end()

    async def end(self) -> None:
        await self.raw(b"0\r\n\r\n")

    async def answer(self, status: int, body: object, content_type: str = "application/json", **headers: str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        await self.head(status, content_type=content_type, **headers)
        if data:
            await self.chunk(data)
        await self.end()

    def piece(self, delta: object, finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta" if self._chat else "text": delta, "finish_reason": finish_reason}
        return {"id": "r1", "object": "chat.completion.chunk", "model": self.call.model, "choices": [choice]}

    async def hang(self) -> None:
        await asyncio.Event().wait()

    def hang_up(self) -> None:
        """Close properly, but in the middle."""
        self.keep_alive = False
        self._writer.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.keep_alive = False
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
