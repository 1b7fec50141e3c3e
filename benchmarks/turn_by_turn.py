"""The way that `battle_latency.py` compares with: both sides pulled in turn by one thread, each piece shown at once.

    python -m benchmarks.turn_by_turn --url http://127.0.0.1:8010/v1 --models MODEL_A MODEL_B [--port 7861]

Our own re-enactment, in Gradio, of how a known arena reads its endpoints: the `openai` client's parsed stream, a
blocking `next()` on one side and then on the other, and an update of both chat windows after each round. It leaves out
what that arena does beside (moderation, logs, templates), so the real one is slower.
"""

import argparse
from collections.abc import Iterator

import gradio as gr
import openai

Chat = list[dict[str, str]]


def reply(client: openai.OpenAI, model: str, prompt: str) -> Iterator[str]:
    """Yield the text so far: at first a sign that it is awaited, then after each piece."""
    yield "▌"
    text = ""
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}], stream=True)
    for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        yield text


def page(url: str, models: list[str]) -> gr.Blocks:
    """Return a page with a prompt and two chat windows."""
    client = openai.OpenAI(base_url=url, api_key="none")

    def answer(prompt: str) -> Iterator[list[Chat]]:
        replies = [reply(client, model, prompt) for model in models]
        texts = ["", ""]
        while (round_ := [next(one, None) for one in replies]) != [None, None]:
            texts = [new or old for new, old in zip(round_, texts, strict=True)]
            yield [[{"role": "user", "content": prompt}, {"role": "assistant", "content": text}] for text in texts]

    with gr.Blocks() as blocks:
        chats = [gr.Chatbot(elem_id=side) for side in "ab"]
        prompt = gr.Textbox()
        prompt.submit(answer, prompt, chats, api_name="answer")
    return blocks.queue(default_concurrency_limit=10)


def main() -> None:
    """Serve the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--models", nargs=2, required=True)
    parser.add_argument("--port", type=int, default=7861)
    args = parser.parse_args()
    page(args.url, args.models).launch(server_port=args.port, quiet=True)


if __name__ == "__main__":
    main()
