"""Talk nearby rises with researchers nearby; at elasticity 0 nothing is different, to the bit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.mechanisms.ideas import density
from model.mechanisms.ideas.density import Density
from model.mechanisms.ideas.neighbours_kernels import pulls
from model.state.codes import PROXIMITY
from tests import worlds

PEOPLE = st.lists(st.floats(1.0, 1e6), min_size=2, max_size=30).map(np.array)


def fixed_of(small, constants, people, **changes):
    """Return a world's fixed part whose baseline begins with these researchers by place."""
    fixed = worlds.with_parameters(small(constants=constants), **changes)
    mean, gain = density.references(fixed.of(Density), people)
    crowd = {"density": mean, "density_gain": gain}
    from dataclasses import replace

    return fixed.replaced(constants=replace(fixed.constants, **crowd))


@given(people=PEOPLE, elasticity=st.floats(0.0, 1.0), month=st.integers(0, 200))
def test_gains_add_no_contacts_and_growth_on_the_path_moves_none(
    small, constants, people, elasticity, month
):
    fixed = fixed_of(small, constants, people, density__elasticity=elasticity)
    gains = density.gains(fixed, 0, people)
    assert math.isclose(math.fsum(gains * people), math.fsum(people), rel_tol=1e-9)
    grown = people * math.exp(fixed.shared.researcher_growth * month / 12.0)
    assert np.allclose(gains, density.gains(fixed, month, grown), rtol=1e-9)
    order = np.argsort(people)
    assert np.all(np.diff(gains[order]) >= -1e-12)  # denser places talk no less
    if elasticity == 0.0:
        assert np.all(gains == 1.0)


def test_gains_have_the_stated_elasticity_where_nothing_saturates(small, constants):
    people = np.array([100.0, 200.0, 400.0])
    fixed = fixed_of(small, constants, people, density__elasticity=0.25, density__saturation=1e6)
    gains = density.gains(fixed, 0, people)
    assert gains[1:] / gains[:-1] == pytest.approx(2.0**0.25, rel=1e-3)


def test_a_dense_place_talks_more_at_home_and_as_much_elsewhere():
    seen, nearness = np.array([[10.0, 30.0, 5.0]]), np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    blocs, gain = np.array([0, 0, 1]), np.array([2.0, 1.0, 1.0])
    pull, more = np.empty((3, 1, 3)), np.empty((3, 1))
    pulls(seen, blocs, nearness, gain, pull, more)
    assert pull[0, 0].tolist() == [20.0, 35.0, 2.5]
    assert more[:, 0].tolist() == [35.0 / 25.0, 1.0, 1.0]


def test_elasticity_0_is_a_world_without_density_to_the_bit(small, constants):
    from dataclasses import replace

    none = replace(constants, density_gain=0.0)
    worlds_of = [
        small(constants=c, density__elasticity=e).run("2018-03")
        for c, e in ((constants, 0.0), (none, 0.3))
    ]
    one, other = (world.state.knowledge[0].bits for world in worlds_of)
    assert np.array_equal(one, other)


def test_density_moves_talk_nearby(small, constants):
    """Learning by talk moves from sparse places to dense ones."""
    plain, strong = (
        small(constants=constants, density__elasticity=e).run("2018-12") for e in (0.0, 1.0)
    )
    talk = [w.record.acquired[:, :, PROXIMITY].sum() for w in (plain, strong)]
    assert talk[0] > 0 and talk[0] != talk[1]
