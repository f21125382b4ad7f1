"""Descriptors: one row of numbers per material from the energy landscapes of its ions."""

from ionlake.descriptors.keys import (
    DESCRIPTOR_KEYS,
    DESCRIPTOR_VERSION,
    ION_DESCRIPTOR_KEYS,
    DescriptorKey,
)
from ionlake.descriptors.table import describe, describe_all, describe_ions

__all__ = [
    "DESCRIPTOR_KEYS",
    "DESCRIPTOR_VERSION",
    "ION_DESCRIPTOR_KEYS",
    "DescriptorKey",
    "describe",
    "describe_all",
    "describe_ions",
]
