"""What happens later: entries come out when they are due, in the order they were put in."""

import pytest

from spikebridge.reference.agenda import Queue, Ring


def test_a_ring_gives_each_entry_so_many_turns_later() -> None:
    """Whenever it was put in, and never twice."""
    ring, seen = Ring(3), []
    for step in range(6):
        seen.append(ring.turn())
        if step in (0, 2):
            ring.put(3, f"put at {step}")
        if step == 1:
            ring.put(2, "put at 1")
    assert [list(due) for due in seen] == [[], [], [], ["put at 0", "put at 1"], [], ["put at 2"]]


def test_a_ring_knows_how_long_nothing_happens_and_can_skip_that() -> None:
    """Up to the turn before the next entry, and as far as is asked where there is none."""
    ring = Ring(5)
    ring.turn()
    assert ring.idle(100) == 100
    ring.skip(33)
    ring.put(4, "entry")
    assert (ring.idle(2), ring.idle(3), ring.idle(100)) == (2, 3, 3)
    ring.skip(3)
    assert ring.idle(100) == 0 and list(ring.turn()) == ["entry"] and ring.idle(7) == 7


@pytest.mark.parametrize("turns", [0, 4])
def test_a_ring_refuses_what_it_has_no_place_for(turns) -> None:
    """The turn that is under way, and one beyond the furthest."""
    with pytest.raises(ValueError, match=rf"^an entry can wait for 1 to 3 turns, not {turns}$"):
        Ring(3).put(turns, "entry")


def test_a_queue_gives_what_is_due_in_the_order_of_time() -> None:
    """Entries of one moment in the order they were put in."""
    queue = Queue()
    for t_ms, entry in ((2.0, "c"), (1.0, "a"), (3.0, "e"), (2.0, "d"), (1.5, "b")):
        queue.put(t_ms, entry)
    assert queue.next_ms == 1.0
    assert queue.due(0.5) == []
    assert queue.due(2.0) == ["a", "b", "c", "d"]
    assert queue.next_ms == 3.0
    assert queue.due(9.0) == ["e"]
    assert queue.next_ms == float("inf")
