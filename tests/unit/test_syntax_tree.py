"""Trees of syntax: made by one thread at a time."""

import threading

from spikebridge.bridge.expressions.syntax_tree import expression_tree, syntax_tree

NESTED = "(" * 60 + "x" + " + 1)" * 60


def test_threads_make_trees_beside_each_other() -> None:
    """Some versions of Python count the depth of all of them in one place, and fail."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for k in range(150):
                syntax_tree(f"y = {NESTED} + {k}")
                expression_tree(f"{NESTED} - {k}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
