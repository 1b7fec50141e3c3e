"""Synthetic private spans: invented people with their data, in sentences of seven languages, to measure detectors by.

Everything is drawn from a seed. Surnames are put together from syllables, so that no list of names holds them; numbers
have the forms that people write. None belongs to anybody, except by chance.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena.releases.private_spans import PrivateDetector, PrivateKind

LANGUAGES = ("en", "ko", "de", "fr", "es", "ja", "zh")
KINDS = (
    PrivateKind.EMAIL,
    PrivateKind.PHONE,
    PrivateKind.CARD,
    PrivateKind.RESIDENT_NUMBER,
    PrivateKind.ADDRESS,
    PrivateKind.IP,
    PrivateKind.NAME,
)
GIVEN = {
    "en": "Orla Desmond Tamsin Rupert Keziah Alistair Bettina Corwin Della Ezra Philippa Gideon Imogen Leopold Maeve",
    "de": "Wiebke Torben Hedda Ruprecht Annegret Enno Gesine Jannes Roswitha Eike Friederike Hinnerk Liselotte Malte",
    "fr": "Clotilde Gaspard Solène Thibault Maëlys Aurélien Capucine Corentin Ombeline Firmin Apolline Ghislain",
    "es": "Eulalia Fermín Graciela Ildefonso Maribel Nazario Remedios Saturnino Yolanda Braulio Casilda Evaristo",
}
BEGIN = {
    "en": "Ash Brack Cald Dun Els Farn Gar Hath Kel Lang Mar Nor Ox Pen Rad Sel Thorn Ul Wex Yar",
    "de": "Acker Birken Dorn Eich Feld Grün Hasel Kloster Linden Moos Nieder Ober Rauch Stein Tannen Wald",
    "fr": "Beau Char Dela Fou Gra Haute Lam Mont Pel Ribe Sau Tour Val Vau",
    "es": "Alba Barra Carras Dela Esca Figue Gala Hino Mira Ola Pala Quin Saave Zubi",
}
END = {
    "en": "bourne combe den field gate ham hurst ley mere more ridge shaw stead ton well wick worth",
    "de": "bacher brink dörfer hauser huber kamp loher mann meister reuter schmied stetter wieser",
    "fr": "baud champ court dier fort gnac lier mont nard puis ric sac teau vert vigne",
    "es": "bal cedo dor garay landa men niz queta rdo rri saga teros valle zola",
}
KOREAN = (
    "김이박최정강조윤장임한오서신권황안송홍고문배백허남심노하곽성차주우민진",
    "민서지하도예윤수현준재성영은채유건태",
    "준우호민연윤원진훈빈석현영희경린아율",
)
JAPANESE = (
    [
        "栗山",
        "今村",
        "相沢",
        "根岸",
        "戸田",
        "三宅",
        "平川",
        "富田",
        "神谷",
        "沢田",
        "青山",
        "長田",
        "柏木",
        "大森",
        "黒木",
        "細川",
        "白井",
        "梅田",
    ],
    [
        "翔太",
        "美咲",
        "健一",
        "陽子",
        "直樹",
        "彩香",
        "拓也",
        "由美",
        "亮",
        "さくら",
        "恵",
        "大輔",
        "千尋",
        "浩二",
        "愛",
    ],
)
CHINESE = (
    "陈林黄郑谢唐许邓冯曹彭曾萧田董袁潘蔡余杜叶程苏魏吕丁沈姚卢傅钟姜崔谭廖范汪陆金石",
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚文辉玲红玉梅雪婷欣怡佳浩宇轩晨博瑞思雨",
)
SENTENCES: Mapping[str, Sequence[str]] = {
    "en": (
        "Could you answer this for me: {} says nothing arrived.",
        "It is about {}, since spring.",
        "We have {} on file",
        "Please forward all of it to {}.",
        "Her note only said {} and a date.",
    ),
    "ko": (
        "어제 {} 때문에 문의가 왔습니다.",
        "확인 부탁드립니다: {}",
        "서류에는 {} 라고 적혀 있어요.",
        "아래 내용을 고쳐 주세요. {}",
    ),
    "de": (
        "Im Vertrag steht {} als Angabe.",
        "Bitte prüfe das: {}",
        "Wegen {} hat sie schon zweimal geschrieben.",
        "Danach kam {}, sonst nichts.",
    ),
    "fr": (
        "Dans le dossier il y a {}, rien d'autre.",
        "Peux-tu vérifier ceci : {}",
        "On m'a donné {} hier soir.",
        "Ensuite vient {} et la date.",
    ),
    "es": (
        "En el contrato aparece {} desde mayo.",
        "Revisa esto, por favor: {}",
        "Ayer me dieron {} y nada más.",
        "Después viene {} con la fecha.",
    ),
    "ja": ("書類には{}とあります。", "確認してください：{}", "昨日、{}について聞かれました。"),
    "zh": ("文件里写着{}。", "请核对一下：{}", "昨天有人问起{}的事情。"),
}


@dataclass(frozen=True, slots=True)
class SyntheticText:
    """A sentence with one private span."""

    text: str
    start: int
    end: int
    kind: PrivateKind
    language: str


def synthetic_texts(*, seed: int, each: int) -> Iterator[SyntheticText]:
    """Yield `each` sentences for every kind and language."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for language in LANGUAGES:
        for kind in KINDS:
            for _ in range(each):
                value = MAKERS[kind](chance, language)
                before, after = chance.choice(SENTENCES[language]).split("{}")
                yield SyntheticText(f"{before}{value}{after}", len(before), len(before) + len(value), kind, language)


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of the spans of a kind in a language were found."""

    found: int
    of: int

    @property
    def share(self) -> float:
        """The share that was found."""
        return self.found / self.of


def recalls(
    detectors: Sequence[PrivateDetector], texts: Iterator[SyntheticText]
) -> dict[tuple[PrivateKind, str], Recall]:
    """Return the recall by kind and language: a span is found if any detector marks a piece of it, as any kind."""
    found: Counter[tuple[PrivateKind, str]] = Counter()
    number: Counter[tuple[PrivateKind, str]] = Counter()
    for one in texts:
        key = (one.kind, one.language)
        number[key] += 1
        found[key] += any(span.touches(one.start, one.end) for by in detectors for span in by.find(one.text))
    return {key: Recall(found[key], number[key]) for key in number}


def _digits(chance: random.Random, number: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(number))


def _shaped(chance: random.Random, shapes: Sequence[str]) -> str:
    """Return one of the shapes: # becomes a digit, * one from 1 to 9, ? a capital letter."""
    made = {
        "#": lambda: _digits(chance, 1),
        "*": lambda: chance.choice("123456789"),
        "?": lambda: chance.choice("ABCDEFGHKLMNPRSTWXYZ"),
    }
    return "".join(made[letter]() if letter in made else letter for letter in chance.choice(shapes))


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))


def _email(chance: random.Random, _language: str) -> str:
    user = chance.choice(("{a}.{b}", "{a}_{n}", "{a}{n}", "{a}+{b}", "{a}-{b}")).format(
        a=_word(chance), b=_word(chance), n=_digits(chance, 2)
    )
    host, end = (
        _word(chance),
        chance.choice(("com", "org", "co.uk", "de", "fr", "es", "co.kr", "ne.jp", "cn", "io", "museum")),
    )
    return chance.choice(
        (f"{user}@{host}.{end}",) * 4 + (f"{user} at {host} dot {end.split('.')[0]}", f"{user} [at] {host}.{end}")
    )


PHONES = {
    "en": (
        "(*##) ###-####",
        "*##-###-####",
        "*##.###.####",
        "+1 *## ### ####",
        "1-*##-###-####",
        "020 7### ####",
        "07*## ######",
        "+44 20 7### ####",
        "*##-###-#### ext. ##",
    ),
    "ko": (
        "010-####-####",
        "010 #### ####",
        "010########",
        "02-###-####",
        "031-###-####",
        "+82 10-####-####",
        "010.####.####",
    ),
    "de": ("030 #######", "0171 #######", "+49 89 ######", "0221/#######", "+49 (0)40 ######", "0151-########"),
    "fr": ("06 ## ## ## ##", "01.##.##.##.##", "+33 6 ## ## ## ##", "07########", "04-##-##-##-##"),
    "es": ("6## ### ###", "91 ### ## ##", "+34 6########", "6## ## ## ##", "93-###-##-##"),
    "ja": ("090-####-####", "03-####-####", "080########", "+81 90-####-####", "06(####)####"),
    "zh": ("13*########", "138-####-####", "010-########", "+86 139 #### ####", "0755-########"),
}
RESIDENT = {
    "en": ("*##-##-####", "?? ## ## ## A", "*## ## ####"),
    "ko": ("######-*######", "######*######", "###### - *######"),
    "de": ("## ### ### ###", "###########", "########?###"),
    "fr": ("* ## ## ## ### ### ##", "*##############"),
    "es": ("########?", "X-#######-?", "##.###.###-?"),
    "ja": ("#### #### ####", "############"),
    "zh": ("11010119##0*1####X", "310101198*0*0*####"),
}


def _card(chance: random.Random, _language: str) -> str:
    digits = f"{chance.choice('3456')}{_digits(chance, 14)}"
    total = sum(sum(divmod(int(one) * 2, 10)) if place % 2 == 0 else int(one) for place, one in enumerate(digits))
    digits += str(-total % 10)
    between = chance.choice(("", " ", "-"))
    return between.join(digits[start : start + 4] for start in range(0, 16, 4))


def _ip(chance: random.Random, _language: str) -> str:
    if chance.random() < 0.6:
        return ".".join(str(chance.randint(1, 254)) for _ in range(4))
    parts = [f"{chance.randint(1, 65535):x}" for _ in range(8)]
    return ":".join(parts) if chance.random() < 0.5 else ":".join(parts[:3]) + "::" + parts[-1]


def _name(chance: random.Random, language: str) -> str:
    if language == "ko":
        return "".join(chance.choice(syllables) for syllables in KOREAN) + chance.choice(("", "", " 씨"))
    if language == "ja":
        return chance.choice(("", " ")).join(map(chance.choice, JAPANESE)) + chance.choice(("", "さん"))
    if language == "zh":
        return chance.choice(CHINESE[0]) + "".join(chance.choice(CHINESE[1]) for _ in range(2))
    return f"{chance.choice(GIVEN[language].split())} {_surname(chance, language)}"


def _surname(chance: random.Random, language: str) -> str:
    return chance.choice(BEGIN[language].split()) + chance.choice(END[language].split())


def _address(chance: random.Random, language: str) -> str:
    number, flat = chance.randint(1, 240), chance.randint(101, 1905)
    place = _surname(chance, language if language in BEGIN else "en")
    forms: dict[str, tuple[str, ...]] = {
        "en": (
            f"{number} {place} {chance.choice(('Street', 'Lane', 'Road', 'Avenue', 'Close', 'Dr.'))}",
            f"Flat {chance.randint(1, 60)}, {number} {place} Road, {_shaped(chance, ('??# #??',))}",
            f"{number} {place} Blvd, Apt {flat}, {place}, OH {_digits(chance, 5)}",
        ),
        "de": (
            f"{place}straße {number}",
            f"{place}weg {number}a, {_digits(chance, 5)} {place}",
            f"Am {place} {number}",
            f"{place}er Str. {number}",
        ),
        "fr": (
            f"{number}, rue de {place}",
            f"{number} bis avenue {place}, {_digits(chance, 5)} {place}",
            f"{number} chemin des {place}",
        ),
        "es": (
            f"Calle {place} {number}",
            f"Avda. de {place}, {number}, 3º B",
            f"C/ {place}, nº {number}, {_digits(chance, 5)} {place}",
        ),
        "ko": (
            f"서울특별시 마포구 월드컵로 {number}",
            f"경기도 성남시 분당구 정자동 {number}-{number % 9 + 1}",
            f"부산 해운대구 센텀중앙로 {number} {chance.randint(101, 120)}동 {flat}호",
            f"전주시 완산구 홍산로 {number}",
        ),
        "ja": (
            f"東京都世田谷区桜丘{number % 9 + 1}-{number}-{number % 7 + 1}",
            f"大阪府吹田市山手町{number % 4 + 1}丁目{number}番{number % 20}号",
            f"〒{_digits(chance, 3)}-{_digits(chance, 4)} 北海道札幌市中央区南{number % 20}条",
        ),
        "zh": (
            f"北京市海淀区中关村大街{number}号",
            f"广东省深圳市南山区科技路{number}号{number % 30 + 1}栋{flat}室",
            f"上海市徐汇区漕溪北路{number}弄{number % 30 + 1}号",
        ),
    }
    return chance.choice(forms[language])


MAKERS: Mapping[PrivateKind, Callable[[random.Random, str], str]] = {
    PrivateKind.EMAIL: _email,
    PrivateKind.PHONE: lambda chance, language: _shaped(chance, PHONES[language]),
    PrivateKind.CARD: _card,
    PrivateKind.RESIDENT_NUMBER: lambda chance, language: _shaped(chance, RESIDENT[language]),
    PrivateKind.ADDRESS: _address,
    PrivateKind.IP: _ip,
    PrivateKind.NAME: _name,
}
