"""The potential energy surface of one moving ion in a frozen crystal, on a grid."""
