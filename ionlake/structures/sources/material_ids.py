"""Names of materials of the Materials Project, which writes them in two styles."""


def settled_id(material_id: str) -> str:
    """The one name of a material under which a lake keeps it.

    The database counts its materials. Numbers up to that at which it changed its style are written
    in digits, as in the literature, those above in letters; answers may have either style.

    Args:
        material_id: Such as ``mp-149`` or ``mp-aaaaaaft``, which are the same.

    Returns:
        The name as the database itself would write it now; other names as they are.

    References:
        ``emmet.core.mpid.AlphaID``, the database's own rule.
    """
    from emmet.core.mpid import AlphaID

    prefix, _, _ = material_id.partition("-")
    try:
        number = int(AlphaID(material_id))
    except ValueError:
        return material_id
    return str(AlphaID(number, prefix=prefix).string)
