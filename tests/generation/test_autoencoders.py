import json

import pytest
import torch

import spikecam as sc
from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint

diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed")


def saved(folder, model):
    model.save_pretrained(folder)
    return folder


def kl(levels=4, **options):
    blocks = ("DownEncoderBlock2D",) * levels, ("UpDecoderBlock2D",) * levels
    return diffusers.AutoencoderKL(
        down_block_types=blocks[0],
        up_block_types=blocks[1],
        block_out_channels=(4,) * levels,
        norm_num_groups=2,
        latent_channels=4,
        **options,
    )


def test_autoencoders_of_diffusers_are_taken(tmp_path):
    torch.manual_seed(0)
    model = kl(scaling_factor=0.5, shift_factor=0.25).eval()
    codec, name = load_autoencoder_and_fingerprint(saved(tmp_path / "kl", model))
    picture = torch.rand(1, 3, 32, 40)
    latents = codec.encode(picture)
    assert codec.latent_channels == 4
    assert latents.shape == (1, 4, 4, 5)
    with torch.no_grad():
        mean = model.encode(2 * picture - 1).latent_dist.mean
        torch.testing.assert_close(latents, (mean - 0.25) * 0.5)
        back = (model.decode(mean).sample + 1) / 2
    torch.testing.assert_close(codec.decode(latents), back)
    other = kl(scaling_factor=0.5, shift_factor=0.25)
    assert load_autoencoder_and_fingerprint(saved(tmp_path / "other", other))[1] != name
    # The same weights on another scale make other latents.
    model.register_to_config(scaling_factor=0.75)
    assert load_autoencoder_and_fingerprint(saved(tmp_path / "scaled", model))[1] != name


def test_a_folder_of_the_name_of_what_ships_is_no_matter(tmp_path, monkeypatch):
    (tmp_path / "autoencoder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_autoencoder_and_fingerprint()[0].latent_channels == 16


def test_without_diffusers_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(sc.SpikecamError, match=r"diffusers is not installed; .*: pip install"):
        load_autoencoder_and_fingerprint(saved(tmp_path / "kl", kl()))


def test_the_tiny_kind_too(tmp_path):
    model = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(4, 4, 4, 4), decoder_block_out_channels=(4, 4, 4, 4)
    )
    codec, _ = load_autoencoder_and_fingerprint(saved(tmp_path / "tiny", model))
    assert codec.encode(torch.rand(1, 3, 16, 24)).shape == (1, 4, 2, 3)
    assert codec.decode(torch.rand(1, 4, 2, 3)).shape == (1, 3, 16, 24)


def test_others_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(sc.FileError, match="latents 4 times as coarse, and 8 is needed"):
        load_autoencoder_and_fingerprint(saved(tmp_path / "coarse", kl(levels=3)))
    with pytest.raises(sc.FileError, match=r"holds no config\.json"):
        load_autoencoder_and_fingerprint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "UNet2DModel"}))
    with pytest.raises(sc.FileError, match="holds UNet2DModel"):
        load_autoencoder_and_fingerprint(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(sc.FileError, match="can be read"):
        load_autoencoder_and_fingerprint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "AutoencoderKL"}))
    with pytest.raises(sc.FileError, match="can be read"):
        load_autoencoder_and_fingerprint(tmp_path)
