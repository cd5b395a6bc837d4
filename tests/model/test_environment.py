"""Names in the environment: ours are taken or refused, those of clusters and modules left alone."""

import pytest

from commands import self_test
from model.core.errors import InputError
from model.environment import ignored, set_in
from model.parameters import FACTS
from model.scenario import load

THEIRS = {
    # Kubernetes, beside a service called spillover-scheduler, and one called spillover
    "SPILLOVER_SCHEDULER_SERVICE_HOST": "10.96.14.2",
    "SPILLOVER_SCHEDULER_PORT": "tcp://10.96.14.2:8786",
    "SPILLOVER_SCHEDULER_PORT_8786_TCP_ADDR": "10.96.14.2",
    "SPILLOVER_PORT": "tcp://10.96.14.3:80",
    "SPILLOVER_SERVICE_PORT_HTTP": "80",
    "SPILLOVER_CONTROLS_PORT": "tcp://10.96.14.4:80",
    # module systems
    "SPILLOVER_ROOT": "/opt/spillover",
    "SPILLOVER_HOME": "/opt/spillover",
    "SPILLOVER_DIR": "/opt/spillover",
    "SPILLOVER_VERSION": "0.1.0",
    # somebody's own
    "SPILLOVER_TYPO": "3",
    "SPILLOVER_DATA__OLD": "x",
    "SPILLOVER___": "",
    "SPILLOVER_": "",
}


@pytest.mark.parametrize("name", THEIRS)
def test_names_of_others_are_ignored_and_listed(name):
    environment = {name: THEIRS[name], "SPILLOVER_CACHE_DIR": "/tmp", "HOME": "/root"}
    assert load("ban", environment=environment).origin == load("ban", environment={}).origin
    assert ignored(environment) == [name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SPILLOVER_CONTROLS_REGIME", "did you mean SPILLOVER_CONTROLS__REGIME?"),
        ("SPILLOVER_CONTROL__REGIME", "did you mean SPILLOVER_CONTROLS__REGIME?"),
        ("SPILLOVER_CONTROLS__REGIM", "did you mean 'regime'?"),
        ("SPILLOVER_SPILOVER__STRENGTH", "did you mean SPILLOVER_SPILLOVER__STRENGTH?"),
        ("SPILLOVER_ECONOMY__PORT", "unknown parameter economy.port"),
    ],
)
def test_a_parameter_with_a_letter_wrong_is_not_ignored(name, said):
    with pytest.raises(InputError) as refused:
        load("ban", environment={name: "none"})
    assert f"${name}" in str(refused.value) and said in str(refused.value)
    assert ignored({name: "none"}) == []


def test_every_parameter_is_set_by_its_name():
    environment = {f"SPILLOVER_{group}__{name}".upper(): "1" for group, name in FACTS}
    assert [(group, name) for group, name, *_ in set_in(environment)] == list(FACTS)


def test_the_doctor_lists_what_is_ignored(monkeypatch):
    for name, value in THEIRS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SPILLOVER_CONTROLS__POROSITY", "0.5")
    found = self_test.environment()
    assert found.state == "warning" and all(name in found.text for name in THEIRS)
    assert "$SPILLOVER_CONTROLS__POROSITY is taken" in found.text
    monkeypatch.setenv("SPILLOVER_CONTROLS_REGIME", "none")
    assert self_test.environment().state == "wrong"
