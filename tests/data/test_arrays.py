"""The hash of the content, and what a declaration may get wrong."""

import dataclasses
import hashlib

import numpy as np
import pytest

from fwexp.data.arrays import content_sha256, problems_of, problems_with


def test_the_hash_is_of_names_types_shapes_and_bytes(grey):
    digest = hashlib.sha256()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        array = getattr(grey, name)
        digest.update(f"{name} uint8 {array.shape}\n".encode() + array.tobytes())
    assert content_sha256(grey) == digest.hexdigest()


def test_the_hash_does_not_depend_on_the_memory_layout(grey):
    turned = np.asfortranarray(grey.x_train)
    assert content_sha256(dataclasses.replace(grey, x_train=turned)) == content_sha256(grey)


def test_one_changed_pixel_changes_the_hash(grey):
    images = grey.x_test.copy()
    images[3, 2, 1, 0] ^= 1
    assert content_sha256(dataclasses.replace(grey, x_test=images)) != content_sha256(grey)


def test_arrays_that_fit_have_no_problem(grey, declare):
    assert problems_with(grey, data=declare(grey, format="idx")) == []


def test_counts_shapes_and_labels_that_do_not_fit_are_all_named(grey, declare):
    data = declare(grey, format="idx", num_test=11, num_classes=9)
    labelled = dataclasses.replace(grey, y_train=np.full(20, 9, np.uint8))
    assert problems_with(labelled, data=data)[:3] == [
        "x_test has shape [10, 6, 5, 1], declared is [11, 6, 5, 1]",
        "y_test has shape [10], declared is [11]",
        "y_train holds the label 9, declared are 9 classes",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"image_shape": [6, 5]}, "data.image_shape=[6, 5]: type [height,width,channels]"),
        (
            {"mean": [0.1, 0.2]},
            "data.mean has 2 values, type one for each of the 1 channels",
        ),
        (
            {"std": [0.0]},
            "data.scale and data.std divide the pixels: type numbers above 0",
        ),
    ],
)
def test_a_declaration_that_cannot_be_is_named(grey, declare, change, problem):
    assert problems_of(declare(grey, format="idx", **change)) == [problem]
