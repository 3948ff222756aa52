"""Parts of a net -> boxes in flow coordinates: sizes, chains, lanes, folds, irregular cores."""
