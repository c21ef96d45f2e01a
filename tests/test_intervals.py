"""Paired differences and their intervals."""

import pytest
from scipy.stats import ttest_1samp

from tlcourse.classifiers import intervals


def test_the_interval_is_that_of_students_t():
    pairs = [0.1, 0.3, 0.2, 0.5]
    found = intervals.paired_difference(pairs)
    expected = ttest_1samp(pairs, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_one_pair_is_no_spread():
    with pytest.raises(ValueError, match="2 pairs or more"):
        intervals.paired_difference([0.1])
