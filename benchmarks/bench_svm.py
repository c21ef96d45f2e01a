"""The linear SVM against LinearSVC (dual): 1,020 images x 12,416 features x 102 classes."""

import numpy as np
from side_by_side import Row, arguments, at_least, show, speedup, timed
from sklearn.svm import LinearSVC

from tlcourse.classifiers.svm import LinearSVM

N_TRAIN, N_TEST, N_FEATURES, N_CLASSES, N_LATENT = 1020, 2040, 12_416, 102, 300


def flowers_like(seed=0):
    """Features of the size of flowers102's full-network embedding: {-1, 0, 1}, correlated."""
    rng = np.random.default_rng(seed)
    labels = np.arange(N_TRAIN + N_TEST) % N_CLASSES
    latent = rng.normal(size=(len(labels), N_LATENT))
    latent += 0.35 * rng.normal(size=(N_CLASSES, N_LATENT))[labels]
    loadings = rng.normal(size=(N_LATENT, N_FEATURES)) / np.sqrt(N_LATENT)
    features = np.maximum(latent @ loadings - 0.3, 0)
    train = features[:N_TRAIN]
    features = (features - train.mean(axis=0)) / (train.std(axis=0) + 1e-9)
    features = (features > 0.15).astype(float) - (features < -0.25)
    return features[:N_TRAIN], labels[:N_TRAIN], features[N_TRAIN:], labels[N_TRAIN:]


def main():
    rounds = arguments(__doc__, rounds=1).parse_args().rounds
    X, y, X_test, y_test = flowers_like()
    machines = {
        "LinearSVM": LinearSVM(random_state=0),
        "LinearSVC": LinearSVC(dual=True, random_state=0),
    }
    seconds = {name: [] for name in machines}
    for _ in range(rounds):
        for name, machine in machines.items():
            seconds[name].append(timed(lambda: machine.fit(X, y)))  # noqa: B023
    predictions = [machine.predict(X_test) for machine in machines.values()]
    differing = int((predictions[0] != predictions[1]).sum())
    times = ", ".join(f"{name} {min(seconds[name]):.1f} s" for name in machines)
    accuracy = (predictions[0] == y_test).mean()
    show(
        "Linear SVM, 1,020 images x 12,416 features x 102 classes",
        [
            at_least("speed against LinearSVC (dual)", speedup(seconds, *machines), 5),
            Row("predictions that differ", f"{differing} / {N_TEST}", "0", differing == 0),
        ],
        [f"{times}; accuracy {accuracy:.3f}."],
    )


if __name__ == "__main__":
    main()
