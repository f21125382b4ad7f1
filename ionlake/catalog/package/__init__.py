"""A release as a data set that can be put into a repository and cited."""
