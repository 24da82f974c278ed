"""rules.md, section 4: what directions are read as. Every row was labelled by hand before it was read."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from core.domain.model import Sku
from core.rules.sig import Certainty, RequiredPart, Unit, read
from tests.builders import a_sku
from tests.sig.labelled import told

SEMAGLUTIDE = a_sku()
TESTOSTERONE = a_sku(
    sku="TC200", name="Testosterone cypionate 200 mg/mL, 10 mL", concentration_mg_per_ml=Decimal(200),
    volume_ml=Decimal(10), in_use_days=180, actives=("testosterone cypionate",),
)  # fmt: skip
HALF_MG_TABLETS = a_sku(
    sku="TAB", name="Anastrozole 0.5 mg", form="tablet", concentration_mg_per_ml=None, volume_ml=None,
    units_per_pack=30, mg_per_unit=Decimal("0.5"), sterile=False, actives=("anastrozole",),
)  # fmt: skip
DRUG_UNITS = a_sku(
    sku="GON", name="Gonadorelin 1,000 units/mL", concentration_mg_per_ml=None, drug_units_per_ml=Decimal(1000)
)


INJECTIONS = """
Inject 10 units subq weekly. Use a new syringe for each injection.        | inject subcutaneous: 10 units x 1
Inject 10 units subq weekly. Protect from light. Do not use if cloudy.    | inject subcutaneous: 10 units x 1
Inject 10 units subq weekly into abdomen or thigh                         | inject subcutaneous: 10 units x 1
Inject 30 units (60mg) IM twice per week (every 3-4 days)                 | inject intramuscular: 30 units [60 mg] x 2
Inject 20 units subq daily Monday through Friday. Take Saturday and Sunday off. | inject subcutaneous: 20 units x 5
Inject 10 units subq weekly. Max dose 20 units weekly                     | inject subcutaneous: 10 units x 1-2
Inject 10 units at 9am daily subq                                         | inject subcutaneous: 10 units x 7
Inject 10 units [0.1 mL] subq weekly                                      | inject subcutaneous: 10 units [0.1 mL] x 1
Month 1: Inject 5 units subq daily. Month 2: Inject 10 units subq daily.  | inject subcutaneous: 5 units x 7 for 30 d; 10 units x 7 for 30 d
Inject 0.25 mg (10 units) subcutaneously once weekly.                     | inject subcutaneous: 0.25 mg [10 units] x 1
Inject 0.25mg(10 units) SUBQ ONCE WEEKLY                                  | inject subcutaneous: 0.25 mg [10 units] x 1
INJECT 10 UNITS SUB-Q ONCE-WEEKLY                                         | inject subcutaneous: 10 units x 1
Inject 100 mg (50 units) intramuscularly or subcutaneously once weekly.   | inject intramuscular: 100 mg [50 units] x 1
Inject 0.5 mL (50 units) subcutaneously twice weekly (e.g., Monday and Thursday). | inject subcutaneous: 0.5 mL [50 units] x 2
Inject 0.3 mg (15 units) subcutaneously nightly at bedtime on an empty stomach. | inject subcutaneous: 0.3 mg [15 units] x 7
Inject 20 units subcutaneously once daily before bedtime Monday-Friday.   | inject subcutaneous: 20 units x 5
Inject 200 mg (100 units) intramuscularly every 10-14 days.               | inject intramuscular: 200 mg [100 units] x 0.5-0.7
Inject 200 mg IM every 10 to 14 days                                      | inject intramuscular: 200 mg x 0.5-0.7
Inject 100mg IM q7d                                                       | inject intramuscular: 100 mg x 1
Inject 0.5mL IM q 10-14 days                                              | inject intramuscular: 0.5 mL x 0.5-0.7
Inject 100 mg IM every 1-2 weeks                                          | inject intramuscular: 100 mg x 0.5-1
Inject 10u sq qwk                                                         | inject subcutaneous: 10 units x 1
Give 0.1 cc sq q week                                                     | administer subcutaneous: 0.1 mL x 1
Administer 1 mL intramuscularly once a week                               | administer intramuscular: 1 mL x 1
Inject .25 mg s.c. q.w.                                                   | inject subcutaneous: 0.25 mg x 1
Inject 10 units subcut q12h                                               | inject subcutaneous: 10 units x 14
Inject 10 units subq every 8 hours                                        | inject subcutaneous: 10 units x 21
Inject 10 units subq qod                                                  | inject subcutaneous: 10 units x 3.5
Inject 10 units subq every other day                                      | inject subcutaneous: 10 units x 3.5
Inject 10 units subq every third day                                      | inject subcutaneous: 10 units x 2.3333
Inject 0.4 mL IM every 3.5 days                                           | inject intramuscular: 0.4 mL x 2
Inject 10 units subq every other week                                     | inject subcutaneous: 10 units x 0.5
Inject 10 units subq once every 2 weeks                                   | inject subcutaneous: 10 units x 0.5
Inject 10 units subq every four weeks                                     | inject subcutaneous: 10 units x 0.25
Inject 1 mL IM once a month                                               | inject intramuscular: 1 mL x 0.2333
Inject 1 mL IM monthly                                                    | inject intramuscular: 1 mL x 0.2333
Inject 10 units subq twice a month                                        | inject subcutaneous: 10 units x 0.4667
Inject 10 units subq 3 times a week                                       | inject subcutaneous: 10 units x 3
Inject 10 units subq three times weekly                                   | inject subcutaneous: 10 units x 3
Inject 10 units 2x/wk subq                                                | inject subcutaneous: 10 units x 2
Inject 10 units subq tiw                                                  | inject subcutaneous: 10 units x 3
Inject 10 units subq on Mon/Thu                                           | inject subcutaneous: 10 units x 2
Inject 10 units subq M/W/F                                                | inject subcutaneous: 10 units x 3
Inject 10 units subq MWF                                                  | inject subcutaneous: 10 units x 3
Inject 0.1mL subq qd M-F                                                  | inject subcutaneous: 0.1 mL x 5
Inject 10 units subq Mon, Wed & Fri                                       | inject subcutaneous: 10 units x 3
Inject 10 units subq Monday thru Saturday at bedtime                      | inject subcutaneous: 10 units x 6
Inject 10 units subq once weekly on Sundays                               | inject subcutaneous: 10 units x 1
Inject 10 units subq every other Sunday                                   | inject subcutaneous: 10 units x 0.5
Inject 10 units subq twice daily on Monday and Thursday                   | inject subcutaneous: 10 units x 4
Inject 10 units subq daily except Sunday                                  | inject subcutaneous: 10 units x 6
Inject 5 units sq 5 days on, 2 days off                                   | inject subcutaneous: 5 units x 5
Inject 5 units sq nightly, 5 on 2 off                                     | inject subcutaneous: 5 units x 5
Inject 5 units SQ 5 days a week                                           | inject subcutaneous: 5 units x 5
Inject 10 units SC daily x 5 days/week, 2 days off                        | inject subcutaneous: 10 units x 5
Inject 10 units subcutaneously at bedtime 5 nights per week (Mon-Fri)     | inject subcutaneous: 10 units x 5
Inject 10 units daily for 3 weeks on, 1 week off, subq                    | inject subcutaneous: 10 units x 5.25
Once weekly, inject 10 units under the skin                               | inject subcutaneous: 10 units x 1
Inject subcutaneously 10 units (0.25 mg) every 7 days                     | inject subcutaneous: 10 units [0.25 mg] x 1
Inject 10 units (0.1mL, 0.25mg) subq once every week                      | inject subcutaneous: 10 units [0.1 mL, 0.25 mg] x 1
Inject 0.25 mg (0.1 mL / 10 units) into the abdomen subcutaneously weekly | inject subcutaneous: 0.25 mg [0.1 mL, 10 units] x 1
Inject 0.25 mg = 0.1 mL = 10 units subq weekly                            | inject subcutaneous: 0.25 mg [0.1 mL, 10 units] x 1
Inject 0.25 mg/0.1 mL subq weekly                                         | inject subcutaneous: 0.25 mg [0.1 mL] x 1
Inject 0.1 mL of 2.5 mg/mL solution subq weekly                           | inject subcutaneous: 0.1 mL x 1
Inject 500 mcg subq daily                                                 | inject subcutaneous: 500 mcg x 7
Inject 1 g IM weekly                                                      | inject intramuscular: 1 g x 1
Inject 0.25-0.5 mg (10-20 units) subq weekly                              | inject subcutaneous: 0.25 to 0.5 mg [10 to 20 units] x 1
Inject 0.25 mg to 0.5 mg subq weekly                                      | inject subcutaneous: 0.25 to 0.5 mg x 1
Inject up to 20 units subq weekly                                         | inject subcutaneous: 0 to 20 units x 1
Inject ten (10) units subq weekly                                         | inject subcutaneous: 10 units x 1
Inject one hundred fifty mg IM weekly                                     | inject intramuscular: 150 mg x 1
Inject half a mL IM weekly                                                | inject intramuscular: 0.5 mL x 1
Inject 1/2 mL IM weekly                                                   | inject intramuscular: 0.5 mL x 1
Inject 1,000 mcg IM monthly                                               | inject intramuscular: 1000 mcg x 0.2333
Draw up 10 units on a U-100 insulin syringe and inject subcutaneously once a week | inject subcutaneous: 10 units x 1
Inject 10 units/week subq                                                 | inject subcutaneous: 10 units x 1
Inject 10 units subq weekly. Rotate injection sites. Discard vial after 28 days. | inject subcutaneous: 10 units x 1
Inject 10 units subq weekly, on the same day each week, with or without food | inject subcutaneous: 10 units x 1
Inject 10 units subq at least 3 days apart, twice weekly                  | inject subcutaneous: 10 units x 2
Inject 0.2 mL IM as needed, not more than once a week                     | inject intramuscular prn: 0.2 mL x 0-1
Inject 10 units subq up to twice weekly as needed                         | inject subcutaneous prn: 10 units x 0-2
Inject 0.1 mL subq daily prn, max 3 times per week                        | inject subcutaneous prn: 0.1 mL x 0-3
Inject 10 units in the morning and 20 units in the evening subq           | inject subcutaneous: 10 units x 7 + 20 units x 7
Inject 20 units (0.2 mL) subq Monday and 10 units Thursday                | inject subcutaneous: 20 units [0.2 mL] x 1 + 10 units x 1
Inject 10 units subq daily for 10 days                                    | inject subcutaneous: 10 units x 7 for 10 d
Inject 10 units subq weekly for 4 doses                                   | inject subcutaneous: 10 units x 1 for 28 d
Inject 10 units weekly for 1 month, then 20 units weekly, subq            | inject subcutaneous: 10 units x 1 for 30 d; 20 units x 1
Inject 0.25 mg (10 units) subq weekly for 4 weeks, then 0.5 mg (20 units) weekly for 4 weeks, then 1 mg (40 units) weekly | inject subcutaneous: 0.25 mg [10 units] x 1 for 28 d; 0.5 mg [20 units] x 1 for 28 d; 1 mg [40 units] x 1
Inject 10 units subcut weekly x 4 weeks; 20 units x 4 weeks; 40 units thereafter | inject subcutaneous: 10 units x 1 for 28 d; 20 units x 1 for 28 d; 40 units x 1
Weeks 1-4: inject 10 units subq weekly. Weeks 5-8: inject 20 units subq weekly. | inject subcutaneous: 10 units x 1 for 28 d; 20 units x 1 for 28 d
Inject 10 units SC weekly for weeks 1-4, 20 units weekly for weeks 5-8    | inject subcutaneous: 10 units x 1 for 28 d; 20 units x 1 for 28 d
Inject 5 mg (50 units) subq weekly, increase to 10 mg (100 units) after 4 weeks | inject subcutaneous: 5 mg [50 units] x 1 for 28 d; 10 mg [100 units] x 1
"""  # noqa: E501

OTHERS = """
Take 1.5 mg for 2 weeks then 3 mg for 2 weeks then 4.5 mg po qhs          | take oral: 1.5 mg x 7 for 14 d; 3 mg x 7 for 14 d; 4.5 mg x 7
Take 1 capsule by mouth once daily 30 minutes before breakfast            | take oral: 1 capsule x 7
Take 1 capsule by mouth daily, skip weekends                              | take oral: 1 capsule x 5
Use 2 sprays per nostril daily                                            | use nasal: 2 sprays x 7 + 2 sprays x 7
Take 1 cap AM, 1 cap PM by mouth                                          | take oral: 1 capsule x 7 + 1 capsule x 7
Take 1 tablet by mouth daily (5 mg)                                       | take oral: 1 tablet [5 mg] x 7
Apply 1 gram vaginally at bedtime for 14 days, then twice weekly          | apply vaginal: 1 g x 7 for 14 d; 1 g x 2
Take 1 capsule by mouth once daily on Monday, Wednesday and Friday.       | take oral: 1 capsule x 3
Take 1 capsule by mouth once daily on Monday, Wednesday, and Friday.      | take oral: 1 capsule x 3
Take 1/2 tablet (0.25 mg) by mouth twice weekly.                          | take oral: 0.5 tablet [0.25 mg] x 2
Take ½ tablet (0.25 mg) by mouth twice weekly.                            | take oral: 0.5 tablet [0.25 mg] x 2
Take 1½ tabs po bid                                                       | take oral: 1.5 tablets x 14
Take 1 1/2 tablets by mouth daily                                         | take oral: 1.5 tablets x 7
Take 1-1/2 tablets by mouth daily                                         | take oral: 1.5 tablets x 7
Take one and one-half tablets by mouth daily                              | take oral: 1.5 tablets x 7
Take one-half tablet by mouth daily                                       | take oral: 0.5 tablet x 7
Take half of a tablet orally every morning                                | take oral: 0.5 tablet x 7
Take one (1) tablet by mouth daily                                        | take oral: 1 tablet x 7
Take a tablet by mouth every night                                        | take oral: 1 tablet x 7
Take 1 tablet(s) by mouth daily                                           | take oral: 1 tablet x 7
Take one 5 mg tablet by mouth daily                                       | take oral: 1 tablet [5 mg] x 7
Take 25 mg po qhs                                                         | take oral: 25 mg x 7
Take 1-2 capsules by mouth at bedtime                                     | take oral: 1 to 2 capsules x 7
Take 1 or 2 capsules by mouth at bedtime                                  | take oral: 1 to 2 capsules x 7
Take 1 cap p.o. t.i.d.                                                    | take oral: 1 capsule x 21
Take 1 capsule by mouth three times daily with meals                      | take oral: 1 capsule x 21
Take 1 capsule by mouth qid                                               | take oral: 1 capsule x 28
Take 1 capsule by mouth twice a day (every 12 hours)                      | take oral: 1 capsule x 14
Take 1 tablet by mouth at 8 am and 8 pm                                   | take oral: 1 tablet x 14
Take 1 capsule by mouth in the morning and at bedtime                     | take oral: 1 capsule x 14
Take 1 tablet by mouth once or twice daily                                | take oral: 1 tablet x 7-14
Take 1 tablet by mouth once at bedtime                                    | take oral: 1 tablet x 7
Take 2 capsules by mouth in the morning and 1 capsule at bedtime.         | take oral: 2 capsules x 7 + 1 capsule x 7
Take 2 capsules by mouth in the morning and 1 at night                    | take oral: 2 capsules x 7 + 1 capsule x 7
Take twice daily by mouth: 1 tablet in the morning and 2 tablets at night | take oral: 1 tablet x 7 + 2 tablets x 7
Take 1 tablet by mouth every 6 hours as needed, not to exceed 3 tablets a day | take oral prn: 1 tablet x 0-21
Take 1-2 tablets by mouth every 4-6 hours prn, max 4 tablets per day      | take oral prn: 1 to 2 tablets x 0-14
Take 1 tablet by mouth every 4 hours prn, maximum daily dose: 3 tablets   | take oral prn: 1 tablet x 0-21
Take 1 tab po prn, up to 3 times daily                                    | take oral prn: 1 tablet x 0-21
Take 1 tablet by mouth as needed, no more than one dose in 24 hours       | take oral prn: 1 tablet x 0-7
Take 1 capsule by mouth daily x 7 days                                    | take oral: 1 capsule x 7 for 7 d
Take 1 capsule by mouth daily for 7 days, then twice daily                | take oral: 1 capsule x 7 for 7 d; 1 capsule x 14
Take 2 tablets by mouth on day 1, then 1 tablet daily for 4 days          | take oral: 2 tablets x 7 for 1 d; 1 tablet x 7 for 4 d
Take 1 capsule by mouth weekdays                                          | take oral: 1 capsule x 5
Swallow 1 capsule orally every evening with a glass of water              | take oral: 1 capsule x 7
Place 1 troche under the tongue daily                                     | place sublingual: 1 troche x 7
Dissolve 1/4 troche under the tongue at bedtime. Do not swallow.          | dissolve sublingual: 0.25 troche x 7
Apply 2 clicks (0.5 mL) to inner thigh nightly                            | apply topical: 2 clicks [0.5 mL] x 7
Apply 1 pump topically every morning                                      | apply topical: 1 pump x 7
Apply 1 mL to scalp twice daily                                           | apply topical: 1 mL x 14
Apply 1 patch to upper arm twice weekly                                   | apply transdermal: 1 patch x 2
Apply 1 patch to skin weekly, 3 weeks on 1 week off                       | apply topical: 1 patch x 0.75
Apply 0.5 g to affected area bid                                          | apply topical: 0.5 g x 14
Use 1 spray in each nostril twice daily                                   | use nasal: 1 spray x 14 + 1 spray x 14
Instill 1 drop into both eyes qid                                         | instill ophthalmic: 1 drop x 28 + 1 drop x 28
Instill 2 drops in left ear daily                                         | instill otic: 2 drops x 7
Insert 1 suppository vaginally at bedtime                                 | insert vaginal: 1 suppository x 7
Insert 1 suppository pr every 12 hours                                    | insert rectal: 1 suppository x 14
Insert 1 applicatorful pv twice weekly                                    | insert vaginal: 1 application x 2
"""  # noqa: E501


def rows(table: str) -> list[tuple[str, str]]:
    pairs = (line.split(" | ") for line in table.strip().splitlines())
    return [(sig.strip(), expected.strip()) for sig, expected in pairs]


@pytest.mark.parametrize(("sig", "expected"), rows(INJECTIONS) + rows(OTHERS))
def test_directions_that_are_read_whole(sig: str, expected: str) -> None:
    reading = read(sig)
    assert (told(reading), reading.certainty, reading.missing, reading.readings) == (expected, "read", (), ())


@pytest.mark.parametrize(
    ("sig", "expected", "missing", "unread"),
    [
        ("Use as directed.", "unreadable", "dose route frequency", "as directed"),
        ("", "unreadable", "action dose route frequency", ""),
        ("Inyectar 10 unidades cada semana", "unreadable", "action dose route frequency",
         "Inyectar 10 unidades cada semana"),
        ("Apply to affected area", "unreadable", "dose frequency", ""),
        ("Inject 10 units", "partly", "route frequency", ""),
        ("10 units weekly", "partly", "action route", ""),
        ("10 units subq weekly", "read", "", ""),
        ("Inject weekly subq", "partly", "dose", ""),
        ("Inject 10 units weekly", "partly", "route", ""),
        ("Inject 10 subcutaneously once weekly", "partly", "unit", ""),
        ("Take 1 by mouth daily", "partly", "unit", ""),
        ("Inject 500 IU subq three times a week", "partly", "unit", ""),
        ("Inject 10 units subq as needed", "partly", "frequency", ""),
        ("Inject 10 units subq once", "partly", "frequency", "once"),
        ("Inject 10 units subq every 30 minutes", "partly", "frequency", "every 30 minutes"),
        ("Inject 10 units subq 100 times daily", "partly", "frequency", "100 times"),
        ("Inject 10 units twice subq weekly", "partly", "frequency", "twice"),
        ("Inject 1 vial IM weekly", "partly", "unit", ""),
        ("Take 1 scoop by mouth daily", "partly", "unit", "scoop"),
        ("Apply a thin layer topically twice daily", "partly", "dose", "a thin layer"),
        ("Inject 0 units subq weekly", "partly", "dose", "0 units"),
        ("Inject 20-10 units subq weekly", "partly", "dose", "20 - 10 units"),
        ("Inject 10/20 units subq weekly", "partly", "dose", "10 / 20 units"),
        ("Inject 10,5 units subq weekly", "partly", "dose", "10,5 units"),
        ("Inject 10 mg/kg IM weekly", "partly", "unit", "mg kg"),
        ("Inject 0.25mg subq weekly xyzzy", "partly", "", "xyzzy"),
        ("Inject ~10 units subq weekly", "partly", "", "~"),
        ("Do not inject 10 units subq weekly", "partly", "", "Do not"),
        ("Inject 10 units subq weekly; skip if nauseous", "partly", "", "skip if nauseous"),
        ("Inject 10 units subq weekly until next visit", "partly", "", "until next visit"),
        ("Inject 10 units subq weekly for half the usual time", "partly", "frequency", "half usual time"),
        ("Inject 10 units subq weekly x 4", "partly", "frequency", "x 4"),
        ("Inject 100 mg weekly, divided into two doses, IM", "partly", "frequency", "divided into two doses"),
        ("Take 2 tablets by mouth daily, not to exceed 8 mg a day", "partly", "", "not to exceed 8 mg a day"),
        ("Inject 10 units subq weekly for 4 weeks, then increase by 5 units every 4 weeks", "partly", "",
         "increase by 5 units every 4 weeks"),
        ("Inject 10 units subq weekly as directed", "read", "", "as directed"),
        ("Inject 10 units subq every 7 days for weight loss", "read", "", "weight loss"),
        ("Inject 10 units of Semaglutide/Cyanocobalamin subq weekly", "read", "", ""),
        ("Inject 10 units of examplotide subq weekly", "read", "", "examplotide"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_named_word_for_word(sig: str, expected: str, missing: str, unread: str) -> None:
    reading = read(sig)
    assert (reading.certainty, " ".join(reading.missing), " ".join(reading.unread)) == (expected, missing, unread)


@pytest.mark.parametrize(
    ("sig", "readings"),
    [
        ("Inject 10 units subq weekly or daily", ("10 units once weekly", "10 units once daily")),
        ("Inject 10 units subq daily and weekly", ("10 units once daily", "10 units once weekly")),
        ("Inject 10 units every other week or twice weekly subq", ("10 units every 14 days", "10 units twice weekly")),
        ("Inject 10 units subq biweekly", ("10 units twice weekly", "10 units every 14 days")),
        ("Inject 0.25 mg 0.5 mg subq weekly", ("0.25 mg once weekly", "0.5 mg once weekly")),
        ("Inject 10 units or 20 units subq weekly", ("10 units once weekly", "20 units once weekly")),
        ("Inject 10 units 0.2 mL subq weekly", ("10 units once weekly", "0.2 mL once weekly")),
        ("Inject 10 units subq weekly. Inject 20 units subq.", ("10 units once weekly", "20 units once weekly")),
        ("Inject 10 units subq weekly. Inject 20 units daily.", ("10 units once weekly", "20 units once daily")),
        ("Inject 10 units subq weekly or 20 units every 2 weeks",
         ("10 units once weekly", "20 units every 14 days")),
        ("Inject 10 units subq weekly, may increase to 20 units",
         ("10 units once weekly", "20 units once weekly")),
        ("Inject 10 units weekly then 20 units weekly subq", ("10 units once weekly", "20 units once weekly")),
        ("Inject 10 units subq weekly on Monday and Thursday", ("10 units once weekly", "10 units twice weekly")),
        ("Inject 10 units twice weekly on Monday subq", ("10 units twice weekly", "10 units once weekly")),
        ("Inject 10 units subq twice daily at bedtime", ("10 units twice daily", "10 units once daily")),
        ("Inject 10 units subq every evening at bedtime", ("10 units twice daily", "10 units once daily")),
        ("Inject 10 units subq three times weekly every other day",
         ("10 units 3 times weekly", "10 units every 2 days")),
    ],
)  # fmt: skip
def test_two_possible_readings_are_both_told(sig: str, readings: tuple[str, str]) -> None:
    reading = read(sig)
    assert (reading.certainty, reading.readings) == (
        Certainty.AMBIGUOUS,
        tuple(f"inject {one} (subcutaneous)" for one in readings),
    )


@pytest.mark.parametrize(
    ("sig", "sku", "mg", "ml"),
    [
        ("Inject 0.25 mg (10 units) subq weekly", None, "0.25", "0.1"),
        ("Inject 0.25 mg (10 units) subq weekly", SEMAGLUTIDE, "0.25", "0.1"),
        ("Inject 10 units subq weekly", None, None, "0.1"),
        ("Inject 10 units subq weekly", SEMAGLUTIDE, "0.25", "0.1"),
        ("Inject 0.25 mg subq weekly", None, "0.25", None),
        ("Inject 0.25 mg subq weekly", SEMAGLUTIDE, "0.25", "0.1"),
        ("Inject 500 mcg subq weekly", SEMAGLUTIDE, "0.5", "0.2"),
        ("Inject 0.25-0.5 mg (10-20 units) subq weekly", SEMAGLUTIDE, "0.5", "0.2"),
        ("Inject 10 units weekly for 4 weeks then 20 units weekly subq", SEMAGLUTIDE, "0.25", "0.1"),
        ("Inject 200 units subq daily", DRUG_UNITS, None, "0.2"),
        ("Inject 200 IU subq daily", DRUG_UNITS, None, "0.2"),
        ("Take 1/2 tablet by mouth daily", HALF_MG_TABLETS, "0.25", None),
        ("Take 1/2 tablet (0.25 mg) by mouth daily", None, "0.25", None),
        ("Apply 1 g to the skin daily", None, None, None),
        ("Inject 1 g IM weekly", TESTOSTERONE, "1000", "5"),
    ],
)
def test_mg_and_ml_of_a_dose(sig: str, sku: Sku | None, mg: str | None, ml: str | None) -> None:
    reading = read(sig, sku)
    assert (reading.mg_per_dose, reading.ml_per_dose) == tuple(None if x is None else Decimal(x) for x in (mg, ml))


def test_iu_can_be_read_where_the_sku_tells_its_drug_units() -> None:
    sig = "Inject 500 IU subq three times a week"
    assert (read(sig, SEMAGLUTIDE).missing, read(sig, DRUG_UNITS).missing) == ((RequiredPart.UNIT,), ())


def test_a_concentration_that_is_not_the_skus_is_named() -> None:
    reading = read("Inject 0.1 mL of 5 mg/mL solution subq weekly", SEMAGLUTIDE)
    assert (reading.certainty, reading.unread) == (Certainty.PARTLY, ("5", "mg", "/", "mL"))


def test_the_skus_own_words_are_understood() -> None:
    sku = a_sku(name="Examplotide 5 mg/mL", actives=("examplotide",))
    assert read("Inject 10 units Examplotide subq weekly", sku).certainty is Certainty.READ


def test_the_text_stays_as_written_and_numbers_are_exact() -> None:
    reading = read("  Inject 1/3 mL  IM every 3 days ")
    segment = reading.segments[0]
    assert segment.dose is not None
    assert segment.per_week is not None
    assert reading.text == "  Inject 1/3 mL  IM every 3 days "
    assert (segment.dose.high, segment.dose.unit, segment.per_week.high) == (Fraction(1, 3), Unit.ML, Fraction(7, 3))
