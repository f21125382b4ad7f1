"""The name of a row of descriptors."""

import hashlib

from ionlake.descriptors.keys import DESCRIPTOR_VERSION


def descriptor_id(scan_id: str) -> str:
    """Hash of the scan and the descriptor version, so that a mended descriptor asks for no scan."""
    return hashlib.sha256(f"{scan_id}/{DESCRIPTOR_VERSION}".encode()).hexdigest()[:32]
