"""The screening moves every parameter, and separates what moves nothing from noise."""

import numpy as np
import pytest

from model.measure.outcomes import OUTCOMES
from model.parameters import FACTS, GROUPS
from model.scenario import with_values
from studies import screening
from studies.common import HORIZONS


def test_every_parameter_but_the_frame_is_moved():
    names = {factor.name for factor in screening.factors()}
    frame = {
        f"{g}.{n}" for (g, n), fact in FACTS.items() if g == "economy" and fact.kind == "choice"
    }
    assert names | screening.FRAME | frame == {f"{group}.{name}" for group, name in FACTS}
    assert not names & (screening.FRAME | frame)
    assert set(screening.WHY) <= names


@pytest.mark.parametrize("group", GROUPS)
def test_a_move_is_another_value_that_the_model_can_stand(group):
    for factor in (factor for factor in screening.factors() if factor.key[0] == group):
        for place in (0.0, 0.3, 0.49, 0.5, 0.99):
            there = screening.moved(factor, place)
            assert 0.0 <= there <= 1.0 and factor.at(there) != factor.at(place), factor.name
            GROUPS[group].model_validate({factor.key[1]: factor.at(there)})


def test_points_have_worlds():
    found = screening.points()
    assert len(found) == screening.POINTS == len(set(found))
    scenario = screening.world_at(found[0])
    assert scenario.parameters == with_values(scenario.parameters, {})
    values = {f.key: f.at(u) for f, u in zip(screening.factors(), found[0], strict=True)}
    assert scenario.parameters.spillover.strength == values["spillover", "strength"]


def outcomes(value):
    return {name: np.full(len(HORIZONS), value) for name in OUTCOMES}


def test_effects_are_sizes_in_units_of_spread():
    one, other, scale = outcomes(1.0), outcomes(1.5), outcomes(2.0)
    assert set(np.concatenate(list(screening.effect(one, other, scale).values()))) == {0.25}
    undefined = screening.effect(one, outcomes(np.nan), scale)
    assert set(np.concatenate(list(undefined.values()))) == {1.0}
    nothing = screening.effect(outcomes(np.nan), outcomes(np.nan), scale)
    assert not any(values.any() for values in nothing.values())


def test_the_page_parts_inert_faint_and_moving():
    names = ["spillover.strength", "spillover.codified", "budgets.taper"]
    sizes = dict(zip(names, (1.0, 0.1, 0.0), strict=True)) | {screening.CHANCE: 0.4}
    effects = {name: [outcomes(size)] * 2 for name, size in sizes.items()}
    page = screening.page(effects, {"budgets.taper": [outcomes(0.0)]}, "make it")
    inert, faint = (page.split(f"## {title}")[1].split("##")[0] for title in ("Inert", "Faint"))
    assert "budgets.taper" in inert and "spillover.codified" not in inert
    assert "spillover.codified" in faint and "spillover.strength" not in faint
    assert "3 parameters" in page and " nan" not in page
