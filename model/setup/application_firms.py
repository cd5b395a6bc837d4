"""Application firms and their markets at month 0: no firm uses AI, no firm has sales yet."""

from __future__ import annotations

import numpy as np

from model.state.application_firms import Applications, Branches
from model.state.codes import APPLICATION, BRANCHES, FIRST_BRANCH
from model.state.firms import Firms
from model.state.inputs import Inputs


def applications_of(firms: Firms, inputs: Inputs) -> Applications:
    """Return the table of application firms, one row each."""
    rows = np.flatnonzero(firms.kind == APPLICATION)
    table = Applications.allocate(
        application=rows.size, firm=firms.kind.size, bloc=len(inputs.blocs)
    )
    table.firm[:] = rows
    table.at[rows] = np.arange(rows.size)
    return table


def branches_of(firms: Firms, inputs: Inputs) -> Branches:
    """Return the markets of all blocs and sectors."""
    table = Branches.allocate(bloc=len(inputs.blocs), branch=len(BRANCHES))
    here = (firms.kind == APPLICATION) & firms.active
    np.add.at(table.firms_first, (firms.bloc[here], firms.sector[here] - FIRST_BRANCH), 1)
    return table
