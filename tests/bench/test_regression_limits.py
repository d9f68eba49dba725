from spikecam.bench.regression_limits import MIN_NETWORK_SPEEDUPS, MIN_SPEEDUPS, find_regressions


def rows(kind="bfloat16", factor=1.0):
    bounds = {**MIN_SPEEDUPS, **MIN_NETWORK_SPEEDUPS[kind]}
    return [
        {
            "what": what,
            "device": "cpu",
            "x plain": least * factor,
            "plain": "the plain way",
            "limit": "memory" if what in MIN_SPEEDUPS else kind,
        }
        for what, least in bounds.items()
    ]


def test_what_is_as_fast_as_it_has_to_be_passes():
    assert find_regressions(rows()) == []
    assert find_regressions(rows("float32")) == []


def test_what_is_too_slow_is_named():
    slow = rows()
    slow[0]["x plain"] *= 0.9
    slow[-1]["x plain"] = float("nan")
    first, last = find_regressions(slow)
    assert first.startswith("decode is 0.36 times as fast as the plain way")
    assert last.startswith("defocus is nan")
    assert len(find_regressions(rows(factor=0.5))) == len(slow)


def test_networks_in_float32_have_bounds_of_their_own():
    slow = rows("float32")
    for row in slow[len(MIN_SPEEDUPS) :]:
        row["limit"] = "bfloat16"
    assert len(find_regressions(slow)) == 4


def test_what_was_not_measured_is_named():
    measured = [row for row in rows() if row["what"] != "TFSTP"]
    elsewhere = {**rows()[0], "what": "TFSTP", "device": "cuda", "x plain": 1e9}
    assert find_regressions([*measured, elsewhere]) == ["TFSTP was not measured"]
