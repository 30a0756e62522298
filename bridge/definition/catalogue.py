"""Which definitions come with spikebridge, and what else they are called; nothing of them is read."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

# everyday names. Those that a definition gives itself are among them: tests hold the two together, so that no file is read for a name
ALIASES = {
    "hh": "hodgkin_huxley",
    "hh_patch": "hodgkin_huxley_patch",
    "lif": "leaky_integrate_and_fire",
    "noisy_lif": "lif_noisy",
    "pif": "perfect_integrate_and_fire",
    "qif": "quadratic_integrate_and_fire",
    "theta": "theta_neuron",
    "aeif": "adex",
    "srm": "spike_response",
    "raf": "resonate_and_fire",
    "mn": "mihalas_niebur",
    "izh": "izhikevich",
    "izh2004": "izhikevich_2004",
    "izh2007": "izhikevich_2007",
    "fhn": "fitzhugh_nagumo",
    "ml": "morris_lecar",
    "hr": "hindmarsh_rose",
    "cs": "connor_stevens",
    "wb": "wang_buzsaki",
    "rtm": "reduced_traub_miles",
    "rtm_m": "reduced_traub_miles_m",
    "pr": "pinsky_rinzel",
    "srk": "sherman_rinzel_keizer",
    "wc": "wilson_cowan",
    "rc": "passive_membrane",
    "ghk": "ghk_membrane",
    "nernst": "ghk_membrane",
    "ghk_voltage": "ghk_membrane",
    "ghk_current": "ghk_membrane",
    "gap": "gap_pair",
    "nmda": "nmda_block",
    "stdp": "stdp_pair",
    "ping": "ping_pair",
    "ing": "ing_cell",
}


def catalogue() -> dict[str, Path]:
    """Name and file of every model that comes with spikebridge.

    Examples
    --------
    >>> sorted(sb.catalogue())[:2]
    ['adex', 'butera']
    """
    return dict(_files("models"))


def mechanisms() -> dict[str, Path]:
    """Name and file of every mechanism that comes with spikebridge.

    Examples
    --------
    >>> "m_current" in sb.mechanisms()
    True
    """
    return dict(_files("mechanisms"))


def aliases_of(name: str) -> list[str]:
    """Other names of a model of the catalogue."""
    return [alias for alias, model in ALIASES.items() if model == name]


def file_of(name: str) -> Path | None:
    """The file of a model or mechanism, by its name or another one; None where there is none."""
    known = {**catalogue(), **mechanisms()}
    return known.get(name) or known.get(ALIASES.get(name, ""))


@cache
def _files(folder: str) -> dict[str, Path]:
    """Those that are installed, which do not change under a process."""
    place = Path(str(resources.files("spikebridge.bridge") / folder))
    return {path.stem: path for path in sorted(place.glob("*.toml"))}
