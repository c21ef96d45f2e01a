"""From a network's activations to one matrix, a row an image: extraction, cache, normalisation."""
