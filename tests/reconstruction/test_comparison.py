import numpy as np

import spikecam as sc
from spikecam.reconstruction import comparison
from spikecam.reconstruction.comparison import comparable_methods, iter_method_results


def test_every_method_that_needs_no_files_has_a_result(spikes):
    stream = sc.SpikeStream.from_array(spikes(140, 40, 56, rate=0.3))
    names = comparable_methods()
    assert {"tfp", "tfi", "tfstp", "aligned", "lsq", "defocus"} <= set(names)
    assert "wgse" not in names
    results = list(iter_method_results(stream, 70))
    assert [result.method for result in results] == names
    assert {result.error for result in results} == {""}
    (tfi,) = (result for result in results if result.method == "tfi")
    assert np.array_equal(tfi.picture, sc.reconstruct(stream, 70, "tfi"))
    assert tfi.seconds > 0


def test_one_that_fails_leaves_the_others(spikes, monkeypatch):
    stream = sc.SpikeStream.from_array(spikes(60, 6, 9, rate=0.3))
    reconstruct = comparison.reconstruct

    def broken(stream, frame, method, **options):
        if method == "tfi":
            raise ZeroDivisionError("no\n light")
        return reconstruct(stream, frame, method, **options)

    monkeypatch.setattr(comparison, "reconstruct", broken)
    results = {result.method: result for result in iter_method_results(stream, 30)}
    assert (results["tfi"].picture, results["tfi"].error) == (None, "no light")
    # Its window is longer than the recording.
    assert "longer than the recording" in results["defocus"].error
    assert results["tfp"].picture is not None
