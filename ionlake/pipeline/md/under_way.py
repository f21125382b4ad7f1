"""One run of dynamics under way: what its next step is, from what is committed of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ionlake.lake import files, schema
from ionlake.lake.layout import LakeLayout, new_attempt
from ionlake.lake.ledger import Ledger
from ionlake.lake.staging import remove_staging
from ionlake.pipeline.jobs import GridPlace
from ionlake.pipeline.md.jobs import FinishedPiece, FinishedRun, MdTask
from ionlake.pipeline.md.steps import analyse_step, finish_step, piece_step
from ionlake.pipeline.rows import Row


@dataclass(frozen=True)
class Step:
    """Work for a worker.

    Attributes:
        function: From `ionlake.pipeline.md.steps`.
        args: Its arguments.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]


@dataclass(eq=False)
class UnderWay:
    """A task and where it is.

    Attributes:
        task: What is to be done.
        piece_ps: Length of a piece, ps.
        layout: Paths of the lake.
        pieces: Rows of ``staged_pieces`` that are committed, in order.
        md_run: Row of ``md_runs`` where only the analysis is missing.
        tries: How often the present step has lost its worker.
    """

    task: MdTask
    piece_ps: float
    layout: LakeLayout
    pieces: list[Row]
    md_run: Row | None = None
    tries: int = 0

    @classmethod
    def resume(
        cls, task: MdTask, piece_ps: float, layout: LakeLayout, ledger: Ledger
    ) -> "UnderWay":
        """A task with what is committed of it.

        Where frames are gone the run begins anew.

        Args:
            task: The task.
            piece_ps: Length of a piece, ps.
            layout: Paths of the lake.
            ledger: Its ledger.
        """
        identity = task.job.md_run_id
        md_run = ledger.row(schema.MD_RUNS, identity)
        good: list[Row] = []
        for row in ledger.rows(schema.STAGED_PIECES, md_run_id=identity):
            path = row["staging_path"]
            follows = row["first_step"] == (good[-1]["last_step"] if good else 0)
            if not follows or (path is not None and not files.names_in(layout.resolve(path))):
                break
            good.append(row)
        if good and good[-1]["state"] is None:  # kept for the newest piece only, which is lost
            good = []
        return cls(task, piece_ps, layout, good, md_run)

    @property
    def at_step(self) -> int:
        """Steps done and committed."""
        return int(self.pieces[-1]["last_step"]) if self.pieces else 0

    @property
    def left_ps(self) -> float:
        """Time still to simulate, ps."""
        schedule = self.task.job.schedule
        left = 0 if self.md_run is not None else schedule.n_steps - self.at_step
        return left * schedule.step_fs / 1000

    def next_step(self) -> Step:
        """What to do next."""
        job, layout = self.task.job, self.layout
        if self.md_run is not None:
            path = layout.resolve(self.md_run["trajectory_path"])
            return Step(analyse_step, (job, self.md_run, path))
        if self.at_step < job.schedule.n_steps:
            n_steps = max(1, round(1000 * self.piece_ps / job.schedule.step_fs))
            state = self.pieces[-1]["state"] if self.pieces else None
            staged = layout.staged_piece(job.md_run_id, self.at_step, new_attempt())
            return Step(piece_step, (job, state, n_steps, staged))
        pieces: list[tuple[Path, int]] = [
            (layout.resolve(row["staging_path"]), row["n_frames"])
            for row in self.pieces
            if row["n_frames"]
        ]
        path = layout.trajectory(job.md_run_id, new_attempt())
        seconds = sum(row["compute_seconds"] for row in self.pieces)
        place = GridPlace(path, layout.relative(path))
        return Step(finish_step, (job, pieces, place, seconds))

    def commit_piece(self, piece: FinishedPiece, ledger: Ledger) -> float:
        """Commit a piece; returns the time it simulated, ps.

        Args:
            piece: The piece.
            ledger: The lake's ledger.
        """
        path = None if piece.path is None else self.layout.relative(piece.path)
        row = {
            "md_run_id": self.task.job.md_run_id,
            "first_step": piece.first_step,
            "last_step": piece.last_step,
            "n_frames": piece.n_frames,
            "staging_path": path,
            "state": piece.state,
            "compute_seconds": piece.seconds,
        }
        with ledger.together():
            if not self.pieces:  # of an earlier attempt, none of which can be used
                ledger.forget_pieces(self.task.job.md_run_id)
            else:  # only the newest state is needed
                ledger.stage_piece(self.pieces[-1] | {"state": None})
            ledger.stage_piece(row)
        self.pieces.append(row)
        self.tries = 0
        return (piece.last_step - piece.first_step) * self.task.job.schedule.step_fs / 1000

    def commit_run(self, result: FinishedRun, ledger: Ledger) -> None:
        """Commit a finished run and remove what it had staged.

        Args:
            result: Its rows.
            ledger: The lake's ledger.
        """
        ledger.commit_trajectory(result.md_run, result.diffusivity)
        remove_staging(self.layout.staging(self.task.job.md_run_id))
