"""Which program is cheapest for us: one answer, recounted here from the raw lines (rules.md, section 1)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from core.adapters.files import read_folder
from core.adapters.store import Store, open_store, save_folder
from core.cli.json_views import program_choice_json
from core.domain.context import Context
from core.domain.model import AggregatePrice, Encounter, ProgramKind
from core.domain.money import allocate, dollars
from core.domain.roles import LOCAL
from core.domain.words import listed
from core.rules.pricing.past_orders import PlacedLine
from core.rules.pricing.program_choice import DrugChoice, ProgramChoice, Turning, program_choice
from core.rules.pricing.program_words import answer_sentence, basis_sentence, drug_sentence, turning_sentence
from core.services.clinic_costs import best_program
from core.services.demo.history import seed_history
from tests.builders import a_context, a_pharmacy, a_program, a_sku, an_offer, licences
from tests.stores import Clock
from tests.test_demo_history import DEMO, TODAY

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 30)
SKUS = ("SEMA", "TIRZ", "LDN")


def a_clinic_at_random(seed: int) -> tuple[list[PlacedLine], Context]:
    """Three SKUs at two pharmacies, orders under FREE at its own terms, and two to four programs beside it."""
    draws = random.Random(seed)
    own = {(house, sku): draws.randrange(2000, 30000) for house in ("cedar", "birch") for sku in SKUS}
    programs: list[Any] = [a_program(program="FREE", monthly_fee_cents=0, rate=Decimal("0.15"))]
    prices: list[AggregatePrice] = []
    for number in range(draws.randrange(1, 4)):
        kind = draws.choice([ProgramKind.PASS_THROUGH, ProgramKind.AGGREGATE])
        code = f"P{number}"
        programs.append(
            a_program(program=code, kind=kind, monthly_fee_cents=draws.choice([0, 29900, 99900]),
                      rate=Decimal(draws.randrange(0, 20)) / 100)
        )  # fmt: skip
        if kind is ProgramKind.AGGREGATE:
            prices += [a_price(code, sku, draws.randrange(2000, 30000)) for sku in SKUS if draws.random() < 0.95]
    context = a_context(
        programs=tuple(programs),
        skus={sku: a_sku(sku=sku, actives=(sku.lower(),)) for sku in SKUS},
        pharmacies={code: a_pharmacy(pharmacy=code) for code in ("cedar", "birch")},
        offers=tuple(an_offer(pharmacy=house, sku=sku, unit_cost_cents=cents) for (house, sku), cents in own.items()),
        aggregate_prices=tuple(prices),
    )
    lines = []
    for number in range(draws.randrange(3, 30)):
        house, sku, packs = draws.choice(("cedar", "birch")), draws.choice(SKUS), draws.randrange(1, 4)
        medication = packs * own[house, sku]
        fee = int((Decimal(medication) * Decimal("0.15")).quantize(Decimal(1), ROUND_HALF_UP))
        day = FIRST + timedelta(draws.randrange(91))
        lines.append(
            PlacedLine(
                f"C{number:03}", day, sku, packs, house, "FREE", 1, Encounter.NONE, medication, fee, 0, 2000, 0, 0
            )
        )
    return lines, context


def a_price(program: str, sku: str, cents: int) -> AggregatePrice:
    return AggregatePrice(program=program, sku=sku, unit_price_cents=cents, valid_from=date(2026, 1, 1))


def recounted(lines: list[PlacedLine], context: Context, code: str) -> tuple[int, int]:
    """What a program would have saved over the period, and how many lines it has no price for, line by line."""
    saved = missing = 0
    months = {}
    for line in lines:
        program = context.program(code, line.placed_on)
        assert program is not None
        if program.kind is ProgramKind.PASS_THROUGH:
            offer = context.offer(line.pharmacy, line.sku, line.placed_on)
            price = offer.unit_cost_cents if offer else None
        else:
            row = context.aggregate_price(code, line.sku, line.placed_on)
            price = row.unit_price_cents if row else None
        if price is None:
            missing += 1
            continue
        months[line.placed_on.replace(day=1)] = program.monthly_fee_cents
        medication = line.quantity * price
        fee = int((Decimal(medication) * program.rate).quantize(Decimal(1), ROUND_HALF_UP))
        saved += line.medication_cents + line.program_fee_cents - medication - fee
    return saved - sum(months.values()), missing


@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_clinics_get_the_answer_that_a_recount_gives(seed: int) -> None:
    lines, context = a_clinic_at_random(seed)
    answer = program_choice(lines, context, FIRST, LAST, Fraction(3))
    for row in answer.ranked:
        expected = recounted(lines, context, row.program)
        assert (row.saving.total_cents, row.left_out) == ((0, 0) if row.program == "FREE" else expected)
        assert sum(row.by_month.values()) == row.saving.total_cents
    savings = [row.saving.total_cents for row in answer.ranked]
    assert savings == sorted(savings, reverse=True)
    complete = {row.program: row.month_cents for row in answer.ranked if row.left_out <= len(lines) / 10}
    most = max(complete.values())
    best = sorted(code for code, cents in complete.items() if cents == most > 0)
    assert sorted(row.program for row in answer.best) == best
    said, shown = program_choice_json(answer, None), answer_sentence(answer)
    assert sorted(said["cheapest"]) == (best or ["FREE"])
    assert shown.startswith(listed(best) if best else "What you have (FREE)")
    assert said["programs"][0]["saving_a_month"] == dollars(answer.ranked[0].month_cents)
    assert all(row.routed_cents >= row.month_cents for row in answer.ranked)


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_the_drugs_add_up_to_the_clinic(seed: int) -> None:
    """Each drug's share of the monthly fee included, but for a cent a drug."""
    lines, context = a_clinic_at_random(seed)
    answer = program_choice(lines, context, FIRST, LAST, Fraction(1))
    for row in answer.ranked:
        if row.program != "FREE" and not row.left_out:
            drugs = [each for sku in SKUS for each in answer.drug(sku.lower(), context) if each.program == row.program]
            assert abs(sum(each.month_cents for each in drugs) - row.saving.total_cents) <= len(SKUS)


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_at_the_break_even_nothing_is_saved(seed: int) -> None:
    lines, context = a_clinic_at_random(seed)
    for row in program_choice(lines, context, FIRST, LAST, Fraction(3)).ranked:
        if row.even_at is None or row.left_out:
            continue
        change = 1 + row.even_at
        factors = {row.program: change}
        moved = tuple(
            a_price(each.program, each.sku, round(each.unit_price_cents * factors.get(each.program, Fraction(1))))
            for each in context.aggregate_prices
        )
        again = program_choice(lines, a_context_with(context, moved), FIRST, LAST, Fraction(3))
        saving = next(each for each in again.ranked if each.program == row.program).saving.total_cents
        assert abs(saving) <= 3 * sum(line.quantity for line in lines)


def a_context_with(context: Context, prices: tuple[AggregatePrice, ...]) -> Context:
    parts = {
        "programs": context.programs,
        "skus": context.skus,
        "pharmacies": context.pharmacies,
        "offers": context.offers,
    }
    return a_context(**parts, aggregate_prices=prices)


def one_drug(prices: dict[str, dict[str, int]], lines: int = 10) -> tuple[ProgramChoice, tuple[DrugChoice, ...]]:
    """Lines of one pack at $100.00 under FREE (15 %), a third of them TIRZ and the others SEMA, both of one active;
    aggregate programs without any fee at these prices."""
    skus = {sku: a_sku(sku=sku, actives=("tirzepatide",)) for sku in ("SEMA", "TIRZ")}
    pools = [
        a_program(program=code, kind=ProgramKind.AGGREGATE, monthly_fee_cents=0, rate=Decimal(0)) for code in prices
    ]
    context = a_context(
        programs=(a_program(program="FREE", monthly_fee_cents=0, rate=Decimal("0.15")), *pools),
        skus=skus,
        pharmacies={"cedar": a_pharmacy(pharmacy="cedar")},
        offers=tuple(an_offer(pharmacy="cedar", sku=sku, unit_cost_cents=10000) for sku in skus),
        aggregate_prices=tuple(a_price(code, sku, cents) for code, row in prices.items() for sku, cents in row.items()),
    )
    placed = [
        PlacedLine(f"C{at:02}", FIRST, "SEMA" if at % 3 else "TIRZ", 1, "cedar", "FREE", 1, Encounter.NONE, 10000, 1500,
                   0, 0, 0, 0)
        for at in range(lines)
    ]  # fmt: skip
    answer = program_choice(placed, context, FIRST, LAST, Fraction(1))
    return answer, answer.drug("tirzepatide", context)


@pytest.mark.parametrize(
    ("case", "prices", "says"),
    [
        ("one saves", {"POOL": {"SEMA": 10000, "TIRZ": 10000}},
         "POOL is cheapest {}: it saves $150.00 a month against what you have (FREE)"),
        ("two save the same", {"POOL": {"SEMA": 10000, "TIRZ": 10000}, "TANK": {"SEMA": 10000, "TIRZ": 10000}},
         "POOL and TANK are cheapest {}: each saves $150.00 a month against what you have (FREE)"),
        ("the best prices too few", {"PART": {"TIRZ": 5000}, "POOL": {"SEMA": 11000, "TIRZ": 11000}},
         "POOL is cheapest {}: it saves $50.00 a month against what you have (FREE)"),
        ("only one that prices too few", {"PART": {"TIRZ": 5000}},
         "what you have (FREE) has nothing to be compared with: no other program prices nine in ten of your lines"),
        ("one costs more, a partial one less", {"PART": {"TIRZ": 5000}, "POOL": {"SEMA": 12000, "TIRZ": 12000}},
         "what you have (FREE) is cheapest {}; POOL would cost $50.00 a month more"),
        ("two cost more alike", {"POOL": {"SEMA": 12000, "TIRZ": 12000}, "TANK": {"SEMA": 12000, "TIRZ": 12000}},
         "what you have (FREE) is cheapest {}; POOL and TANK would each cost $50.00 a month more"),
        ("the same", {"POOL": {"SEMA": 11500, "TIRZ": 11500}},
         "what you have (FREE) is cheapest {}; POOL costs the same"),
        ("nothing else", {}, "what you have (FREE) has nothing to be compared with"),
    ],
)  # fmt: skip
def test_the_sentences_name_no_program_that_prices_too_few_lines(
    case: str, prices: dict[str, dict[str, int]], says: str
) -> None:
    answer, rows = one_drug(prices)
    whole = says.format("for you")
    assert answer_sentence(answer) == whole[:1].upper() + whole[1:], case
    assert drug_sentence("tirzepatide", rows, answer).startswith(f"For tirzepatide {says.format('at your volume')}"), (
        case
    )
    assert "PART saves" not in basis_sentence(answer)
    assert ("PART has prices for too few" in basis_sentence(answer)) == ("PART" in prices)


def test_a_drug_says_what_would_change_it() -> None:
    answer, rows = one_drug({"PART": {"TIRZ": 5000}, "POOL": {"SEMA": 12500, "TIRZ": 12500}})
    assert drug_sentence("tirzepatide", rows, answer) == (
        "For tirzepatide what you have (FREE) is cheapest at your volume; POOL would cost $100.00 a month more; "
        "POOL would be equal if its prices fall by 8.0%"
    )
    assert {row.program: (row.lines, row.left_out) for row in rows} == {
        "FREE": (10, 0),
        "PART": (4, 6),
        "POOL": (10, 0),
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('choice') / 'refill.db'}"
    store = open_store(url, clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    folder = read_folder(DEMO, TODAY)
    store.write("juniper", lambda work: save_folder(work, folder), new=True)
    seed_history(store, "juniper", TODAY)
    yield store
    store.close()


def test_the_demo_has_one_answer(demo: Store) -> None:
    answer: ProgramChoice = best_program(demo, LOCAL, "juniper")
    assert answer.months == 3
    assert answer.lines > 100
    used = [row for row in answer.ranked if row.is_used]
    assert [row.saving.total_cents for row in used] == [0] * len(used)


@pytest.mark.parametrize("seed", range(40))
def test_the_best_routing_is_the_cheapest_of_all_assignments(seed: int) -> None:
    """Every checkout with up to three cold lines to one of two destinations, tried at every pharmacy by brute force."""
    draws = random.Random(seed)
    houses = ("cedar", "birch", "maple")
    fees = {code: draws.randrange(0, 4000) for code in houses}
    own = {
        (code, sku): draws.randrange(1000, 9000)
        for code in houses
        for sku in SKUS
        if code == "cedar" or draws.random() < 0.7
    }
    context = a_context(
        programs=(a_program(program="FREE", rate=Decimal("0.15")),),
        skus={sku: a_sku(sku=sku) for sku in SKUS},
        pharmacies={code: a_pharmacy(pharmacy=code, cold_fee_cents=fees[code]) for code in houses},
        licences=(*licences("cedar"), *licences("birch"), *licences("maple", "CA")),
        offers=tuple(an_offer(pharmacy=code, sku=sku, unit_cost_cents=cents) for (code, sku), cents in own.items()),
    )
    lines, saved = [], 0
    for number in range(4):
        skus = draws.sample(SKUS, draws.randrange(1, 4))
        cost = sum(own["cedar", sku] for sku in skus)
        shares = allocate(fees["cedar"], [1] * len(skus))
        for sku, share in zip(skus, shares, strict=True):
            lines.append(
                PlacedLine(f"C{number}", FIRST, sku, 1, "cedar", "FREE", 1, Encounter.NONE, own["cedar", sku], 0, 0,
                           share, 0, 0, 1, "TX")
            )  # fmt: skip
        totals = [
            landed(
                sum(own[code, sku] for code, sku in zip(chosen, skus, strict=True)),
                sum(fees[code] for code in set(chosen)),
            )
            for chosen in product(("cedar", "birch"), repeat=len(skus))
            if all(pair in own for pair in zip(chosen, skus, strict=True))
        ]
        saved += landed(cost, fees["cedar"]) - min(totals)
    answer = program_choice(lines, context, FIRST, LAST, Fraction(1))
    assert answer.repricings["FREE"].rerouted_cents == saved
    assert answer.ranked[0].routed_cents == saved


def landed(medication_cents: int, shipping_cents: int) -> int:
    fee = (Decimal(medication_cents) * Decimal("0.15")).quantize(Decimal(1), ROUND_HALF_UP)
    return medication_cents + int(fee) + shipping_cents


def test_what_would_make_the_next_program_the_cheapest() -> None:
    """GROWTH costs $100.00 a month and 10 %, FREE 15 %: equal at $2,000.00; ten lines under FREE come to $1,000.00."""
    lines = [
        PlacedLine(f"C{at}", LAST, "SEMA", 1, "cedar", "FREE", 1, Encounter.NONE, 10000, 1500, 0, 0, 0, 0)
        for at in range(10)
    ]
    growth = a_program(program="GROWTH", monthly_fee_cents=100_00, rate=Decimal("0.10"))
    context = a_context(
        programs=(a_program(program="FREE", rate=Decimal("0.15")), growth), patients={}, prescriptions={}
    )
    answer = program_choice(lines, context, date(2026, 11, 1), LAST, Fraction(1))
    assert answer.turning(context) == Turning("GROWTH", 2_000_00, grows=True, rate=Fraction(1, 20))
    assert turning_sentence(answer.turning(context)) == (
        "GROWTH would be cheapest from $2,000.00 of medication a month, or at a rate of 5.0%."
    )
    assert "cheapest pharmacy of the day, nothing would have been cheaper." in basis_sentence(answer)
