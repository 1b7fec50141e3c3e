"""Rules for postal addresses, by the words that each language has for streets and places."""

import re
from collections.abc import Iterator

from arena.releases.private_spans import PrivateKind, PrivateSpan

CAP = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
NUMBER = r"\d{1,5}(?:\s?[-/]\s?\d{1,4})?(?:\s?[a-zA-Z]\b|\s?bis\b|\s?ter\b)?"
SMALL = r"(?:d[eu]s?|de la|de los|de las|del|l['’]|d['’]|la|le|les|el|los|of|the|du|von|der|den|dem|am|zum|zur|y|et|di|da|do|dos)"
NAME = rf"(?:{SMALL}\s?|\s)*{CAP}(?:\s+(?:{SMALL}\s?)*{CAP}|\s+\d{{1,2}}\b){{0,5}}"
ENGLISH = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Terrace|Ter|Square|Sq|"
    r"Highway|Hwy|Parkway|Pkwy|Circle|Cir|Close|Crescent|Cres|Gardens|Gdns|Grove|Hill|Mews|Park|Row|Walk|Trail|Trl|"
    r"Alley|Plaza|Turnpike|Pike|Loop|Path|Rise|View|Quay|Wharf|Green|Common|Ridge|Run|Point|Bend|Cove|Crossing|"
    r"Expressway|Freeway|Heights|Island|Junction|Knoll|Landing|Manor|Meadow|Meadows|Mill|Orchard|Pass|Route|Shore|"
    r"Spring|Springs|Station|Stravenue|Summit|Track|Union|Valley|Via|Viaduct|Village|Ville|Vista|Wall|Walks|Well|Wells|"
    r"Burg|Camp|Canyon|Cape|Center|Centers|Cliff|Club|Corner|Corners|Course|Creek|Crest|Dale|Dam|Divide|Estate|Estates|"
    r"Extension|Fall|Falls|Ferry|Field|Fields|Flat|Flats|Ford|Forest|Forge|Fork|Forks|Fort|Garden|Gateway|Glen|Harbor|"
    r"Haven|Hills|Hollow|Inlet|Isle|Key|Lake|Lakes|Light|Lock|Locks|Lodge|Mall|Mission|Motorway|Mount|Mountain|Neck|"
    r"Oval|Parks|Passage|Pine|Pines|Plain|Plains|Port|Prairie|Radial|Ramp|Ranch|Rapid|Rapids|Rest|River|Roads|Rue|"
    r"Shoal|Skyway|Spur|Squares|Stream|Streets|Throughway|Trace|Trafficway|Tunnel|Underpass|Unions|Views)"
)
GERMAN = r"(?:stra(?:ß|ss)e|str\.?|weg|platz|allee|gasse|ring|damm|ufer|steig|stieg|pfad|graben|markt|hof|chaussee|promenade|wall|tor|berg|feld|wiese|brücke|park)"
ROMANCE = (
    r"(?:rue|r\.|avenue|av\.?|boulevard|bd\.?|boul\.|place|pl\.?|chemin|ch\.|impasse|all[ée]e|quai|cours|route|square|passage|"
    r"villa|r[ée]sidence|lotissement|faubourg|"
    r"calle|c\.|c/|avenida|avda\.?|plaza|pza\.?|paseo|p[ºo]\.?|camino|carretera|ctra\.?|ronda|traves[íi]a|callej[óo]n|glorieta|"
    r"urbanizaci[óo]n|cuesta|rambla|v[íi]a|pasadizo|alameda|vial|acceso|"
    r"via|viale|piazza|corso|vicolo|largo|strada|rua|pra[çc]a|travessa)"
)
RULES = (
    rf"\b{NUMBER},?\s+(?:(?:[NSEW]|North|South|East|West)\.?\s+)?(?:{CAP}\s+|\d{{1,3}}(?:st|nd|rd|th)\s+){{1,4}}{ENGLISH}\b\.?",
    rf"\b(?:(?:[A-Z]\w+\s+){{1,3}}){ENGLISH}\.?,?\s+{NUMBER}\b",
    r"\b(?:Apt|Apartment|Suite|Ste|Unit|Flat|Box|P\.?\s?O\.?\s?Box|Postfach|BP|Apdo\.?|Apartado)\.?\s*#?\s*\d+\w?\b",
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b",  # British post codes
    r"\b[A-Z][a-zA-Z.]+(?:\s[A-Z][a-zA-Z.]+)*,?\s(?:[A-Z]{2}|[A-Z][a-z]+(?:\s[A-Z][a-z]+)?),?\s\d{5}(?:-\d{4})?\b",  # Springfield, IL 62701
    rf"\b[\wÀ-ž-]{{0,40}}{GERMAN}\s+{NUMBER}\b",
    rf"\b{CAP}[- ]{GERMAN}\s+{NUMBER}\b",
    rf"\b(?:Am|An|Auf|Im|In|Zum|Zur|Unter|Beim|Alte[rs]?|Neue[rs]?|Obere|Untere)\s+(?:(?:der|dem|den|die)\s+)?{CAP}(?:[- ]{CAP})?\s+{NUMBER}\b",
    r"\b(?:[A-Z]{1,2}-)?\d{5}\s+[A-ZÀ-Þ][\wÀ-ž'’-]+(?:[ -][A-ZÀ-Þ(][\wÀ-ž'’-]+)*",  # 10115 Berlin
    rf"\b{NUMBER}\s?,?\s+(?i:{ROMANCE})\s?(?:{NAME}|{SMALL}\s?\w+)",
    rf"\b(?i:{ROMANCE})\s?{NAME},?\s*(?:n[.º°o]?[º°.]?\s?|núm\.?\s?|número\s|numéro\s)?{NUMBER}\b",
    # Korea: a street or a quarter with a number, a flat, a province with what lies in it
    r"(?<![가-힣])(?!가로|세로|서로|새로|바로|따로|그대로|이대로|제대로|반대로|차례로)[가-힣]{1,12}(?<![으므])(?:대로|로|길)(?:[ ]?\d+(?:번)?(?:가|나|다)?길)?[ ]?\d+(?:-\d+)?(?:번지)?",
    r"[가-힣]{2,9}동[ ]\d+-\d+|[가-힣]{1,9}(?:동|리|가|읍|면)[ ]\d+(?:-\d+)?번지",
    r"\d+[ ]?동[ ]?\d+[ ]?호|(?<!\d)\d{3,4}[ ]?호(?![가-힣])",
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청?[북남]|전라?[북남]|경상?[북남]|제주)[가-힣]{0,6}\s?[가-힣]{1,6}[시군구](?:\s[가-힣]{1,9})?",
    r"[가-힣]{1,4}(?:시|군)\s[가-힣]{1,4}(?:구|읍|면|동)(?![가-힣])",
    r"우편\s?번호\D{0,4}\d{5}|〒\s?\d{3}-?\d{4}",
    # Japan
    r"[一-鿿]{2,3}[都道府県][一-鿿ぁ-ヿ]{1,8}[市区町村郡]",
    r"[一-鿿ぁ-ヿ]{1,10}[市区町村]?[一-鿿ぁ-ヿ]{1,8}\d{1,4}(?:丁目|番地?|-\d{1,4}(?:-\d{1,4})?)(?:\d{0,4}(?:番地?|号|-\d+))*",
    r"[一-鿿ぁ-ヿ]{1,10}[一二三四五六七八九十]+丁目",
    # China
    r"[一-鿿]{2,4}(?:省|自治区|市)[一-鿿]{1,8}(?:市|区|县|州|镇)",
    r"[一-鿿\d]{2,12}(?:路|街|道|巷|弄|大道|胡同|村)\s?[一-鿿]{0,3}\d+\s?(?:号|弄|幢|栋)?",
    r"[一-鿿](?:路|街|道|巷|弄)\s?[A-Za-z\d]{1,4}\s?(?:座|号|栋|幢|室|楼)",
    r"\d+\s?(?:号楼|单元|栋|幢)\s?\d*\s?(?:单元)?\s?\d*\s?室?|(?<!\d)\d{3,4}室",
)
PATTERNS = [re.compile(rule) for rule in RULES]


def address_spans(text: str) -> Iterator[PrivateSpan]:
    """Yield what looks like a postal address in a text whose letters are plain."""
    for pattern in PATTERNS:
        for match in pattern.finditer(text):
            yield PrivateSpan(match.start(), match.end(), PrivateKind.ADDRESS)
