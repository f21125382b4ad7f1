"""CHGNet, whose weights come with its package, through its ASE calculator.

It shows what any universal potential needs to take part: a name, a calculator and an identity.
Whole structures are evaluated one by one, so a point costs far more than with SevenNet.
"""

import hashlib
import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

from ionlake.errors import MissingExtraError
from ionlake.potentials.ase import AsePotential
from ionlake.potentials.interface import PotentialCard

VERSIONS: Final = {
    "chgnet": "0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
    "chgnet-r2scan": "r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
}
"""Names in recipes, and the checkpoints in the package that they stand for."""

_CUTOFF_ANG: Final = 6.0
_LARGEST_ATOMIC_NUMBER: Final = 94


def load_chgnet(name: str = "chgnet", *, device: str = "cpu") -> AsePotential:
    """Load CHGNet.

    Args:
        name: One of `VERSIONS`.
        device: ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        MissingExtraError: chgnet is not installed.

    References:
        B. Deng et al., Nature Machine Intelligence 5, 1031 (2023).
    """
    try:
        import chgnet
        from chgnet.model import CHGNet, CHGNetCalculator
    except ImportError as error:
        raise MissingExtraError(
            f"{error.name} is not installed: pip install 'ionlake[chgnet]'"
        ) from error
    checkpoint = Path(chgnet.__file__).parent / "pretrained" / VERSIONS[name]
    with redirect_stdout(io.StringIO()):  # it says where it runs, amidst results
        model = CHGNet.load(model_name=checkpoint.parent.name, use_device=device, verbose=False)
        calculator = CHGNetCalculator(model, use_device=device, on_isolated_atoms="ignore")
    card = PotentialCard(
        name=name,
        dtype="float32",
        cutoff_ang=_CUTOFF_ANG,
        atomic_numbers=frozenset(range(1, _LARGEST_ATOMIC_NUMBER + 1)),
        parity=True,
        checkpoint_sha256=hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
    )
    return AsePotential(card, calculator, device)
