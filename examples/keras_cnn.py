"""A small Keras 3 model with a nested one inside, as in the Keras guide to the functional API."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras import layers


def encoder() -> keras.Model:
    """Convolutions down to a vector."""
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 3, activation="relu")(image)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(3)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(image, x, name="encoder")


def classifier() -> keras.Model:
    """The encoder with a head."""
    image = keras.Input((28, 28, 1), name="image")
    x = encoder()(image)
    x = layers.Dropout(0.5)(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x), name="classifier")
