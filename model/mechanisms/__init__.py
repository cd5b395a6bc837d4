"""The rules of the economy, a file each: story, parameters, phases, kernels.

Mechanisms never import one another; they meet in the columns of the world.
"""
