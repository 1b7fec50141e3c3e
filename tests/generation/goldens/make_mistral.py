"""Makes `mistral.json` beside it: conversations as Mistral's own library writes them out.

The texts are those of its tokens, so that a space stands where a token has one. To make them anew, from the root of the
repository:

    uv run --no-project --with mistral-common --with sentencepiece python tests/generation/goldens/make_mistral.py
"""

import json
import re
from importlib.metadata import version
from pathlib import Path

from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

KINDS = {"system": SystemMessage, "user": UserMessage, "assistant": AssistantMessage}
FORMATS = {
    "mistral_v1": MistralTokenizer.v1(),
    "mistral_v3": MistralTokenizer.v3(),
    "mistral_v3_tekken": MistralTokenizer.v3(is_tekken=True),
    "mistral_v7": MistralTokenizer.v7(),
}
TALK = [
    {"role": "user", "content": "Name a colour."},
    {"role": "assistant", "content": "Red 빨강."},
    {"role": "user", "content": "Another?"},
    {"role": "assistant", "content": "Blue, or 파랑"},
    {"role": "user", "content": " [x] y\n"},
]
SYSTEM = {"role": "system", "content": "Be kind."}
CONVERSATIONS = [TALK[:1], TALK[:3], TALK, [SYSTEM, *TALK[:1]], [SYSTEM, *TALK[:3]], [SYSTEM, *TALK]]


def written(tokenizer: MistralTokenizer, messages: list[dict[str, str]]) -> str:
    """Return the conversation, up to where a reply is due, with SentencePiece's spaces and bytes as characters."""
    request = ChatCompletionRequest(
        messages=[KINDS[message["role"]](content=message["content"]) for message in messages]
    )
    text = tokenizer.encode_chat_completion(request).text.replace("▁", " ")
    byte_runs = re.compile(r"(?:<0x[0-9A-F]{2}>)+")
    return byte_runs.sub(lambda run: bytes.fromhex(re.sub(r"<0x|>", "", run[0])).decode(), text)


if __name__ == "__main__":
    made = [
        {"format": name, "messages": messages, "text": written(tokenizer, messages)}
        for name, tokenizer in FORMATS.items()
        for messages in CONVERSATIONS
    ]
    content = {"mistral-common": version("mistral-common"), "written": made}
    Path(__file__).with_name("mistral.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
