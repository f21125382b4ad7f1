"""Joining lakes: what one takes over from another, and how."""
