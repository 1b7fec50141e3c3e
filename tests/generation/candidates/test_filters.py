"""Every filter names its fault, in English and in Korean, and leaves its look-alikes alone."""

import pytest

from generation.candidates.filters import FILTERS, PUBLISHED_WORDS, FilterProfile, Rejection, reject
from generation.dataset import Example
from generation.seed_tasks import SeedLanguage, load_seed_tasks

ALPACA = FilterProfile("alpaca")
ANY = FilterProfile("default")
ENGLISH = FilterProfile("default", "en")
KOREAN = FilterProfile("default", "ko")

AT_FAULT = {
    "too_short": [Example("Summarize", "A text.", "Short."), Example("", "", "An answer."), Example("요.", "", "네.")],
    "too_long": [Example("word " * 151, "", "Fine."), Example("아" * 1201, "", "네.")],
    "starts_punctuation": [
        Example(": describe the water cycle", "", "Water rises and falls."),
        Example("。물의 순환을 설명하세요", "", "물은 증발하고 내립니다."),
    ],
    "control_character": [
        Example("List three ships", "", "Cutter\x0bSloop"),
        Example("배를 세 척 말하세요", "", "거북선, 판옥선, \ufffd"),
    ],
    "empty_output": [Example("Name a river", "", ""), Example("강 이름을 대세요", "", " \u200b\n")],
    "na_output": [
        Example("Compose a melody", "", "<nooutput>"),
        Example("Compose a melody", "", "N/A"),
        Example("Draw a cat", "", "<No output, a drawing is needed>"),
        Example("Print the primes", "", "No output needed."),
        Example("노래를 만드세요", "", "(출력 없음)"),
        Example("해당하는 것을 고르세요", "", "해당 없음."),
    ],
    "same_in_out": [
        Example("Sort the words", "pear apple", "pear apple "),
        Example("Say it in a formal way", "", "Say it in a formal way"),
        Example("문장을 고치세요", "나는 학교에 갔다", "나는 학교에 갔다"),
    ],
    "merged_tasks": [
        Example("Describe bees", "", "They fly.\n\n8. Instruction: Write a haiku\n8. Input:\n<noinput>"),
        Example("Describe bees", "", "They fly.\n### Instruction: Write a haiku"),
        Example("벌을 설명하세요", "", "벌은 납니다.\n3. 지시: 시를 쓰세요\n3. 입력: 없음"),
    ],
    "truncated": [
        Example("When was it?", "", "It was founded in December 20"),
        Example("Give the date", "", "The vote was held on October 31, 20"),
        Example("How many people?", "", "It had ten million inhabitants as of 20"),
        Example("Describe the trend", "", "It grew from 1990 to 20"),
        Example("Add the numbers", "", "The sum of the numbers is equal to"),
        Example("Write a story", "", "She opened the door and saw the"),
        Example("Write a loop", "", "```python\nfor i in range(3):"),
        Example("이야기를 쓰세요", "", "그는 문을 열고 방 안으로 들어가서 의자를"),
        Example("장점을 말하세요", "", "값이 싸고 오래 쓸 수 있습니다. 그리고"),
    ],
    "attachment": [
        Example("Describe the picture", "[Image of a dog]", "A brown dog."),
        Example("What is shown?", "<Photo attached>", "A lake."),
        Example("Name the shape", "![shape](shape.png)", "A square."),
        Example("Which bird is it?", '<img src="bird.jpg">', "A heron."),
        Example("Summarize the article", "(Insert article)", "It is about rain."),
        Example("Classify the photo", "Attached photo of a car", "Car"),
        Example("Summarize the attached document in one line", "", "It is a contract."),
        Example("Write a caption for this photo", "", "A day at sea."),
        Example("사진을 설명하세요", "[사진 첨부]", "바다가 보입니다."),
        Example("첨부된 파일을 요약하세요", "", "계약서입니다."),
        Example("다음 그림을 설명하세요", "", "산이 보입니다."),
    ],
    "url_input": [
        Example("Summarize the article", "https://example.org/rain-in-spain", "It rains."),
        Example("Identify the artist", "www.example.org/sunflowers.jpg", "Van Gogh"),
        Example("Evaluate the website", "Website: https://example.org", "It is clear."),
        Example("Summarize this article: https://example.org/rain", "", "It rains."),
        Example("기사를 요약하세요", "https://example.org/news/1", "비가 옵니다."),
    ],
    "disclaimer": [
        Example("Sketch a horse", "", "As a large language model, I am unable to draw."),
        Example("What is new today?", "", "I'm an AI and have no access to the news."),
        Example("Open the site", "", "I'm sorry, but I cannot access the internet."),
        Example("Make a chart", "", "This task cannot be performed by a GPT model."),
        Example("말을 그리세요", "", "저는 AI 언어 모델로서 그림을 그릴 수 없습니다."),
        Example("오늘 뉴스를 알려 주세요", "", "죄송하지만 실시간 정보는 제공할 수 없습니다."),
    ],
}

LOOK_ALIKES = {
    "too_short": [Example("Tell a joke", "", "A horse walks into a bar."), Example("번역하세요", "dog", "개")],
    "too_long": [Example("word " * 150, "", "Fine.")],
    "starts_punctuation": [
        Example('"Carpe diem": what does it mean?', "", "Seize the day."),
        Example("-5 + 3 = ?", "", "-2"),
        Example("「春」の反対語は?", "", "秋"),
    ],
    "control_character": [Example("Make a table", "", "a\tb\r\n1\t2\n👩‍🔬")],
    "empty_output": [Example("What comes after 6?", "", "7"), Example("Which sign means and?", "", "&")],
    "na_output": [
        Example("What is the symbol of sodium?", "", "Na"),
        Example("Which of them is a bird?", "cat, dog", "None."),
        Example("이 중에 새가 있나요?", "개, 고양이", "없음"),
        Example("Does it print anything?", "pass", "No output appears, since `pass` does nothing."),
    ],
    "same_in_out": [Example("Remove extra spaces", "a  b", "a b"), Example("첫 글자를 크게", "abc", "Abc")],
    "merged_tasks": [
        Example("Give a recipe", "", "Ingredients: eggs\n\nInstructions:\n1. Beat them.\n2. Fry them."),
        Example("Write a program", "", "print(3)\n\n# Output: 3"),
        Example("Invent an input for the task", "Add numbers", "Input: 2 + 3\nOutput: 5"),
        Example("요리법을 알려 주세요", "", "재료: 달걀\n1. 달걀을 풉니다.\n2. 부칩니다."),
    ],
    "truncated": [
        Example("What are the odds?", "", "The odds are 1 in 20"),
        Example("What is the total?", "", "Team 3: 50, Team 4: 20"),
        Example("What is 4 times 5?", "", "20"),
        Example("Arrange the notes", "A C", "C G F A"),
        Example("Which article fits?", "___ apple", "an"),
        Example("Who can help?", "", "A friend is someone you can always talk to"),
        Example("Write a loop", "", "```python\nfor i in range(3): print(i)\n```"),
        Example("Open a letter", "", "Dear Professor [last name],"),
        Example("사과를 다른 말로?", "", "능금"),
    ],
    "attachment": [
        Example("Describe the painting Mona Lisa", "", "A woman smiles."),
        Example("Close the tags in this HTML snippet", '<b><img src="a.png">', '<b><img src="a.png"></b>'),
        Example("Write a poem about a photo album", "", "Old faces smile."),
        Example("How do I attach a file to a mail?", "", "Press the paper clip."),
        Example("사진을 잘 찍는 방법을 알려 주세요", "", "빛을 보세요."),
    ],
    "url_input": [
        Example("Identify the domain name", "https://example.org/a", "example.org"),
        Example("Generate HTML for a link", "https://example.org", '<a href="https://example.org">Link</a>'),
        Example("Find the links in the text", "See https://example.org for more.", "https://example.org"),
        Example("Summarize the text", "Rain fell all day (source: https://example.org).", "It rained."),
        Example("도메인을 찾으세요", "https://example.org/a", "example.org"),
    ],
    "disclaimer": [
        Example("Write an apology for being late", "", "I'm sorry I was late. I cannot excuse it."),
        Example("How does a chatbot say no?", "", "As an AI language model, I cannot do that."),
        Example("Decline an invitation", "", "I'm sorry, but I can't come to the party."),
        Example("사과 편지를 쓰세요", "", "늦어서 죄송합니다. 다음에는 일찍 가겠습니다."),
    ],
}

CASES = [(reason, example) for reason, examples in AT_FAULT.items() for example in examples]
GOOD = [(reason, example) for reason, examples in LOOK_ALIKES.items() for example in examples]


@pytest.mark.parametrize(("reason", "example"), CASES)
def test_a_fault_is_named(reason: str, example: Example):
    rejection = reject(example, profile=ANY)
    assert rejection
    assert rejection.reason == reason


@pytest.mark.parametrize(("reason", "example"), GOOD)
def test_a_look_alike_passes(reason: str, example: Example):
    assert reject(example, profile=ANY) is None


def test_every_filter_of_the_default_profile_has_examples_of_both_kinds():
    reasons = {row.reason for row in FILTERS if row.profile == "default"}
    assert reasons == AT_FAULT.keys() == LOOK_ALIKES.keys()


@pytest.mark.parametrize(
    ("example", "profile"),
    [
        (Example("다음 문장을 요약하세요", "", "비가 옵니다."), ENGLISH),
        (Example("Summarize the sentence", "", "It rains."), KOREAN),
        (Example("비에 대해 설명하세요", "", "Rain is water that falls from clouds to the ground."), KOREAN),
        (Example("Explain rain to me", "", "비는 구름에서 땅으로 떨어지는 물방울을 말하는 것입니다."), ENGLISH),
        (Example("비에 대해 설명하세요", "", "雨とは 雲から 地上に 落ちる 水の 粒の ことです。"), KOREAN),
    ],
)
def test_the_wrong_language_is_named(example: Example, profile: FilterProfile):
    rejection = reject(example, profile=profile)
    assert rejection
    assert rejection.reason == "wrong_language"


@pytest.mark.parametrize(
    ("example", "profile"),
    [
        (Example("다음 문장을 영어로 번역하세요", "비가 온다", "It has been raining since the early morning."), KOREAN),
        (Example("Translate into Korean", "It rains", "아침 일찍부터 지금까지 계속 비가 내리고 있습니다."), ENGLISH),
        (Example("Python으로 list comprehension 예제를 쓰세요", "", "squares = [n * n for n in range(9)]"), KOREAN),
        (Example("수도를 쓰세요", "France", "Paris"), KOREAN),
        (Example("HTTP와 TCP/IP의 차이는?", "", "HTTP는 application layer, TCP/IP는 transport layer입니다."), KOREAN),
        (Example("What is 2 + 2?", "", "4"), ENGLISH),
    ],
)
def test_text_that_belongs_in_another_language_passes(example: Example, profile: FilterProfile):
    assert reject(example, profile=profile) is None


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("Tell a joke", "too_short"),
        ("word " * 151, "too_long"),
        *((f"Tell me something about {word.upper()} today", "blocked_word") for word in PUBLISHED_WORDS),
        ("Write a program that adds numbers", "blocked_opening"),
        ('"Carpe diem" means what exactly?', "starts_punctuation"),
        ("다음 문장을 영어로 번역하세요.", "starts_non_ascii"),
        ("Écris un poème sur la mer", "starts_non_ascii"),
        ("", "too_short"),
    ],
)
def test_the_alpaca_profile_has_the_published_rules(instruction: str, reason: str):
    rejection = reject(Example(instruction), profile=ALPACA)
    assert rejection
    assert rejection.reason == reason


@pytest.mark.parametrize(
    "example",
    [
        Example("word " * 150, "", "N/A"),
        Example("Explain the mapping of profiles to imagery", "", ""),
        Example("Write programs that add two numbers"),
        Example("Rewrite a program that adds numbers", "https://example.org", "As an AI language model, I cannot."),
    ],
)
def test_the_alpaca_profile_has_no_other_rules(example: Example):
    assert reject(example, profile=ALPACA) is None


def test_a_rejection_says_what_was_seen():
    assert reject(Example("Plot the graph of a function"), profile=ALPACA) == Rejection("blocked_word", "Plot")
    assert reject(Example("Name a river", "", "N/A")) == Rejection("na_output", "N/A")


@pytest.mark.parametrize(("language", "profile"), [("en", ENGLISH), ("en", ANY), ("ko", KOREAN), ("ko", ANY)])
def test_what_people_wrote_is_not_at_fault(language: SeedLanguage, profile: FilterProfile):
    assert {
        name: reject(example, profile=profile) for name, example in seeds(language) if reject(example, profile=profile)
    } == {}


def test_the_published_rules_turn_away_the_two_tasks_of_people_that_speak_of_files():
    rejections = {name: reject(example, profile=ALPACA) for name, example in seeds("en")}
    assert {name: rejection.detail for name, rejection in rejections.items() if rejection} == {
        "count_lines_shell": "files",
        "csv_fictional_staff": "file",
    }


def seeds(language: SeedLanguage) -> list[tuple[str, Example]]:
    """Return every worked case of the seed tasks that come with the product, by the task's name."""
    return [
        (task.name, Example(task.instruction, instance.input, instance.output))
        for task in load_seed_tasks(language)
        for instance in task.instances
    ]
