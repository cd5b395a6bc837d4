"""What tests do to worlds and ask of them beyond what the model offers."""

from model.measure.accounts import CLOSED, LAWS


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
