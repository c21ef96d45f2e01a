"""What is trained on features: the linear SVM and its score, kernels, reuse."""
