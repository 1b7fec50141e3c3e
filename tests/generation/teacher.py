"""Teachers for tests: modes of the fake endpoint that write tasks, always the same for the same prompt.

The model's name gives its manners: `teacher:faults=0.2,late=0.01`.
"""

import asyncio
import json
import random
import re
from collections.abc import Mapping
from typing import Any

from tests.endpoints.exchange import Exchange
from tests.endpoints.modes import Mode

_SYLLABLES = [
    first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "l", "n", "r", "s")
]
_VERBS = ["Describe", "List", "Compare", "Explain", "Rewrite", "Summarise", "Plan", "Rank", "Name", "Classify"]
_DUPLICATE = "Explain how a lock lifts a boat from one water level to the next"


async def teacher(x: Exchange) -> None:
    """Tasks in the form that the prompt asks for.

    Options: `faults`, the share of requests that fail in some way; `late`, the longest delay in seconds; `cut`, the
    share of answers that end at the length limit; `schema=0` refuses structured output; `rpm` announces a limit.
    """
    chance = random.Random()
    await asyncio.sleep(chance.uniform(0, x.number("late", 0)))
    if x.number("schema", 1) == 0 and "response_format" in x.call.body:
        await x.answer(400, {"error": {"message": "response_format is not supported.", "code": None}})
    elif chance.random() < x.number("faults", 0):
        await _fail(x, chance)
    else:
        await _answer(x)


async def parrot(x: Exchange) -> None:
    """The same tasks whatever the prompt."""
    await _reply(x, numbered_tasks(random.Random(1), 4, 20))


async def answerer(x: Exchange) -> None:
    """An answer that repeats the question."""
    await _reply(x, f"My answer to: {x.call.body['messages'][-1]['content']}")


async def korean_teacher(x: Exchange) -> None:
    """Korean tasks, as JSON."""
    rng = random.Random(x.call.body["messages"][-1]["content"])
    things = [
        "가을 산",
        "시골 장터",
        "바닷가 마을",
        "오래된 골목",
        "겨울 김장",
        "동네 도서관",
        "주말 농장",
        "한강 다리",
    ]
    acts = [
        "짧게 소개하세요",
        "세 문장으로 설명하세요",
        "아이에게 들려줄 말로 써 보세요",
        "장점과 단점을 나누어 적으세요",
    ]
    tasks = [
        {
            "instruction": f"{rng.choice(things)}에서 {rng.choice(things)}까지 가는 길을 {rng.choice(acts)}.",
            "input": None,
            "output": f"{rng.choice(things)}은 참 아름다운 곳입니다. 누구나 한 번쯤 가 볼 만합니다.",
        }
        for _ in range(6)
    ]
    await _reply(x, json.dumps({"tasks": tasks}, ensure_ascii=False))


async def _reply(x: Exchange, text: str) -> None:
    said = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    await x.answer(200, {"choices": [said], "usage": {"prompt_tokens": 800, "completion_tokens": 900}})


async def _fail(x: Exchange, chance: random.Random) -> None:
    match chance.choice(["busy", "broken", "html", "gone", "unfinished", "empty"]):
        case "busy":
            await x.answer(429, {"error": {"message": "Slow down."}}, retry_after="0.01")
        case "broken":
            await x.answer(503, {"error": {"message": "Try later."}})
        case "html":
            await x.answer(200, "<html><body>Bad gateway</body></html>", "text/html")
        case "gone":
            x.reset()
        case "unfinished":
            await x.answer(200, {"choices": [{"message": {"content": "4. Instr"}, "finish_reason": None}]})
        case "empty":
            await x.answer(200, {"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]})


async def _answer(x: Exchange) -> None:
    body = x.call.body
    prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    rng = random.Random(prompt)
    text = written(prompt, rng)
    finish_reason = "stop"
    if rng.random() < x.number("cut", 0):
        text, finish_reason = text[: int(len(text) * 0.7)], "length"
    usage = {"prompt_tokens": tokens(prompt), "completion_tokens": tokens(text)}
    said = {"message": {"role": "assistant", "content": text}} if "messages" in body else {"text": text}
    limit = x.options.get("rpm")
    headers = {"x_ratelimit_limit_requests": limit, "x_ratelimit_remaining_requests": "1"} if limit else {}
    await x.answer(200, {"choices": [{**said, "finish_reason": finish_reason}], "usage": usage}, **headers)


def written(prompt: str, rng: random.Random) -> str:
    """Return the answer to a prompt of any step."""
    if prompt.endswith("Is it classification?"):
        return " Yes" if "Classify" in prompt.rsplit("Task:", 1)[1] else " No"
    if "Class label:" in prompt:
        return "\n".join(f"Class label: {label}\nText: {words(rng, 6)}" for label in ("first", "second"))
    if re.search(r"\nTask: .*\Z", prompt):
        return "\n".join(f"Example {n}\nText: {words(rng, 5)}\nOutput: {words(rng, 8)}" for n in (1, 2))
    asked = int(re.findall(r"\d+", prompt)[0])
    if prompt.endswith("}"):
        return json.dumps({"tasks": [task(rng) for _ in range(asked)]})
    first = int(re.findall(r"\d+", prompt)[-1])
    if prompt.endswith(f"\n{first}. Instruction:"):
        return numbered_tasks(rng, first, asked)
    return "\n".join(f"{n}. {instruction(rng)}" for n in range(first, first + 7)).removeprefix(f"{first}.")


def numbered_tasks(rng: random.Random, first: int, last: int) -> str:
    blocks = []
    for number in range(first, last):
        one = task(rng)
        head = "" if number == first else f"{number}. Instruction:"
        input_ = one["input"] or "<noinput>"
        blocks.append(f"{head} {one['instruction']}\n{number}. Input:\n{input_}\n{number}. Output:\n{one['output']}")
    return "\n###\n".join(blocks) + "\n###\n"


def task(rng: random.Random) -> Mapping[str, str | None]:
    input_ = f"{words(rng, 20)}." if rng.random() < 0.4 else None
    return {"instruction": instruction(rng), "input": input_, "output": f"{words(rng, rng.randint(25, 45))}."}


def instruction(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.12:
        return f"{_DUPLICATE} {words(rng, 1)}."
    if kind < 0.17:
        return f"Draw a picture of {words(rng, 3)}."
    return f"{rng.choice(_VERBS)} {words(rng, rng.randint(6, 10))}."


def words(rng: random.Random, count: int) -> str:
    return " ".join("".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(count))


def tokens(text: str) -> int:
    """Count as a tokenizer with pieces of up to six letters would, which is not how the product estimates."""
    return len(re.findall(r"[A-Za-z]{1,6}|\d{1,3}|[^\w\s]|[^\W\dA-Za-z]|\n", text))


TEACHERS: Mapping[str, Mode] = {
    "teacher": teacher,
    "parrot": parrot,
    "answerer": answerer,
    "teacher-ko": korean_teacher,
}


def answered(request: dict[str, Any]) -> dict[str, Any]:
    """What a vendor gives back for one line."""
    prompt = request["body"]["messages"][-1]["content"]
    text = written(prompt, random.Random(prompt))
    usage = {"prompt_tokens": tokens(prompt), "completion_tokens": tokens(text)}
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}
    return {"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
