import numpy as np
import pytest

import spikecam as sc
from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
from spikecam.train.datasets.cached_latents import CachedLatents
from spikecam.train.datasets.latent_cache import LatentCacheDescription, write_latent_cache


def test_latents_fade_with_the_ratio(cache, codec):
    samples = CachedLatents(cache, seed=0, length=100)
    network, _ = load_autoencoder_and_fingerprint(codec)
    held = {name: np.load(cache / f"{name}.npy") for name in ("sharp", "gray", "blurry")}
    one = samples[7]
    (chosen,) = (n for n in range(22) if np.allclose(held["blurry"][n], one["latents"], atol=1e-3))
    mix = float(one["mix"])
    expected = (1 - mix) * held["sharp"][chosen] + mix * held["gray"][chosen]
    assert np.allclose(one["target"], expected, atol=5e-3)
    assert one["spikes"].shape == (8, 64, 64)
    # A tenth of the pixels fire, and the gain brings that to the brightness of the picture.
    assert one["spikes"].float().mean() == pytest.approx(0.1, abs=0.03)
    shown = network.decode(one["latents"][None]).mean()
    assert float(one["gain"] * one["spikes"].float().mean()) == pytest.approx(float(shown), rel=0.2)


def test_a_cache_is_kept_and_never_mixed_with_another(cache, codec, smooth_photos):
    autoencoder, name = load_autoencoder_and_fingerprint(codec)
    kept = write_latent_cache(
        [smooth_photos], cache, autoencoder, name, crop=64, crops_per_picture=2
    )
    assert kept == LatentCacheDescription.read(cache)
    assert (kept.train, kept.val) == (22, 1)
    with pytest.raises(sc.OutputError, match="other latents"):
        write_latent_cache([smooth_photos], cache, autoencoder, name, crop=64, crops_per_picture=3)


def test_latents_are_whole_or_not_there(smooth_photos, codec, tmp_path):
    def stop(steps):
        yield steps[0]
        raise KeyboardInterrupt

    folder = tmp_path / "cache"
    with pytest.raises(KeyboardInterrupt):
        write_latent_cache(
            [smooth_photos],
            folder,
            *load_autoencoder_and_fingerprint(codec),
            crop=64,
            crops_per_picture=2,
            track=stop,
        )
    assert not folder.exists()
    with pytest.raises(sc.OutputError, match=r"needs .* GB"):
        write_latent_cache(
            [smooth_photos],
            folder,
            *load_autoencoder_and_fingerprint(codec),
            crop=64,
            crops_per_picture=10**8,
        )
    sc.write_picture(tmp_path / "black" / "one.png", np.zeros((80, 80, 3), np.float32))
    black = [smooth_photos, tmp_path / "black"]
    write_latent_cache(
        black, folder, *load_autoencoder_and_fingerprint(codec), crop=64, crops_per_picture=1
    )
    gains = np.load(folder / "gain.npy")
    assert np.isfinite(gains).all()
    assert (gains == 0).any()
    (folder / "sharp.npy").write_bytes(b"x")
    with pytest.raises(sc.FileError, match="damaged"):
        CachedLatents(folder, seed=0, length=1)[0]
