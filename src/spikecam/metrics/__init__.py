"""How good pictures are: beside the truth, or by themselves where there is none."""
