"""Rules say which versions stay; the newest always does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.errors import UsageError
from rkedoc.store.retention import RetentionRule, kept, parse_rule

MONTHS = {f"2026-{month:02}": f"2026-{month:02}-15T05:00:00Z" for month in range(1, 13)}
DAYS = {f"d{day:02}": f"2026-11-{day:02}T05:00:00Z" for day in range(1, 31)}


@pytest.mark.parametrize(
    ("times", "rules", "stay"),
    [
        (MONTHS, ["3"], {"2026-10", "2026-11", "2026-12"}),
        (MONTHS, ["last=1"], {"2026-12"}),
        (MONTHS, ["monthly=2"], {"2026-11", "2026-12"}),
        (MONTHS, ["yearly=5"], {"2026-12"}),
        (MONTHS, ["within=31d"], {"2026-11", "2026-12"}),
        (DAYS, ["monthly=12"], {"d30"}),
        (DAYS, ["weekly=3"], {"d30", "d29", "d22"}),
        (DAYS, ["daily=2", "weekly=3"], {"d30", "d29", "d22"}),
        (DAYS, [], set(DAYS)),
        (DAYS, ["0"], {"d30"}),
        ({}, ["1"], set()),
    ],
)
def test_rules_keep_what_they_say(times: dict[str, str], rules: list[str], stay: set[str]) -> None:
    assert kept(times, map(parse_rule, rules)) == stay


@pytest.mark.parametrize("text", ["", "last", "last=", "hourly=3", "within=3", "-1", "last=x", "monthly=1.5", "1;2"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--keep"):
        parse_rule(text)


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=3), st.datetimes().map(lambda time: f"{time.isoformat()}Z"), max_size=20
    ),
    st.lists(
        st.builds(
            RetentionRule,
            st.sampled_from(["last", "daily", "weekly", "monthly", "yearly", "within"]),
            st.integers(0, 9),
        )
    ),
)
def test_more_rules_never_keep_less(times: dict[str, str], rules: list[RetentionRule]) -> None:
    whole = kept(times, rules)
    assert whole <= set(times)
    assert not times or max(times, key=lambda label: (times[label], label)) in whole
    for rule in rules:
        assert kept(times, [rule]) <= whole
