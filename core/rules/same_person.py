"""Whether two patients of a clinic are likely one person under two codes (rules.md, section 3)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.model import Patient
from core.rules.spelling import edit_distance

NICKNAMES: Final = (
    "abigail abby gail; albert al bert; alexander alex al sasha xander; alexandra alex sandra lexi; alfred al fred; "
    "alison allison ali; amanda mandy; andrew andy drew; angela angie; ann anne anna annie; anthony tony; arthur art; "
    "barbara barb barbie; benjamin ben benny; bernard bernie; beverly bev; bradley brad; brandon brandt; caroline "
    "carolyn carrie; catherine katherine kathryn catharine cathy kathy kate katie kat kitty; charles charlie chuck "
    "chaz; christina kristina chris tina christine kristine christy; christopher chris kit; cynthia cindy; daniel dan "
    "danny; david dave davy; deborah debra deb debbie; dennis denny; donald don donnie; dorothy dot dottie; douglas "
    "doug; edward ed eddie ted teddy ned; eleanor ellie nell nora; elizabeth elisabeth liz lizzie beth betty betsy "
    "eliza lisa libby; emily em emmy; eugene gene; evelyn eve evie; florence flo; frances fran francie; francis "
    "frank; franklin frank; frederick fred freddy; gabriel gabe; george georgie; gerald gerry jerry; geoffrey jeffrey "
    "jeff geoff; gregory greg; harold harry hal; henry hank harry; isabella isabel bella; jacob jake; jacqueline "
    "jackie; james jim jimmy jamie; janet jan; jason jay; jeanette jean; jennifer jen jenny jenn; jeremy jeremiah "
    "jerry; jessica jess jessie; john jon johnny jack; jonathan jon john johnny; joseph joe joey; joshua josh; "
    "josephine jo josie; judith judy; julia julie; kenneth ken kenny; kimberly kim; lawrence laurence larry; leonard "
    "len lenny leo; leslie les; lillian lily; linda lindy; louis lewis lou louie; louise lou; lucille lucy; margaret "
    "maggie meg peggy marge margie greta rita; maria mary marie; martha marty; martin marty; matthew matt; maureen "
    "mo; maxwell max; megan meg; melissa missy mel; michael mike mick mickey micheal; michelle shelly; mildred "
    "millie; mitchell mitch; nancy nan; natalie nat; nathan nathaniel nate; nicholas nick nicky; nicole nicky nikki; "
    "norman norm; pamela pam; patricia pat patty trish tricia; patrick pat paddy; peter pete; philip phillip phil; "
    "rachel rae; randall randolph randy; raymond ray; rebecca becky becca; richard rick ricky rich dick richie; "
    "robert bob bobby rob robbie bert; roberta bobbie; roger rodge; ronald ron ronnie; russell russ; samantha sam; "
    "samuel sam sammy; sandra sandy; sarah sara sally; sean shawn shaun; sharon shari; stanley stan; stephen steven "
    "steve stevie; stephanie steph; susan sue susie suzanne; teresa theresa terry tess; terrence terence terry; "
    "theodore ted teddy theo; thomas tom tommy; timothy tim timmy; valerie val; vanessa nessa; veronica ronnie; "
    "victor vic; victoria vicky tori; vincent vince vinny; virginia ginny; walter walt wally; wendell wendy; william "
    "bill billy will willie liam; zachary zach; guadalupe lupe; francisco paco pancho frank; jesus chuy; jose pepe "
    "joe; ignacio nacho; enrique kike henry; guillermo memo william; roberto beto robert; rosario chayo; dolores "
    "lola; mercedes meche; consuelo chelo"
)
"""First names that are used for one another, each group with its full names and short forms."""


def _by_name() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = defaultdict(set)
    for number, names in enumerate(NICKNAMES.split("; ")):
        for name in names.split():
            groups[name].add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


_GROUPS: Final = _by_name()
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "do", "rn", "phd", "mr", "mrs", "ms", "miss", "dr"})
_STREET_WORDS: Final = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "lane": "ln", "drive": "dr", "court": "ct",
    "circle": "cir", "boulevard": "blvd", "place": "pl", "terrace": "ter", "highway": "hwy", "parkway": "pkwy",
    "trail": "trl", "north": "n", "south": "s", "east": "e", "west": "w", "apartment": "", "apt": "", "unit": "",
    "suite": "", "ste": "", "number": "", "no": "",
}  # fmt: skip


BORN: Final = "date of birth"
HOUSEHOLD: Final = 24
"""The most codes that can share a fact which says something: two for each of twelve people of one house."""


class Likeness(NamedTuple):
    """Another code that is likely the same person, and what the two have in common: ``name and date of birth``."""

    other: str
    common: str


def likeness(patient: Patient, other: Patient) -> Likeness | None:
    """What makes two codes likely one person: the name and the date of birth, the telephone or the street; or, with one
    last name changed, two of these; or, misspelled, the date of birth. None for one code, or two people as far as
    anybody can tell."""
    if patient.patient == other.patient:
        return None
    common = [words for words, same in _same_facts(patient, other) if same]
    born = patient.born_on is not None and other.born_on is not None
    differently_born = born and BORN not in common
    if (_same_first_name(patient, other) and _same_last_name(patient, other)) or _same_words(patient, other):
        if not common or (differently_born and _generations(patient, other)):
            return None
        return Likeness(other.patient, f"name and {' and '.join(common)}")
    if _same_first_name(patient, other) and len(common) > 1 and not differently_born:
        return Likeness(other.patient, f"first name, {' and '.join(common)}")
    if BORN in common and _nearly_same_name(patient, other):
        return Likeness(other.patient, f"{' and '.join(common)} and nearly the same name")
    return None


def likenesses(patients: Iterable[Patient], among: Iterable[Patient]) -> dict[str, list[Likeness]]:
    """For each of these patients that has any, the codes ``among`` others that are likely the same person.

    Only those are compared that share a date of birth, a telephone number or a street. What more than a large household
    shares, such as the clinic's own number typed for everybody, tells nobody apart and is passed over.
    """
    by_fact: dict[tuple[str, str], list[Patient]] = defaultdict(list)
    for other in among:
        for fact in facts(other):
            by_fact[fact].append(other)
    alike: dict[str, list[Likeness]] = {}
    for patient in patients:
        groups = (by_fact.get(fact, ()) for fact in facts(patient))
        others = {other.patient: other for group in groups if len(group) <= HOUSEHOLD for other in group}
        rows = [row for _, other in sorted(others.items()) if (row := likeness(patient, other)) is not None]
        if rows:
            alike[patient.patient] = rows
    return alike


def facts(patient: Patient) -> tuple[tuple[str, str], ...]:
    """What one person has under any code, each in one writing: date of birth, telephone, street with its ZIP code."""
    street = f"{patient.address1} {patient.address2}"
    return _facts(_birth(patient.born_on) if patient.born_on else "", patient.phone, street, patient.zip)


def _birth(day: date) -> str:
    """The day in one writing: 4 May and 5 April are told apart by the order of day and month alone."""
    first, second = sorted((day.month, day.day))
    return f"{day.year}-{first}-{second}"


@lru_cache(maxsize=65_536)
def _facts(born_on: str, phone: str, street: str, code: str) -> tuple[tuple[str, str], ...]:
    digits = re.sub(r"\D", "", _EXTENSION.sub("", phone))[-10:]
    words = [short for word in _words(street) if (short := _STREET_WORDS.get(word, word))]
    at = f"{' '.join(words)} {code.strip()[:5]}" if any(word.isdigit() for word in words) else ""
    named = ((BORN, born_on), ("telephone", digits if len(digits) == 10 else ""), ("street", at))
    return tuple((name, value) for name, value in named if value)


def _same_facts(patient: Patient, other: Patient) -> Iterator[tuple[str, bool]]:
    theirs = dict(facts(other))
    return ((name, theirs.get(name) == value) for name, value in facts(patient))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return re.findall(r"[^\W\d_]+|\d+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "'": "", "’": ""}
)
_EXTENSION: Final = re.compile(r"(x|ext|extension|#)[\s.:]*\d+\s*$", re.IGNORECASE)
_LONG_VOWELS: Final = (("ue", "u"), ("oe", "o"), ("ae", "a"))
"""As umlauts are written out: Mueller for Müller."""


def _first(patient: Patient) -> str:
    return next((word for word in _words(patient.first_name) if word not in _SUFFIXES), "")


def _last(patient: Patient) -> frozenset[str]:
    return frozenset(_words(patient.last_name)) - _SUFFIXES


def _same_first_name(patient: Patient, other: Patient) -> bool:
    return _same_given(_first(patient), _first(other))


def _same_given(first: str, other: str) -> bool:
    """The same name, a short form, an initial, or the beginning of the other."""
    if not first or not other:
        return False
    if first == other or not _GROUPS.get(first, frozenset()).isdisjoint(_GROUPS.get(other, frozenset())):
        return True
    short, long = sorted((first, other), key=len)
    return long.startswith(short) and (len(short) == 1 or len(short) > 2)


def _same_last_name(patient: Patient, other: Patient) -> bool:
    """The same name, one of two that a hyphen or a space joins, or the two run together."""
    first, second = _last(patient), _last(other)
    if not first or not second:
        return False
    return first <= second or second <= first or "".join(_words(patient.last_name)) == "".join(_words(other.last_name))


def _same_words(patient: Patient, other: Patient) -> bool:
    """The same names in whatever cells: swapped, all in one, or with a middle name that the other leaves out."""
    first, second = (frozenset(_words(f"{row.first_name} {row.last_name}")) - _SUFFIXES for row in (patient, other))
    return min(len(first), len(second)) > 1 and (first <= second or second <= first)


def _nearly_same_name(patient: Patient, other: Patient) -> bool:
    """Both names the same but for a letter."""
    lasts = ["".join(_words(row.last_name)) for row in (patient, other)]
    first = _same_first_name(patient, other) or _is_near(_first(patient), _first(other))
    return first and (_same_last_name(patient, other) or _is_near(*lasts))


def _is_near(first: str, other: str) -> bool:
    for written, short in _LONG_VOWELS:
        first, other = first.replace(written, short), other.replace(written, short)
    return min(len(first), len(other)) > _SHORTEST and edit_distance(first, other, 1) <= 1


_SHORTEST: Final = 2
"""Letters of names that are not compared by spelling: Li is not Lee."""


def _generations(patient: Patient, other: Patient) -> bool:
    """A father and his son: one of them, or both, says which."""
    marks = [frozenset(_words(f"{row.first_name} {row.last_name}")) & {"jr", "sr", "ii", "iii", "iv"}
             for row in (patient, other)]  # fmt: skip
    return marks[0] != marks[1]
