"""Recipes: YAML files that say which materials to scan, how, where and with what."""

import difflib
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import yaml
from pydantic import (
    BaseModel,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from ionlake.errors import SettingsError
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.source_settings import (
    SOURCES,
    FileSourceSettings,
    JsonLinesSourceSettings,
    Settings,
    SourceSettings,
)

_SHIPPED: Final = "ionlake.shipped.pipelines"

AnyRecipe = TypeVar("AnyRecipe", bound=Settings)
Sections = Mapping[str, Iterable[str]]
"""Keys that are allowed within each section of a recipe."""


MAX_ATTEMPTS: Final = 3
"""Failures with the same inputs after which a material is quarantined, unless a recipe says."""


class PotentialSettings(Settings):
    """The potential.

    Attributes:
        name: As `ionlake.potentials.load.load_potential` takes it.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: ``float32`` or ``float64``.
    """

    name: str = "sevennet-0"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["float32", "float64"] = "float32"


class ClusterSettings(Settings):
    """Where the work is done.

    Attributes:
        kind: ``auto`` (one worker per GPU if there is one, else one process per core), ``local``
            (processes on this machine's cores), ``cuda`` (one worker per GPU), ``slurm`` or ``pbs``
            (jobs that this run submits) or ``address``.
        workers: Number of workers; of a local cluster one per core or GPU by default.
        min_workers: Of ``slurm`` and ``pbs``, where `workers` says no number: so many at least.
        max_workers: So many at most, as long as there is work for them.
        options: What the cluster's own class takes. Of ``slurm`` and ``pbs`` dask-jobqueue's
            SLURMCluster or PBSCluster: queue, cores, memory, walltime and so on. Of ``cuda``
            dask-cuda's LocalCUDACluster: rmm_pool_size, device_memory_limit and so on.
        address: Address of a running Dask scheduler, such as ``tcp://host:8786``.
    """

    kind: Literal["auto", "local", "cuda", "slurm", "pbs", "address"] = "auto"
    workers: PositiveInt | None = None
    min_workers: NonNegativeInt = 0
    max_workers: PositiveInt | None = None
    options: Mapping[str, Any] = Field(default_factory=dict)
    address: str | None = None

    @model_validator(mode="after")
    def _no_others_options(self) -> Self:
        queued = self.kind in {"slurm", "pbs"}
        if self.options and not (queued or self.kind == "cuda"):
            raise ValueError(
                f"options are for the kinds cuda, slurm and pbs, the kind is {self.kind}: leave"
                " them out"
            )
        if not queued:
            for name in ("min_workers", "max_workers"):
                if getattr(self, name):
                    raise ValueError(
                        f"{name} is for the kinds slurm and pbs, the kind is {self.kind}: leave it"
                        " out"
                    )
            return self
        if self.workers is None and self.max_workers is None:
            raise ValueError(f"the kind {self.kind} needs workers or max_workers: say how many")
        if self.min_workers > (self.workers or self.max_workers or 0):
            raise ValueError("min_workers is more than there may be: lower it")
        return self


class Recipe(Settings):
    """A recipe with all defaults filled in.

    Attributes:
        name: Name of the recipe, stored with every run.
        description: One line for people.
        source: Where the crystals come from.
        potential: What gives the energies, where one potential does; see `potentials`.
        ensemble: Several potentials instead, each of which scans every material; a name is enough.
        scan: Settings of the scans.
        cluster: Where the work is done; a word or an address is enough.
        max_attempts: A material that has failed so often with the same inputs is quarantined: it
            is not tried again until they change, or until a run asks for it.
    """

    name: str
    description: str = ""
    source: SourceSettings
    potential: PotentialSettings = PotentialSettings()
    ensemble: tuple[PotentialSettings, ...] = ()
    scan: ScanSettings = ScanSettings()
    cluster: ClusterSettings = ClusterSettings()
    max_attempts: PositiveInt = MAX_ATTEMPTS

    @field_validator("cluster", mode="before")
    @classmethod
    def _cluster_from_word(cls, value: Any) -> Any:
        return cluster_from_word(value) if isinstance(value, str) else value

    @field_validator("ensemble", mode="before")
    @classmethod
    def _potentials_from_names(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [{"name": each} if isinstance(each, str) else each for each in value]

    @model_validator(mode="after")
    def _one_potential_or_several(self) -> Self:
        given = self.model_fields_set
        if "ensemble" not in given or ("potential" in given and not self.ensemble):
            return self
        if "potential" in given:
            raise ValueError(
                "potential and ensemble are both there; name all potentials under ensemble and"
                " leave potential out"
            )
        if len(self.ensemble) < 2:
            raise ValueError(
                f"ensemble has {len(self.ensemble)} potentials, expected at least 2: name one alone"
                " under potential"
            )
        return self

    @property
    def potentials(self) -> tuple[PotentialSettings, ...]:
        """All that give energies: the ensemble, or the one potential."""
        return self.ensemble or (self.potential,)

    def stored(self) -> dict[str, Any]:
        """The settings as a run keeps them, plain data that `model_validate` reads again."""
        return self.model_dump(mode="json", exclude={"potential" if self.ensemble else "ensemble"})


def cluster_from_word(word: str) -> ClusterSettings:
    """Settings from ``auto``, ``local``, ``cuda`` or the address of a scheduler.

    Raises:
        SettingsError: If it is none of these.
    """
    if word in {"auto", "local", "cuda"}:
        return ClusterSettings.model_validate({"kind": word})
    if "://" in word:
        return ClusterSettings(kind="address", address=word)
    raise SettingsError(
        f"cluster is {word!r}; expected auto, local, cuda or a scheduler's address such as "
        "tcp://host:8786"
    )


def shipped_recipes() -> dict[str, Traversable]:
    """The recipes that come with ionlake, by name."""
    folder = resources.files(_SHIPPED)
    return {
        entry.name.removesuffix(".yaml"): entry
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def load_recipe(recipe: str | Path) -> Recipe:
    """Read a recipe.

    Args:
        recipe: Path of a YAML file, or the name of a recipe that comes with ionlake.

    Raises:
        SettingsError: If there is no such recipe, it is not YAML, or a key or value is wrong.
    """
    text, folder = read_recipe(recipe)
    loaded = parse_recipe(text, str(recipe))
    return loaded if folder is None else _with_absolute_paths(loaded, folder)


def read_recipe(recipe: str | Path) -> tuple[str, Path | None]:
    """The text of a recipe, and the folder that its paths start at (None if it is shipped).

    Args:
        recipe: Path of a YAML file, or the name of a recipe that comes with ionlake.

    Raises:
        SettingsError: If there is no such recipe.
    """
    path = Path(recipe).expanduser()
    if path.is_file():
        return _read_text(path), path.resolve().parent
    shipped = shipped_recipes()
    if str(recipe) in shipped:
        return shipped[str(recipe)].read_text(encoding="utf-8"), None
    raise SettingsError(
        f"no recipe file {str(recipe)!r}, and no recipe of that name comes with ionlake; "
        f"give a path, or one of {', '.join(shipped)}"
    )


def parse_recipe(text: str, origin: str) -> Recipe:
    """Read a recipe from text.

    Args:
        text: YAML.
        origin: Where it came from, for messages.

    Raises:
        SettingsError: Naming the first wrong key or value.
    """
    content = parse_yaml(text, origin)
    if content.get("kind") == "md":
        raise SettingsError(
            f"{origin} is a recipe for molecular dynamics: run it with ionlake md {origin}"
        )
    return validate_recipe(content, origin, Recipe, {"scan": ScanSettings.__dataclass_fields__})


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """The keys and values of a recipe.

    Args:
        text: YAML.
        origin: Where it came from, for messages.

    Raises:
        SettingsError: If it is not YAML or holds no keys.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        raise SettingsError(f"{origin} is not valid YAML{line}: correct it") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{origin} holds no settings; expected keys such as name and source")
    return content


def validate_recipe(
    content: dict[str, Any], origin: str, model: type[AnyRecipe], sections: Sections
) -> AnyRecipe:
    """A recipe of some kind from its keys and values.

    Args:
        content: From `parse_yaml`.
        origin: Where it came from, for messages.
        model: What it should be.
        sections: Keys of its sections, for hints.

    Raises:
        SettingsError: Naming the first wrong key or value.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise SettingsError(_explain(error, origin, model, sections)) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as text: give a recipe in YAML") from error


def _with_absolute_paths(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe with its files and its checkpoint named so that every worker finds them."""
    updates: dict[str, Any] = {}
    if isinstance(recipe.source, FileSourceSettings | JsonLinesSourceSettings):
        paths = tuple(str(folder / Path(path).expanduser()) for path in recipe.source.paths)
        updates["source"] = recipe.source.model_copy(update={"paths": paths})
    updates["potential"] = absolute_potential(recipe.potential, folder)
    updates["ensemble"] = tuple(absolute_potential(each, folder) for each in recipe.ensemble)
    return recipe.model_copy(update=updates)


def absolute_potential(potential: PotentialSettings, folder: Path) -> PotentialSettings:
    """The potential, its checkpoint named so that every worker finds it.

    Args:
        potential: As the recipe has it.
        folder: Where paths of the recipe start.
    """
    name, at, modality = potential.name.partition("@")
    checkpoint = folder / Path(name).expanduser()
    if not checkpoint.is_file():
        return potential
    return potential.model_copy(update={"name": f"{checkpoint}{at}{modality}"})


def _explain(
    error: ValidationError, origin: str, model: type[BaseModel], sections: Sections
) -> str:
    """The first problem of a recipe in one line, with a remedy."""
    problem = error.errors()[0]
    location = [str(part) for part in problem["loc"] if part not in SOURCES]
    key = ".".join(location)
    if problem["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = _known_keys(location[:-1], error, model, sections)
        close = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"
        return f"{origin}: unknown key {key}; {hint}"
    if problem["type"] == "missing":
        return f"{origin}: the key {key} is missing: add it"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{origin}: {key}: {message}" if key else f"{origin}: {message}"
    return f"{origin}: {key}: {message[:1].lower()}{message[1:]}, got {problem['input']!r}"


def _known_keys(
    parents: list[str], error: ValidationError, model: type[BaseModel], sections: Sections
) -> list[str]:
    """Keys allowed where an unknown one was found."""
    if not parents:
        return list(model.model_fields)
    if parents[0] in sections:
        return list(sections[parents[0]])
    kind = str(error.errors()[0]["loc"][1])
    models: dict[str, type[BaseModel]] = {
        "source": SOURCES.get(kind, Settings),
        "potential": PotentialSettings,
        "ensemble": PotentialSettings,
        "cluster": ClusterSettings,
    }
    return list(models[parents[0]].model_fields)
