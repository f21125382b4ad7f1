"""From a recipe to a lake: read, plan, compute on Dask workers, commit, publish."""
