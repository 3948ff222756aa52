"""A net taken apart: levels of groups, chains with branches, U folds, what stands beside, the state's line."""
