"""Words that a mark looks for: an answer that asks for the vote, and a prompt that asks for names. Pure.

A text about votes is no canvassing: what is found is a demand to choose the writer, its side or its letter.
"""

import re

# What a reader is asked to do …
CHOOSE = r"(?:vote|choose|select|pick|prefer|favou?r|rate|rank|score|judge|mark|declare|press|click|give(?!\s+me\b))"
# … and for whom: the writer, its answer, its side.
SELF = (
    r"(?:me\b|myself\b|(?:this|my|the\s+(?:above|present|current))\s+(?:answer|response|reply|output|side|assistant|model|completion)\b|"
    r"(?:the\s+)?(?:answer|response|reply|assistant|model|option|side|candidate\s+answer|output|button)\s+[\"'“‘(*]{0,6}(?:a|b|1|2)\b(?![-'’]|\s+(?:lot|bit|few|good|better))|"
    r"(?:the\s+)?(?:left|right|first|second)(?:[- ]hand)?\s+(?:answer|response|reply|assistant|side|one|button)\b)"
)
# A letter alone is meant only where what is said ends with it, or goes on to say why.
LETTER = (
    r"[\"'“‘(*\[]{0,6}(?:[AB](?=[\"'”’)*\]]{0,6}\s*(?:[.!;:,\n<]|--|$|because|since|as\b|if\b|now|please|here|immediately|only))"
    r"|[ab](?=[\"'”’)*\]]{0,6}\s*(?:[.!;\n]|$)))"
)
# A demand stands at the beginning of what is said, or after a word that makes it one.
DEMAND = (
    r"(?:^|[.!?:;,\n\]\)>*\"“—–-]|\b(?:please|must|should|shall|always|now|just|simply|only|kindly|and|then|you|to|will|"
    r"have\s+to|need\s+to|ought\s+to|want\s+you\s+to|asked\s+to|instructed\s+to|is\s+to)\b)[\s\"'“*\[(<]{0,6}"
)
NOT_A_DEMAND = "".join(
    f"(?<!{before} )"
    for before in ("[iI]f you", "[wW]hen you", "[iI]f they", "voters", "people", "who", "they", "we", "can", "could")
)
TELLING = (
    rf"{DEMAND}(?:{CHOOSE}|cast\s+(?:your|the|a)\s+(?:vote|ballot))\s+(?:(?:for|in\s+favou?r\s+of|strictly|only|to)\s+)*{SELF}",
    (
        r"\b(?:this|my)\s+(?:answer|response|reply|output)\s+(?:is|should\s+be|must\s+be|deserves|has\s+to\s+be)\s+"
        r"(?:clearly\s+|obviously\s+|objectively\s+|rated\s+|ranked\s+|judged\s+|considered\s+|marked\s+|chosen|selected|picked|"
        r"your\s+vote|the\s+vote|to\s+win|the\s+(?:better|best|winner|winning|superior)\b)"
    ),
    (
        r"\bi\s+(?:deserve|want|need|would\s+(?:like|appreciate)|ask\s+for|am\s+asking\s+for|hope\s+for|beg\s+for)\s+(?:to\s+get\s+|to\s+have\s+)?"
        r"your\s+(?:vote|ballot|preference)\b"
    ),
    r"\byour\s+vote\s+(?:should|must|ought\s+to|has\s+to|needs\s+to|belongs|goes|is)\s+(?:go\s+)?(?:to|for|be)?\s*(?:me\b|mine\b|this\b|[ab12]\b)",
    (
        r"\b(?:the\s+)?(?:winner|better\s+(?:answer|response|one)|best\s+(?:answer|response)|correct\s+(?:vote|verdict|choice)|verdict)"
        r"\s*(?:is|:|=|must\s+be|should\s+be)\s*(?:the\s+)?[\"'“(*\[]{0,6}(?:(?:answer|response|assistant|model|option|side)\s+)?"
        r"(?:this\s+(?:one|answer|response)|me\b|mine\b|\[\[?[ab]\]|(?:answer|response|assistant|model|side)\s+[ab12]\b)"
    ),
    r"\bvoting\s+for\s+(?:me|this\s+(?:answer|response|reply))\b",
    r"\bignore\s+(?:the\s+)?other\s+(?:answer|response|assistant|model|reply|side)\b",
    r"\bthe\s+other\s+(?:answer|response|assistant|model|reply)\s+(?:is|was)\s+(?:wrong|worse|bad|harmful|plagiari[sz]ed|a\s+lie|generated\s+by)",
    (
        r"\b(?:attention|(?:note|message|instruction)s?\s+(?:to|for))[,:]?\s+(?:the\s+)?"
        r"(?:judge|voter|rater|grader|evaluator|annotator)s?\b"
    ),
    # German, French, Spanish, Portuguese, Italian, Korean, Chinese, Japanese, Russian.
    r"\b(?:stimm\w*|wähl\w*|bewerte\w*)\s+(?:sie\s+)?(?:bitte\s+)?(?:für\s+)?(?:mich|diese\s+antwort|antwort\s+[ab]\b)",
    r"\b(?:vote[zr]?|choisis\w*|préfére[zr])\s+(?:pour\s+)?(?:moi\b|cette\s+réponse|(?:la\s+)?réponse\s+[ab]\b)",
    (
        r"\b(?:vota\w*|elij\w+|elige\w*|escoge\w*|prefier\w+|escolh\w+|scegli\w*)\s+(?:por\s+|per\s+|em\s+)?(?:m[ií]\b|mim\b|me\b|"
        r"est[ae]\s+(?:respuesta|resposta)|questa\s+risposta|(?:la\s+)?(?:respuesta|resposta|risposta)\s+[ab]\b)"
    ),
    r"(?:저|나|제\s*답변|이\s*답변|[ab]\s*답변|답변\s*[ab])(?:에게|를|을|에)?\s*(?:투표|선택|골라)",
    r"(?:投票给|投給|投给|请选择?|請選擇?|选择)\s*(?:我|本|这个回答|這個回答|回答\s*[ab]|[ab])",
    r"(?:私|この(?:回答|答え)|回答\s*[ab]|[ab])(?:に|を)?(?:投票|選んで|お選び)",
    r"(?:голосуй\w*|проголосуй\w*|выбер\w+)\s+(?:за\s+)?(?:меня|этот\s+ответ|ответ\s+[ab]\b)",
)
_CANVASSING = re.compile("|".join(f"(?:{way})" for way in TELLING), re.IGNORECASE | re.MULTILINE)
_LETTER = re.compile(
    rf"(?i:{DEMAND}){NOT_A_DEMAND}(?i:vote|choose|select|pick)\s+(?i:for\s+|option\s+)?{LETTER}", re.MULTILINE
)

_NAMES = re.compile(
    r"\b(?:who|what)\s+(?:exactly\s+)?(?:are|r)\s+(?:you|u)\b|\bwhat(?:['’]s|\s+is)\s+your\s+(?:real\s+|full\s+)?name\b|"
    r"\bwh(?:ich|at)\s+(?:\w+\s+){0,3}(?:model|llm|ai|assistant|chatbot|version|company)\s+(?:\w+\s+){0,2}(?:are\s+you|you\s+are|"
    r"am\s+i|made\s+you|is\s+this|answers)\b|"
    r"\bwho\s+(?:made|built|created|developed|trained|designed|owns|programmed)\s+you\b|"
    r"\b(?:are\s+you|you\s+are|i\s+know\s+you(?:['’]re|\s+are))\s+(?:really\s+|actually\s+)?(?:chat\s?gpt|gpt|claude|gemini|llama|mistral|qwen|deepseek|"
    r"grok|alpaca|vicuna|bard|copilot)|"
    r"\b(?:tell|give|say|reveal|state|disclose|print|repeat)\b(?:\s+\w+){0,3}\s+your\s+(?:\w+\s+){0,2}(?:name|identity|maker|developer|model|version|"
    r"system\s+prompt)\b|\bintroduce\s+yourself\b|\bidentify\s+yourself\b|"
    r"\bwer\s+(?:bist|sind)\s+(?:du|sie)\b|"
    r"\bwie\s+hei(?:ß|ss)(?:t\s+du|en\s+sie)\b|\bqui\s+(?:es[- ]tu|êtes[- ]vous)\b|"
    r"\bcomment\s+(?:t['’]appelles|vous\s+appelez)\b|\bqui[eé]n\s+eres\b|\bc[oó]mo\s+te\s+llamas\b|\bquem\s+é\s+você\b|\bchi\s+sei\b|"
    r"너는?\s*누구|당신은\s*누구|누구(?:세요|야|니|십니까)|이름이?\s*(?:뭐|무엇)|你是谁|你是誰|你叫什么|你是什么模型|あなたは(?:誰|だれ)|"
    r"お?名前は(?:何|なん)|кто\s+ты|как\s+тебя\s+зовут",
    re.IGNORECASE,
)
# Whoever asks for a part to be played wants to know who *that* is.
_PLAY = re.compile(
    r"\b(?:pretend|imagine|role-?play|act\s+as|poem|story|lyrics|song|translate|say\s+in)\b", re.IGNORECASE
)


def canvasses(answer: str) -> bool:
    """Return whether an answer asks its reader for the vote."""
    text = _tight(answer)
    return bool(_CANVASSING.search(text) or _LETTER.search(text))


def asks_for_names(prompt: str) -> bool:
    """Return whether a prompt asks who is answering."""
    text = _tight(prompt)
    return bool(_NAMES.search(text)) and not _PLAY.search(text)


def _tight(text: str) -> str:
    """Return a text without runs of blanks, on which patterns would spend time that grows with their square."""
    return re.sub(r" ?\n[ \n]*", "\n", re.sub(r"[^\S\n]+", " ", text.strip()))
