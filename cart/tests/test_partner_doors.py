"""What partners' services may do, by REST and by gRPC: one table of cases, on which both doors have to agree."""

import pytest

from cart.tests.partner_cases import CASES, Case
from cart.tests.partner_doors import Door
from cart.tests.partner_stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(door: Door, call: str, cases: list[Case]) -> list[str]:
    """Return what comes of each case; one that changed something leaves the next a new stage."""
    stage, seen = Stage(), []
    for who, fields, _outcome in cases:
        before = stage.all_carts()
        answer = stage.call(door, who, call, fields)
        seen.append(stage.outcome(answer))
        if stage.all_carts() != before:
            assert not answer.refusal, (who, fields, "was refused and changed something")
            stage = Stage()
    return seen


@pytest.mark.parametrize("act", CASES)
def test_both_doors_answer_as_the_table_says(act: str, doors: dict[str, Door]) -> None:
    call, cases = CASES[act]
    expected = [(who, fields, outcome) for who, fields, outcome in cases]
    for name, door in doors.items():
        seen = [(*case[:2], outcome) for case, outcome in zip(cases, outcomes(door, call, cases), strict=True)]
        assert seen == expected, name
