"""Finding entries of an Intake catalog by words."""

from typing import Any


def search(catalog: Any, text: str) -> Any:
    """The entries of a catalog that speak of something.

    Intake's own ``catalog.search`` looks at names and arguments; this looks at descriptions,
    columns and units too, and what it finds keeps the catalog's parameters.

    Args:
        catalog: An Intake catalog.
        text: Words, all of which must occur; their case does not matter.

    Returns:
        A catalog that lists these entries only.
    """
    from intake.readers.entry import Catalog

    words = text.casefold().split()
    found = {
        name: token
        for name, token in catalog.aliases.items()
        if all(word in _text(name, catalog.get_entity(token).metadata) for word in words)
    }
    return Catalog(
        entries=catalog.entries,
        aliases=found,
        data=catalog.data,
        user_parameters=catalog.user_parameters,
        parameter_overrides=catalog._up_overrides,  # noqa: SLF001 - what catalog(...) was given
        metadata=catalog.metadata,
    )


def _text(name: str, metadata: dict[str, Any]) -> str:
    return f"{name} {metadata}".casefold()
