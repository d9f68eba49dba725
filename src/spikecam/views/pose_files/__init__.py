"""Files of camera poses: those of NeRF, models of COLMAP, tables."""
