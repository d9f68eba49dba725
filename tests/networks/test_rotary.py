import torch

from spikecam.networks.rotary import apply_rotary, position_angles, rotary_cosines_sines


def scores(rows, columns, queries, keys):
    turned = rotary_cosines_sines(position_angles(rows, columns, queries.shape[1]))
    return apply_rotary(queries, turned) @ apply_rotary(keys, turned).T


def test_products_depend_on_nothing_but_how_far_apart_places_are():
    lots = torch.Generator().manual_seed(0)
    queries, keys = torch.randn(2, 12, 64, generator=lots)
    rows, columns = torch.randint(0, 30, (2, 12), generator=lots).float()
    here = scores(rows, columns, queries, keys)
    there = scores(rows + 40, columns + 7, queries, keys)
    torch.testing.assert_close(here, there, atol=1e-3, rtol=0)
    # And on that they do depend, along and across.
    for down, across in ((1, 0), (0, 1)):
        moved = torch.arange(12) == 3
        apart = scores(rows + down * moved, columns + across * moved, queries, keys)
        assert (apart - here).abs()[3].max() > 0.1


def test_the_first_place_is_not_turned_and_no_length_changes():
    heads = torch.randn(5, 16, generator=torch.Generator().manual_seed(1))
    zero = torch.zeros(5)
    torch.testing.assert_close(
        apply_rotary(heads, rotary_cosines_sines(position_angles(zero, zero, 16))), heads
    )
    far = apply_rotary(heads, rotary_cosines_sines(position_angles(zero + 9, zero + 4, 16)))
    torch.testing.assert_close(far.norm(dim=1), heads.norm(dim=1))


def test_rows_turn_half_of_the_pairs_and_columns_the_others():
    heads = torch.randn(5, 16, generator=torch.Generator().manual_seed(2))
    zero = torch.zeros(5)
    by_row = apply_rotary(
        heads, rotary_cosines_sines(position_angles(zero + 3, zero, 16))
    ).unflatten(1, (2, 2, 4))
    pairs = heads.unflatten(1, (2, 2, 4))
    assert torch.equal(by_row[:, :, 1], pairs[:, :, 1])
    assert not torch.allclose(by_row[:, :, 0], pairs[:, :, 0])


def test_the_base_is_the_published_one():
    turned = position_angles(torch.tensor([1.0]), torch.tensor([0.0]), 64)[0, :16]
    torch.testing.assert_close(turned, 10000.0 ** (-torch.arange(16) / 16))
