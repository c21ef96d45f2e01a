"""Networks to reuse: backbones under the lecture's layer names, their weights, what is in them."""
