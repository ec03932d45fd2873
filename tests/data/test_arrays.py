"""The hash of the content, and what a declaration may get wrong."""

import hashlib

import numpy as np
import pytest

from fwexp.data.arrays import content_sha256, problems_with


def test_the_hash_is_of_names_types_shapes_and_bytes(grey):
    digest = hashlib.sha256()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        array = grey[name]
        digest.update(f"{name} uint8 {array.shape}\n".encode() + array.tobytes())
    assert content_sha256(grey) == digest.hexdigest()


def test_the_hash_does_not_depend_on_the_memory_layout(grey):
    turned = np.asfortranarray(grey["x_train"])
    assert content_sha256({**grey, "x_train": turned}) == content_sha256(grey)


def test_one_changed_pixel_changes_the_hash(grey):
    images = grey["x_test"].copy()
    images[3, 2, 1, 0] ^= 1
    assert content_sha256({**grey, "x_test": images}) != content_sha256(grey)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: {**arrays, "vocabulary": np.zeros(3, np.uint8)},
        lambda arrays: {"x": arrays["x_train"], **{k: arrays[k] for k in list(arrays)[1:]}},
        lambda arrays: {**arrays, "y_test": arrays["y_test"].view(np.int8)},
        lambda arrays: {**arrays, "y_test": arrays["y_test"].reshape(5, 2)},
    ],
)
def test_another_name_type_shape_or_array_changes_the_hash(grey, change):
    assert content_sha256(change(grey)) != content_sha256(grey)


def test_arrays_of_any_type_and_none_have_a_hash():
    arrays = {"i": np.arange(3), "f": np.zeros((0, 2), np.float32), "one": np.array(1.5)}
    first = content_sha256(arrays)
    assert content_sha256({**arrays, "one": np.array(2.5)}) != first
    assert content_sha256(arrays) == first


def test_arrays_that_fit_have_no_problem(grey, declare):
    assert problems_with(grey, data=declare(grey)) == []


def test_counts_shapes_and_labels_that_do_not_fit_are_all_named(grey, declare):
    data = declare(grey, num_test=11, num_classes=9)
    labelled = {**grey, "y_train": np.full(20, 9, np.uint8)}
    assert problems_with(labelled, data=data)[:3] == [
        "x_test has shape [10, 6, 5, 1], but [11, 6, 5, 1] is declared",
        "y_test has shape [10], but [11] is declared",
        "y_train holds the label 9, but 9 classes are declared",
    ]


def test_images_of_another_shape_are_named_and_an_extra_array_is_none(grey, declare):
    data = declare(grey, image_shape=[6, 6, 1])
    arrays = {**grey, "references": np.zeros((3, 7), np.uint8)}
    assert problems_with(arrays, data=data) == [
        "x_train has shape [20, 6, 5, 1], but [20, 6, 6, 1] is declared",
        "x_test has shape [10, 6, 5, 1], but [10, 6, 6, 1] is declared",
    ]


def test_every_input_of_a_set_without_images_has_the_declared_count(grey, declare):
    data = declare(grey, image_shape=None, num_classes=None)
    arrays = {
        "x_train.user": np.zeros(20, np.int32),
        "x_train.item": np.zeros(19, np.int32),
        "y_train": np.full((20, 4), 99),
        "x_test.user": np.zeros((10, 100), np.int32),
        "x_test.item": np.zeros((10, 100), np.int32),
        "y_test": np.zeros(9, np.int64),
    }
    assert problems_with(arrays, data=data) == [
        "x_train.item has shape [19], but [20] is declared",
        "y_test has shape [9], but [10] is declared",
    ]
