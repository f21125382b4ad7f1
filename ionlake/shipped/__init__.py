"""Files that travel with the package: the entry catalog with its SQL views, and the recipes.

In a checkout the two folders are links to the top level of the repository, where people look for
them; a wheel holds the files themselves. Read them with `importlib.resources`.
"""
