"""Settings of a scan refuse what they do not mean."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from ionlake.errors import SettingsError
from ionlake.pes.settings import ScanSettings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"grid": "cubic"}, "grid is 'cubic'; expected one of commensurate, paper"),
        ({"symmetry": "some"}, "symmetry is 'some'; expected one of auto, proper, all, none"),
        ({"evaluator": "own"}, "evaluator is 'own'; expected one of auto, batched"),
        ({"spacing_ang": 0.0}, "spacing_ang is 0.0; expected a positive length"),
        ({"spacing_ang": -0.25}, "spacing_ang is -0.25"),
        ({"spacing_ang": float("nan")}, "spacing_ang is nan"),
        ({"spacing_ang": "0.25"}, "spacing_ang is '0.25'"),
        ({"exclusion_radius_ang": float("inf")}, "exclusion_radius_ang is inf"),
        ({"exclusion_radius_ang": True}, "exclusion_radius_ang is True"),
        ({"min_image_distance_ang": 0}, "min_image_distance_ang is 0; expected a positive length"),
        ({"min_image_distance_ang": "5"}, "min_image_distance_ang is '5'"),
        ({"mobile_species": "li"}, "mobile_species is 'li'; expected an element symbol"),
        ({"mobile_species": 3}, "mobile_species is 3"),
        ({"mobile_species": None}, "mobile_species is None"),
    ],
)
def test_wrong_values(wrong, message):
    with pytest.raises(SettingsError, match=message):
        ScanSettings(**wrong)
    with pytest.raises(SettingsError, match=message):
        replace(ScanSettings(), **wrong)


def test_the_paper_is_the_default():
    settings = ScanSettings()
    assert (settings.spacing_ang, settings.exclusion_radius_ang) == (0.25, 1.2)
    assert settings.grid_protocol == "commensurate"
    assert ScanSettings(grid="paper").grid_protocol == "paper"
    assert ScanSettings(grid="paper", spacing_ang=0.5).grid_protocol == "paper-0.5"


def test_a_distance_of_images_is_part_of_the_name_of_the_protocol():
    assert ScanSettings().scan_protocol == "frozen_framework"
    names = {ScanSettings(min_image_distance_ang=d).scan_protocol for d in (5, 5.0, 5.25)}
    assert names == {"frozen_framework_supercell-5", "frozen_framework_supercell-5.25"}


def test_equal_numbers_make_equal_settings():
    whole = ScanSettings(spacing_ang=1, exclusion_radius_ang=np.float64(1.2))
    assert whole == ScanSettings(spacing_ang=1.0)
    assert hash(whole) == hash(ScanSettings(spacing_ang=1.0))
    assert type(whole.spacing_ang) is type(whole.exclusion_radius_ang) is float


def test_settings_within_a_pydantic_model():
    adapter = TypeAdapter(ScanSettings)
    assert adapter.validate_python({"grid": "paper"}) == ScanSettings(grid="paper")
    for wrong in ({"grid": "cubic"}, {"spacing": 0.25}, {"spacing_ang": "wide"}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
