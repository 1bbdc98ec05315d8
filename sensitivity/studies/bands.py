"""Percentile bands of courses without keeping the courses: counts between edges.

A pilot of some thousand runs gives the edges, at each saved time and for each series between bins
that the pilot fills evenly. Every chunk then counts its own runs. Counts add up to the same
whole numbers in whatever order and on whatever machines the chunks are run, and what is read from
them is wrong by a fraction of a bin at most, that is by less than 0.4 % of the runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.uint32]

BINS = 256


def edges_of(pilot: Floats) -> Floats:
    """Return the inner edges of the bins (series, time, BINS - 1) from courses (.., .., runs).

    Examples
    --------
    >>> edges_of(np.linspace(0, 1, 1025).reshape(1, 1, -1))[0, 0, [0, 127, 254]].round(4)
    array([0.0039, 0.5   , 0.9961])
    """
    if pilot.shape[-1] == 0:
        return np.zeros((*pilot.shape[:2], BINS - 1))
    shares = np.arange(1, BINS) / BINS
    return np.ascontiguousarray(np.quantile(pilot, shares, axis=2).transpose(1, 2, 0))


def count(courses: Floats, edges: Floats) -> tuple[Counts, Floats]:
    """Count sound courses (series, time, runs) between edges; return counts and both extremes.

    Examples
    --------
    >>> courses = np.array([[[1.0, 2.0, 3.0]]])
    >>> counts, extremes = count(courses, edges_of(courses))
    >>> int(counts.sum()), extremes[:, 0, 0].tolist()
    (3, [1.0, 3.0])
    """
    series, times, runs = courses.shape
    counts = np.zeros((series, times, BINS), dtype=np.uint32)
    extremes = np.full((2, series, times), np.nan)
    if runs == 0:
        return counts, extremes
    for one in range(series):
        for time in range(times):
            place = np.searchsorted(edges[one, time], courses[one, time])
            counts[one, time] = np.bincount(place, minlength=BINS)
    extremes[0], extremes[1] = courses.min(axis=2), courses.max(axis=2)
    return counts, extremes


def quantiles(counts: NDArray[np.integer], extremes: Floats, edges: Floats, at: Floats) -> Floats:
    """Read quantiles (series, len(at), time) from the counts of all chunks together.

    Between the edges of a bin its runs are taken to lie evenly.
    """
    series, times, _ = counts.shape
    found = np.full((series, len(at), times), np.nan)
    for one in range(series):
        for time in range(times):
            total = counts[one, time].sum()
            if total == 0:
                continue
            heights = np.concatenate([[0.0], np.cumsum(counts[one, time]) / total])
            inner = np.clip(edges[one, time], extremes[0, one, time], extremes[1, one, time])
            walls = np.concatenate([extremes[:1, one, time], inner, extremes[1:, one, time]])
            # Where bins are empty the height stands still: keep the first and the last wall of it.
            moving = np.flatnonzero(np.diff(heights) > 0)
            keep = np.unique(np.concatenate([moving, moving + 1]))
            found[one, :, time] = np.interp(at, heights[keep], walls[keep])
    return found
