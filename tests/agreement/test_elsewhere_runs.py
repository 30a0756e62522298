"""Two environments' simulators in one comparison."""

from __future__ import annotations

import json
import sysconfig
import venv

import pytest

from spikebridge.reports.cli import main


def test_two_versions_of_a_simulator_compare_at_once(tmp_path, monkeypatch, capfd) -> None:
    """Each under the name and with the version of its own environment, and with builds of its own; the other one has neither
    spikebridge nor what spikebridge needs. It is made of the packages of this one here, and says another version."""
    monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path / "cache"))
    venv.create(tmp_path / "other", symlinks=True)
    packages = next((tmp_path / "other").glob("lib/python*/site-packages"))
    ours = sysconfig.get_path("purelib")
    for name in ("neuron", "numpy", "numpy.libs", "neuron.libs", "find_libpython", "packaging"):
        (packages / name).symlink_to(f"{ours}/{name}")
    for name, version in (("neuron", "8.9.9"), ("numpy", "2.2.2")):
        (packages / f"{name}-{version}.dist-info").mkdir()
        (packages / f"{name}-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    python = tmp_path / "other" / "bin" / "python"
    with pytest.raises(SystemExit) as ended:
        main(["compare", "hodgkin_huxley", "--engine", "neuron", "--engine", f"neuron={python}", "--scheme", "neuron=crank_nicolson",
              "--duration", "20 ms", "--quick", "--json"])  # fmt: skip
    assert ended.value.code == 0
    engines = json.loads(capfd.readouterr().out)["engines"]
    assert list(engines) == ["neuron", "neuron@8.9.9"]
    here, there = engines.values()
    assert there["version"] == "8.9.9" != here["version"] and here["translation"]["passed"] and there["translation"]["passed"]
    assert there["notes"][-1].startswith(f"in {python}: Python ") and there["notes"][-1].endswith("numpy 2.2.2")
    assert there["spike_times_ms"] == here["spike_times_ms"]
    assert len(list((tmp_path / "cache" / "neuron").glob("*/libnrnmech.so"))) == 2
