"""Foundation allocation: serial dictatorship, and the two passes of preference-informed allocation."""

from __future__ import annotations

from pipeline_sim.compiling import kernel

PLACED_NOWHERE = -1


@kernel
def serial_dictatorship(order, preferences, places, placed):
    """In ``order``, each unplaced person takes their highest preference with a place left.

    ``preferences[i]`` lists regions best first; ``placed[i]`` becomes the preference rank (0 = first)
    or stays PLACED_NOWHERE; ``places`` is used up.
    """
    for k in range(order.shape[0]):
        i = order[k]
        if placed[i] != PLACED_NOWHERE:
            continue
        for j in range(preferences.shape[1]):
            if places[preferences[i, j]] > 0:
                places[preferences[i, j]] -= 1
                placed[i] = j
                break


@kernel
def first_preferences(order, preferences, places, placed):
    """In ``order``, each unplaced person takes their first preference if it has a place left."""
    for k in range(order.shape[0]):
        i = order[k]
        if placed[i] == PLACED_NOWHERE and places[preferences[i, 0]] > 0:
            places[preferences[i, 0]] -= 1
            placed[i] = 0
