"""Figures of `spikecam bench shipped`, recorded with the weights that ship.

``python tools/record_shipped.py REPORT`` writes this file from the table of a report.
"""

# Mean PSNR, dB, by task, method, weights and setting.
RECORDED: dict[tuple[str, str, str, str], float] = {
    ("deblurring", "blurry picture", "", "V_th 1"): 19.39,
    ("deblurring", "sdm", "", "V_th 1"): 23.6,
    ("deblurring", "ldn", "ldn", "V_th 1"): 20.44,
    ("deblurring", "teacher", "bsn, edsr", "V_th 1"): 21.53,
    ("deblurring", "refined", "refined-selfsup", "V_th 1"): 26.47,
    ("deblurring", "refined", "refined-small", "V_th 1"): 26.32,
    ("deblurring", "refined", "refined", "V_th 1"): 28.17,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 1"): 28.57,
    ("deblurring", "blurry picture", "", "V_th 2"): 19.39,
    ("deblurring", "sdm", "", "V_th 2"): 23.17,
    ("deblurring", "ldn", "ldn", "V_th 2"): 19.73,
    ("deblurring", "teacher", "bsn, edsr", "V_th 2"): 20.93,
    ("deblurring", "refined", "refined-selfsup", "V_th 2"): 26.12,
    ("deblurring", "refined", "refined-small", "V_th 2"): 25.99,
    ("deblurring", "refined", "refined", "V_th 2"): 27.72,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 2"): 28.09,
    ("deblurring", "blurry picture", "", "V_th 4"): 19.39,
    ("deblurring", "sdm", "", "V_th 4"): 22.21,
    ("deblurring", "ldn", "ldn", "V_th 4"): 19.17,
    ("deblurring", "teacher", "bsn, edsr", "V_th 4"): 19.91,
    ("deblurring", "refined", "refined-selfsup", "V_th 4"): 25.44,
    ("deblurring", "refined", "refined-small", "V_th 4"): 25.34,
    ("deblurring", "refined", "refined", "V_th 4"): 26.78,
    ("deblurring", "spikegen, one step, middle frame", "spikegen, autoencoder", "V_th 4"): 27.12,
    ("spikes-alone", "tfp", "", "moving"): 31.75,
    ("spikes-alone", "tfi", "", "moving"): 23.69,
    ("spikes-alone", "tfstp", "", "moving"): 23.98,
    ("spikes-alone", "defocus, window 25", "defocus", "moving"): 37.12,
    ("spikes-alone", "spikegen, one step", "spikegen, autoencoder", "moving"): 35.19,
    ("defocus", "tfp", "", "discs of 2 pixels"): 29.38,
    ("defocus", "defocus", "defocus", "discs of 2 pixels"): 32.19,
}
