"""The vocabulary of directions. In tables of spellings ``|`` stands between them, and one may have several words."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from typing import Final

Words = tuple[str, ...]


class Unit(StrEnum):
    """What a dose is counted in."""

    MG = "mg"
    MCG = "mcg"
    G = "g"
    GRAIN = "grain"
    ML = "mL"
    UNITS = "units"
    IU = "IU"
    CAPSULE = "capsule"
    TABLET = "tablet"
    CLICK = "click"
    PUMP = "pump"
    SPRAY = "spray"
    PATCH = "patch"
    DROP = "drop"
    TROCHE = "troche"
    SUPPOSITORY = "suppository"
    APPLICATION = "application"
    PILL = "pill"
    FILM = "film"
    PUFF = "puff"
    PEN = "pen"

    @property
    def is_piece(self) -> bool:
        """Whether it is counted one by one, not measured."""
        return self not in _MEASURED


MASSES = {Unit.MG: Fraction(1), Unit.MCG: Fraction(1, 1000), Unit.G: Fraction(1000), Unit.GRAIN: Fraction(60)}
"""Milligrams in one of each unit of mass; a grain of thyroid is 60 mg (Armour Thyroid label)."""

_MEASURED = frozenset({*MASSES, Unit.ML, Unit.UNITS, Unit.IU})


def spellings(table: str) -> Iterator[Words]:
    """The words of every spelling in a table."""
    return (tuple(spelling.split()) for spelling in table.split("|"))


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


UNITS: Final = {
    Unit.MG: "mg|mgs|milligram|milligrams",
    Unit.MCG: "mcg|mcgs|ug|µg|μg|microgram|micrograms",
    Unit.G: "g|gm|gms|gram|grams",
    Unit.GRAIN: "grain|grains",
    Unit.ML: "ml|mls|milliliter|milliliters|millilitre|millilitres|cc|ccs",
    Unit.UNITS: "u|unit|units|syringe units|insulin units",
    Unit.IU: "iu|ius|international unit|international units",
    Unit.CAPSULE: "cap|caps|capsule|capsules",
    Unit.TABLET: "tab|tabs|tablet|tablets",
    Unit.CLICK: "click|clicks",
    Unit.PUMP: "pump|pumps",
    Unit.SPRAY: "spray|sprays",
    Unit.PATCH: "patch|patches",
    Unit.DROP: "drop|drops|gtt|gtts",
    Unit.TROCHE: "troche|troches|lozenge|lozenges",
    Unit.SUPPOSITORY: "suppository|suppositories|supp",
    Unit.APPLICATION: "application|applications|applicatorful|applicatorfuls",
    Unit.PILL: "pill|pills",
    Unit.FILM: "film|films",
    Unit.PUFF: "puff|puffs",
    Unit.PEN: "pen|pens",
}
UNIT_WORDS: Final = {words: unit for unit, table in UNITS.items() for words in spellings(table)}

ACTIONS: Final = {
    "inject": "inject|self inject|draw up and inject|to be injected",
    "take": "take|may take|drink|to be taken",
    "apply": "apply|spread|to be applied",
    "rub": "rub",
    "massage": "massage",
    "insert": "insert|to be inserted",
    "place": "place|put",
    "dissolve": "dissolve|to be dissolved|allow to dissolve|let dissolve|dissolve slowly|to dissolve|let it dissolve"
    "|allow it to dissolve",
    "use": "use|may use|to be used",
    "instill": "instill|instil",
    "inhale": "inhale",
    "spray": "spray",
    "administer": "administer|self administer|give|infuse",
}

MANNERS: Final = {"swallow": "swallow|to be swallowed", "chew": "chew|crush"}
"""How something is taken."""

_ROUTES: Final = {
    "subcutaneous": "subcutaneously|subq|sub q|subcut|sub cut|subcu|sq|sc|s / c|s / q|under the skin|under skin"
    "|under your skin",
    "intramuscular": "intramuscularly|im|into the muscle|into muscle|in the muscle",
    "oral": "by mouth|orally|po|per os",
    "sublingual": "under the tongue|under your tongue|under tongue|sublingually|sl",
    "buccal": "buccally|between cheek and gum|between the cheek and gum|between the cheek and gums"
    "|between cheek and gums|between your cheek and gum|inside the cheek|inside cheek|in the cheek|inside of cheek",
    "topical": "topically|to the skin|to skin|on the skin|on skin|onto the skin|onto skin|to clean skin"
    "|to clean dry skin",
    "nasal": "nasally|intranasally|intranasal|in nostril|in the nostril|in one nostril|into one nostril"
    "|into the nostril|into nostril|in the nose|into the nose",
    "inhaled": "by inhalation|inhaled|via inhalation|via nebulizer|by nebulizer|via nebulization|by nebulization",
    "vaginal": "vaginally|intravaginally|intravaginal|pv|per vagina|into the vagina|in the vagina|into vagina"
    "|in vagina|into your vagina|inside the vagina",
    "rectal": "rectally|pr|per rectum|into the rectum|in the rectum",
    "ophthalmic": "in the eye|into the eye|od|os|in od|in os",
    "otic": "in the ear|into the ear|ad",
    "transdermal": "transdermally",
    "intravenous": "intravenously|iv|into the vein|by slow iv push|slow iv push|by iv push|iv push",
    "intracavernosal": "intracavernosally|intracavernous|intracavernously|into the penis|into penis"
    "|into the side of the penis|into the corpus cavernosum",
    "intradermal": "intradermally",
}
_ONE_SIDE: Final = {"ophthalmic": "eye", "otic": "ear", "nasal": "nostril"}


def _route_spellings(name: str, table: str) -> Iterator[str]:
    """A route as it is written: by its adverb, or as "by oral route", "via subcutaneous injection"."""
    yield table
    for form in ("route", "injection", "use"):
        yield f"by {name} {form}|via {name} {form}|by the {name} {form}|via the {name} {form}|{name} {form}"
    yield name
    organ = _ONE_SIDE.get(name)
    if organ:
        sides = [f"{article}{side} {organ}" for article in ("", "the ") for side in ("left", "right", "affected")]
        yield "|".join(f"{before} {side}" for before in ("in", "into", "to") for side in sides)
    if name == "topical":
        areas = ("affected area", "affected areas", "the affected area", "the affected areas")
        yield "|".join(f"{before} {area}" for before in ("to", "on", "onto", "over") for area in areas)


ROUTES: Final = {name: "|".join(_route_spellings(name, table)) for name, table in _ROUTES.items()}
TWO_SITES: Final = {
    "nasal": "each nostril|both nostrils|per nostril",
    "ophthalmic": "each eye|both eyes|ou",
    "otic": "each ear|both ears|au",
}
SITES: Final = (
    "abdomen|stomach|belly|thigh|thighs|arm|arms|upper arm|inner arm|inner arms|inner thigh|inner thighs"
    "|outer thigh|forearm|forearms|inner forearm|inner forearms|wrist|wrists|inner wrist|inner wrists|shoulder"
    "|shoulders|deltoid|glute|gluteus|gluteal|buttock|buttocks|hip|scalp|face|neck|upper back|chest|labia"
    "|labia majora|labia minora|vulva|clitoris|leg|legs|upper arms|outer arm|back of arm|back of the arm"
    "|abdominal fat|abdominal area|fatty tissue|upper thigh|upper thighs|glutes|deltoids|belly fat|outer thighs"
    "|lower abdomen|vastus lateralis|area|entire face|whole face|full face|entire scalp|whole scalp"
    "|gluteal muscle|deltoid muscle|thigh muscle"
    "|outer thigh muscle|glute muscle|gluteus muscle|buttock muscle|arm muscle|upper arm muscle|shoulder muscle"
    "|vastus lateralis muscle|upper outer quadrant"
)
BEFORE_SITES: Final = (
    "to", "to the", "on", "on the", "onto", "onto the", "into", "into the", "in", "in the", "or", "or the",
    "and", "and the", "over", "over the", "of", "of the", "",
)  # fmt: skip

SLOTS: Final = {
    "morning": "in the morning|every morning|each morning|in am|in the am|qam|q am|am|mornings|before breakfast"
    "|mane|with breakfast|after breakfast|at breakfast|breakfast|upon waking|on waking|upon awakening|morning",
    "noon": "at noon|noon|midday|at midday|with lunch|before lunch|after lunch|at lunch|lunch",
    "afternoon": "in the afternoon|every afternoon|each afternoon|early afternoon|mid afternoon|in the early afternoon"
    "|afternoon",
    "evening": "in the evening|every evening|each evening|in pm|in the pm|qpm|q pm|pm|evenings|with dinner"
    "|before dinner|after dinner|with supper|dinner|supper|evening",
    "night": "nocte|at bedtime|before bedtime|bedtime|before bed|at night|nightly|every night|each night|qhs|q hs|hs|qn"
    "|at hs|before sleep|nights|night|prior to bedtime|every bedtime",
}

MEALS: Final = {
    True: "with meals|after meals|at meals|with each meal|after each meal|at mealtimes|pc",
    False: "before meals|before each meal|ac",
}
"""By whether they are eaten then; how many is not told: they count only where the frequency is told too."""
FOOD: Final = {
    True: "with food|with a meal|with a snack|with a light meal|with a fatty meal|with a high fat meal|with milk"
    "|after food|after eating|after a meal",
    False: "on an empty stomach|on empty stomach|empty stomach|without food|before food|before food or drink"
    "|before eating|before a meal|while fasting|when fasting|fasting",
    None: "with or without food|with or without meals|without regard to food|without regard to meals",
}
"""By whether something is eaten with it, or has just been; None where that is free."""
MEAL_NAMES: Final = {"breakfast": "breakfast", "lunch": "lunch", "dinner": "dinner", "supper": "dinner"}

PER_WEEK: Final[dict[str, tuple[Fraction | int, int]]] = {
    "bid|bd": (14, 1),
    "tid|tds": (21, 1),
    "qid|qds": (28, 1),
    "qd|daily|qday|everyday": (7, 1),
    "qod|on alternate days|on alternating days|every alternate day": (Fraction(7, 2), 2),
    "weekly|wkly|qw|qwk|qweek|qweekly": (1, 7),
    "biw": (2, 7),
    "tiw": (3, 7),
    "qow|eow|fortnightly": (Fraction(1, 2), 14),
    "monthly|qmonth": (Fraction(7, 30), 30),
}
"""Doses a week, and the days of the interval that the word speaks of."""

WHOLE_CONTAINERS: Final = "|".join(
    f"{the}{whole} {container}"
    for the in ("the ", "")
    for whole in ("whole", "entire", "full")
    for container in ("vial", "syringe", "pen", "bottle", "tube", "pack", "box")
)
"""A dose that only the container tells."""

TWO_MEANINGS: Final[dict[str, tuple[tuple[Fraction | int, int], tuple[Fraction | int, int]]]] = {
    "biweekly|bi weekly": ((2, 7), (Fraction(1, 2), 14)),
    "bimonthly|bi monthly": ((Fraction(7, 15), 30), (Fraction(7, 60), 60)),
    "eod": ((Fraction(7, 2), 2), (7, 1)),
}
"""Twice in that time or every other one; every other day or the end of the day."""

_PRESCRIBERS: Final = ("prescriber", "provider", "doctor", "physician", "clinic", "pharmacist", "nurse")
AS_DIRECTED: Final = "|".join(
    "|".join(
        (
            f"as {participle}",
            *(f"as {participle} by {whose}{who}" for whose in ("", "your ", "the ", "my ") for who in _PRESCRIBERS),
        )
    )
    for participle in ("directed", "instructed", "prescribed", "discussed")
)
LOST_NUMBER: Final = "nights a week|nights per week|nights weekly"
"""What is left of "5 nights a week" without its number."""
LINKS: Final = word_set("and or & plus then of on at with using via by for followed")
"""Words that something must follow."""
THEN_WORDS: Final = (
    "then|thereafter|after that|afterwards|followed by|increase to|then increase to|decrease to|then decrease to"
    "|and then|and then increase to|titrate to|increase dose to|then increase dose to|increase the dose to"
)
EQUALS_WORDS: Final = "=|/|equals|equal to|equivalent to|which is|ie|or equivalent"
OR_WORDS: Final = (
    "or|may increase to|may increase dose to|may increase the dose to|can increase to|may titrate to|may titrate up to"
)
AS_NEEDED_WORDS: Final = "|".join(
    f"{only}{when}"
    for only in ("", "only ")
    for when in ("as needed", "prn", "as required", "if needed", "if required", "when needed", "when required")
)

HARMLESS: Final = "|".join((
    "at any time of day|any time of day|at any time of the day|any time|at any time",
    "to initiate therapy|to initiate treatment|on the same day of the week|same day of the week",
    "using topiclick dispenser|topiclick dispenser|topiclick|using metered dispenser|with metered pump",
    "seasonal allergies|no refills|patient may self administer|may self administer",
    "bring to room temperature|allow to reach room temperature|before injecting|before injection|before use",
    "let dry|let it dry|allow to dry|until dry|before dressing|to clean , dry skin|on clean , dry skin",
    "with water|with plenty of water|with a full glass of water|with a glass of water",
    "on the same day each week|same day each week|the same day each week|on the same day every week",
    "same day every week|same day of each week|at the same time each day|at the same time every day|same time each day",
    "same time every day|around the same time|as one dose|as a single dose|in a single dose|eg|for example",
    "such as|example|draw|draw up|insulin syringe|via insulin syringe|with insulin syringe|using insulin syringe",
    "on insulin syringe",
    "an insulin syringe|using an insulin syringe|with an insulin syringe|on an insulin syringe|u 100",
    "a u 100 insulin syringe|a u 100 syringe|u 100 insulin syringe|u 100 syringe|line|mark|total|dose|doses of",
    "per dose|each dose|until gone|until finished|until completed|the contents of|slowly|gently|thinly|evenly|please",
    "patient to|patient should|pt to|sig|directions|vial|solution|injection|cream|gel|medication|the|your|a total of",
    "total of|deep|start|start with|starting dose|begin|begin with|starting|starting with|initial dose|start at",
    "initially|maintenance dose|maintenance|on|at|using|with|via|also|only|immediately|and allow to dissolve",
    "until dissolved|completely|by injection|prior to sexual activity|before sexual activity|before intercourse",
    "prior to intercourse|before exercise|consistently|regularly|rapid dissolve",
    "to control|to treat|to prevent|to support|to help|to help with|to manage|to improve|due to|because of",
    "whole|let|allow|unwrap and|unwrap|as follows|concentration|strength|no change in dose",
    "before activity|prior to activity|before sex|before intimacy|prior to intimacy|before sexual intercourse",
    "after shower|after showering|after bathing|leave on overnight|and leave on overnight",
    "type 2 diabetes|type two diabetes|type ii diabetes|type 1 diabetes|type 2 diabetes mellitus|t2dm",
))  # fmt: skip
"""Auxiliary words: they leave dose and frequency alone."""

WEEKDAYS: Final = {
    name: number
    for number, names in enumerate((
        "monday|mondays|mon", "tuesday|tuesdays|tue|tues", "wednesday|wednesdays|wed|weds",
        "thursday|thursdays|thu|thur|thurs", "friday|fridays|fri", "saturday|saturdays|sat", "sunday|sundays|sun",
    ))
    for name in names.split("|")
}  # fmt: skip
LETTER_DAYS: Final = {"m": 0, "tu": 1, "t": 1, "w": 2, "th": 3, "r": 3, "f": 4, "sa": 5, "su": 6}
LETTER_WEEKS: Final = {"mwf": frozenset({0, 2, 4}), "tth": frozenset({1, 3}), "tuth": frozenset({1, 3})}

COUNTING: Final = {
    word: Fraction(value)
    for value, (word,) in enumerate(
        spellings(
            "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
            "|eighteen|nineteen"
        ),
        start=1,
    )
}
TENS: Final = {
    word: Fraction(value * 10)
    for value, (word,) in enumerate(spellings("twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"), start=2)
}
PARTS: Final = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4}
ORDINALS: Final = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "tenth": 10}

PERIOD_DAYS: Final = {
    name: days
    for names, days in (
        ("h|hr|hrs|hour|hours", Fraction(1, 24)),
        ("d|day|days", Fraction(1)),
        ("w|wk|wks|week|weeks", Fraction(7)),
        ("mo|mos|month|months", Fraction(30)),
    )
    for name in names.split("|")
}

MANY: Final = frozenset({"hrs", "hours", "days", "wks", "weeks", "mos", "months"})
"""Periods of which the number is told: "every days" has lost it."""
SHORT_WHILES: Final = word_set("minutes minute min mins hour hours hr hrs")
LENGTH_DAYS: Final = PERIOD_DAYS | {"night": Fraction(1), "nights": Fraction(1)}
"""What a course is counted in; "every night" is a time of day instead."""

SUPPLIES: Final = word_set("syringe syringes needle needles swab wipe")
"""What a new one of is used each time, and is no dose."""

INDICATION_STARTS: Final = frozenset({"for", "of"})
"""Words after these are an indication or a drug's name."""

COUNT_WORDS: Final = word_set("once twice thrice times time x hourly minutes yearly divided")
"""Words that count doses: where one is not understood, the frequency is not."""

SUSPICIOUS: Final = word_set(
    "dose doses dosage half double triple extra additional less more if unless except skip not no never stop hold"
    " until then increase decrease reduce raise repeat may when while after before between divided divide split every"
    " each per once twice thrice times time total alternate by hour hours day days week weeks month months first"
    " second last next another taper titrate adjust several few couple many"
) | frozenset({*LENGTH_DAYS, *COUNTING, *TENS, *(word for words in UNIT_WORDS for word in words)})
"""Words that may change dose or frequency wherever they stand."""
