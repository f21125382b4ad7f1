"""Where crystals come from: a small protocol and the sources that need no network."""
