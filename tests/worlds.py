"""The two worlds of the tests, and what tests do to worlds beyond what the model offers.

Whatever has the labs, places and prehistory of ``TINY`` or ``SMALL`` shares their normalising
constants, which are solved once for the tests of a day. Take one of the two, and vary firms, dates
and rules: another number of labs or places costs some ten seconds.
"""

from model.measure.accounts import CLOSED, LAWS

TINY = {
    "economy__firms": 100,
    "economy__labs": 8,
    "economy__clusters": 12,
    "economy__prehistory": 12,
    "economy__end": "2019-06",
}
SMALL = {
    "economy__firms": 120,
    "economy__labs": 12,
    "economy__clusters": 20,
    "economy__prehistory": 12,
    "economy__end": "2019-12",
}


def texts(world, **changes):
    """Return a world's parameters as texts ``group.name=value``; changes are group__name."""
    pairs = ((name.replace("__", ".", 1), value) for name, value in (world | changes).items())
    return [f'{n}="{v}"' if isinstance(v, str) else f"{n}={v}" for n, v in pairs]


def words(world, **changes):
    """Return the same as words of the command line."""
    return [word for text in texts(world, **changes) for word in ("--set", text)]


def with_parameters(world, **changes):
    """Return what a world is given, with some parameters (group__name=value) others."""
    parameters = world.parameters
    for name, value in changes.items():
        group, _, entry = name.partition("__")
        new = getattr(parameters, group).model_copy(update={entry: value})
        parameters = parameters.model_copy(update={group: new})
    return world.fixed.replaced(groups=parameters.groups(), shared=parameters.shared())


def unclosed(world):
    """Return the accounts that do not close, with their residuals; before the month is closed."""
    residuals = {name: law(world.fixed, world.state) for name, law in LAWS.items()}
    return {name: residual for name, residual in residuals.items() if not residual <= CLOSED}
