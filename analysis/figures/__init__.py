"""Figures drawn from the tables of a result's folder."""

import logging

# What matplotlib says of fonts and its own cache is not for whoever runs a world.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
