"""Whether a machine is fit for scans, and what its recipes should say."""
