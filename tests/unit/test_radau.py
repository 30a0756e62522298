"""Coefficients of the Radau IIA methods, against their definition and published ones."""

import numpy as np
import pytest

from spikebridge.reference.radau import radau


def test_three_stages_are_those_of_the_program_radau5() -> None:
    """Hairer & Wanner's numbers: nodes (4 -+ sqrt 6)/10 and 1, the real eigenvalue 1/3.6378..., error weights of (8.20)."""
    method, root = radau(3), np.sqrt(6.0)
    assert method.nodes == pytest.approx(np.array([(4 - root) / 10, (4 + root) / 10, 1.0]), abs=1e-15)
    gamma = 1.0 / 3.637834252744496
    assert method.eigenvalues[0] == pytest.approx(gamma, rel=1e-14)
    assert method.error == pytest.approx(gamma / 3 * np.array([-13 - 7 * root, -13 + 7 * root, -1]), rel=1e-12)
    assert method.matrix[0] == pytest.approx(np.array([(88 - 7 * root) / 360, (296 - 169 * root) / 1800, (-2 + 3 * root) / 225]))


@pytest.mark.parametrize("stages", [3, 5, 7, 9])
def test_a_step_is_exact_for_polynomials_up_to_its_order(stages) -> None:
    """At the nodes up to degree s - 1, at the end up to 2 s - 2 and no further."""
    method = radau(stages)
    for k in range(stages):
        assert method.matrix @ method.nodes**k == pytest.approx(method.nodes ** (k + 1) / (k + 1), abs=2e-15)
    ends = [abs(method.matrix[-1] @ method.nodes**k - 1 / (k + 1)) for k in range(2 * stages)]
    assert max(ends[:-1]) < 1e-15 < 1e-12 < ends[-1]


@pytest.mark.parametrize("stages", [3, 5, 7])
def test_eigenvectors_and_polynomials_give_back_what_they_were_made_of(stages) -> None:
    """One of each complex pair, counted twice, is the matrix; the nested form has the values it was made of."""
    method = radau(stages)
    assert ((method.to_stages * method.eigenvalues) @ method.from_stages).real == pytest.approx(method.matrix, abs=1e-13)
    x = method.nodes
    factors = np.cumprod([x if i % 2 == 0 else 1 - x for i in range(stages)], axis=0)
    assert factors.T @ (method.nested @ np.sin(x)) == pytest.approx(np.sin(x), abs=1e-13)
