"""Publishing a release together with its Intake catalog."""

from typing import Any

import yaml

from ionlake.catalog import entries
from ionlake.lake import files
from ionlake.lake.atomic import replace_text
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.release import ReleaseInfo, current_path, publish_release


def publish(layout: LakeLayout, ledger: Ledger) -> ReleaseInfo | None:
    """Publish what the ledger holds now: the release, then the catalog that names it.

    Call as the lake's writer.

    Returns:
        The new release, or None if the current one shows the same already.

    Raises:
        LakeError: The release cannot be written; readers keep the one before.
    """
    info = publish_release(layout, ledger)
    refresh_catalog(layout)
    return info


def refresh_catalog(layout: LakeLayout) -> None:
    """Write the catalog of the current release unless it is there already.

    Call as the lake's writer.
    """
    if current_path(layout) is not None and not _catalog_is_current(layout):
        write_catalog(layout)


def write_catalog(layout: LakeLayout) -> None:
    """Write the catalog of the current release into the lake, whole."""
    release = ReleaseReader.open(layout)
    try:
        replace_text(layout.catalog_file, catalog_text(entries.lake_catalog(release)))
    finally:
        release.close()


def catalog_text(catalog: Any) -> str:
    """An Intake catalog as the YAML that `intake.open_catalog` reads."""
    text: str = yaml.safe_dump(catalog.to_dict(), sort_keys=False, allow_unicode=True, width=100)
    return text


def _catalog_is_current(layout: LakeLayout) -> bool:
    current = current_path(layout)
    if current is None:
        return False
    try:
        return current.name in files.read_text(layout.catalog_file)
    except FileNotFoundError:
        return False
