"""What the operator needs to know of a SevenNet, read from the loaded model.

Irreps with the same degree l are kept together as one block of channels, in the model's order.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch

from ionlake.errors import PotentialError

Blocks = dict[int, torch.Tensor]
"""One tensor for each degree l."""

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Path:
    """One path of a convolution: features of degree l1 and harmonics of l2 give messages of l3.

    Attributes:
        l1: Degree of the source features.
        l2: Degree of the spherical harmonics.
        l3: Degree of the message.
        source: First of its channels among the source features of degree l1.
        target: First of its channels among the messages of degree l3.
        weight: First of its channels among the radial weights.
        channels: Number of channels.
        coefficients: Clebsch-Gordan coefficients with the path's normalisation, float64, shape
            (2·l1+1, 2·l2+1, 2·l3+1).
    """

    l1: int
    l2: int
    l3: int
    source: int
    target: int
    weight: int
    channels: int
    coefficients: torch.Tensor

    def non_zero(self) -> torch.Tensor:
        """Which coefficients differ from zero by more than rounding, same shape."""
        return self.coefficients.abs() > _ROUNDING


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A linear map that mixes channels: one matrix (inputs, outputs) per l, a constant at l = 0."""

    matrices: Blocks
    constant: torch.Tensor | None


@dataclass(frozen=True, eq=False)
class Layer:
    """One interaction layer.

    Attributes:
        keep: Linear map of the features that bypasses the convolution.
        send: Linear map of the features before the convolution.
        paths: Paths of the convolution.
        receive: Linear map of the messages.
        gate: The nonlinearity.
        radial: The network that gives the weights of all paths from the radial basis.
    """

    keep: LinearMap
    send: LinearMap
    paths: tuple[Path, ...]
    receive: LinearMap
    gate: Any
    radial: Any

    def message_channels(self) -> dict[int, int]:
        """Number of message channels of each degree."""
        widths: dict[int, int] = {}
        for path in self.paths:
            widths[path.l3] = max(widths.get(path.l3, 0), path.target + path.channels)
        return dict(sorted(widths.items()))


@dataclass(frozen=True, eq=False)
class Network:
    """A SevenNet taken apart; every tensor is float64.

    Attributes:
        cutoff_ang: Interaction radius, Å.
        lmax: Highest degree of the spherical harmonics.
        embedding: The module that turns distances into the radial basis.
        species: Features of each species, shape (n_species, channels).
        layers: The interaction layers.
        hidden: Linear map from the last features to the hidden layer of the read-out.
        energy: Linear map from there to the scaled atomic energy.
        scale: Energy unit of each species, eV, shape (n_species,).
        shift: Energy offset of each species, eV, shape (n_species,).
        type_map: Row of each atomic number.
    """

    cutoff_ang: float
    lmax: int
    embedding: Any
    species: torch.Tensor
    layers: tuple[Layer, ...]
    hidden: LinearMap
    energy: LinearMap
    scale: torch.Tensor
    shift: torch.Tensor
    type_map: dict[int, int]

    def harmonics(self, vectors: torch.Tensor) -> torch.Tensor:
        """Spherical harmonics of directions (m, 3); shape (m, (lmax + 1)²)."""
        result: torch.Tensor = self.embedding.spherical(vectors)
        return result

    def basis(self, distances: torch.Tensor) -> torch.Tensor:
        """Radial basis with the cut-off at distances (m,) in Å; shape (m, n_basis)."""
        embedding = self.embedding
        smooth = embedding.cutoff_function(distances).unsqueeze(-1)
        result: torch.Tensor = embedding.basis_function(distances) * smooth
        return result


def take_apart(model: Any, modality: int | None) -> Network:
    """Read a SevenNet in float64 on the CPU.

    Args:
        model: The network as sevenn builds it.
        modality: Index of the level of theory in a multi-fidelity network.

    Raises:
        PotentialError: If the network is not built of the parts this operator knows.
    """
    modules = dict(model.named_children())
    try:
        with torch.no_grad():
            return _read(model, modules, modality)
    except (KeyError, AttributeError, TypeError, RuntimeError) as error:
        raise PotentialError(
            f"this SevenNet is built otherwise than the frozen-lattice operator expects "
            f"({type(error).__name__}: {error}): use it without its scan evaluator"
        ) from error


def _read(model: Any, modules: dict[str, Any], modality: int | None) -> Network:
    n_species = len(model.type_map)
    one_hot = torch.eye(n_species, dtype=torch.float64)
    scale, shift = _rescale(modules["rescale_atomic_energy"], n_species, modality)
    count = sum(name.endswith("_convolution") for name in modules)
    if count < 2:
        raise TypeError(f"{count} interaction layers, expected at least two")
    return Network(
        cutoff_ang=float(model.cutoff),
        lmax=int(modules["edge_embedding"].spherical.lmax),
        embedding=modules["edge_embedding"],
        species=_with_modality(modules["onehot_to_feature_x"], one_hot, modality),
        layers=tuple(_layer(modules, index, modality) for index in range(count)),
        hidden=_linear_map(modules["reduce_input_to_hidden"], modality),
        energy=_linear_map(modules["reduce_hidden_to_energy"], modality),
        scale=scale,
        shift=shift,
        type_map={int(z): int(row) for z, row in model.type_map.items()},
    )


def _layer(modules: dict[str, Any], index: int, modality: int | None) -> Layer:
    convolution = modules[f"{index}_convolution"]
    return Layer(
        keep=_linear_map(modules[f"{index}_self_connection_intro"], modality),
        send=_linear_map(modules[f"{index}_self_interaction_1"], modality),
        paths=_paths(convolution),
        receive=_linear_map(modules[f"{index}_self_interaction_2"], modality),
        gate=modules[f"{index}_equivariant_gate"].gate,
        radial=convolution.weight_nn,
    )


def _paths(convolution: Any) -> tuple[Path, ...]:
    """The paths of a convolution; its denominator goes into the coefficients."""
    from e3nn.o3 import wigner_3j

    product = convolution.convolution
    sources, targets = _offsets(product.irreps_in1), _offsets(product.irreps_out)
    paths: list[Path] = []
    weight = 0
    for each in product.instructions:
        if each.connection_mode != "uvu" or not each.has_weight:
            raise TypeError(f"a path of mode {each.connection_mode}")
        channels, first = product.irreps_in1[each.i_in1]
        second, third = product.irreps_in2[each.i_in2].ir, product.irreps_out[each.i_out].ir
        coefficients = wigner_3j(first.l, second.l, third.l, dtype=torch.float64)
        factor = each.path_weight / float(convolution.denominator)
        paths.append(
            Path(
                l1=first.l,
                l2=second.l,
                l3=third.l,
                source=sources[each.i_in1],
                target=targets[each.i_out],
                weight=weight,
                channels=channels,
                coefficients=coefficients * factor,
            )
        )
        weight += channels
    return tuple(paths)


def _offsets(irreps: Any) -> list[int]:
    """Position of each irrep's first channel within the block of its degree."""
    seen: dict[int, int] = {}
    offsets = []
    for channels, irrep in irreps:
        offsets.append(seen.get(irrep.l, 0))
        seen[irrep.l] = offsets[-1] + channels
    return offsets


def _linear_map(module: Any, modality: int | None) -> LinearMap:
    """The matrices of an equivariant linear module, found by asking for its action."""
    linear = module.linear
    inputs, outputs = linear.irreps_in, linear.irreps_out
    if any(irrep.p != 1 for _, irrep in [*inputs, *outputs]):
        raise TypeError("irreps of odd parity")
    n_modalities = getattr(module, "num_modalities", 0)
    hints = n_modalities if n_modalities > 1 else 0
    columns = _first_components(inputs)
    if hints:
        columns[0] = columns[0][:-hints]
    matrices = {}
    for degree, rows in _first_components(outputs).items():
        if degree in columns:
            unit = torch.zeros(len(columns[degree]), inputs.dim, dtype=torch.float64)
            unit[torch.arange(len(unit)), columns[degree]] = 1.0
            matrices[degree] = linear(unit)[:, rows]
    constant = None
    if hints:
        hint = torch.zeros(1, inputs.dim, dtype=torch.float64)
        hint[0, inputs.dim - hints + int(modality or 0)] = 1.0
        constant = linear(hint)[0, _first_components(outputs)[0]]
    return LinearMap(matrices, constant)


def _with_modality(module: Any, features: torch.Tensor, modality: int | None) -> torch.Tensor:
    linear_map = _linear_map(module, modality)
    mixed = features @ linear_map.matrices[0]
    return mixed if linear_map.constant is None else mixed + linear_map.constant


def _first_components(irreps: Any) -> dict[int, torch.Tensor]:
    """Columns of the first component of every channel, by degree."""
    columns: dict[int, list[int]] = {}
    for (channels, irrep), where in zip(irreps, irreps.slices(), strict=True):
        starts = range(where.start, where.stop, irrep.dim)
        columns.setdefault(irrep.l, []).extend(starts[:channels])
    return {degree: torch.tensor(each) for degree, each in sorted(columns.items())}


def _rescale(
    module: Any, n_species: int, modality: int | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift of every species, whichever of the model's three kinds of rescaling."""
    values = []
    for name in ("scale", "shift"):
        value = getattr(module, name).detach().double()
        if value.ndim == 2 or (getattr(module, f"use_modal_wise_{name}", False)):
            value = value[int(modality or 0)]
        values.append(value.expand(n_species).clone())
    return values[0], values[1]
