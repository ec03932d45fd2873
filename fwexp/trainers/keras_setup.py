"""What is set before a model is built: threads, devices, dtypes, the strategy."""

import keras
import tensorflow as tf

from fwexp.config.schema import Config
from fwexp.hardware.precision import PRECISIONS
from fwexp.hardware.table import HARDWARE
from fwexp.trainers.devices import KerasArguments

TPU_ADDRESS = "local"


def set_up(config: Config, arguments: KerasArguments) -> tf.distribute.Strategy:
    """Pin threads, devices, TF32, dtypes and random draws before TensorFlow's runtime starts."""
    assert config.hardware.num_threads is not None
    num_threads = config.hardware.num_threads * config.hardware.devices  # one pool for them all
    tf.config.threading.set_intra_op_parallelism_threads(num_threads)
    tf.config.threading.set_inter_op_parallelism_threads(num_threads)
    _hide_other_devices(arguments)
    tf.config.experimental.enable_tensor_float_32_execution(PRECISIONS[config.precision.name].tf32)
    if arguments.run_eagerly:
        tf.debugging.enable_check_numerics()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_image_data_format("channels_last")  # whatever the user's keras.json says
    keras.config.set_floatx("float64" if arguments.policy == "float64" else "float32")
    keras.config.set_dtype_policy(arguments.policy)
    return _strategy(arguments)


def _hide_other_devices(arguments: KerasArguments) -> None:
    for device_type in (k.device_types["tf"] for k in HARDWARE.values() if k.tf_takes_all):
        found = tf.config.list_physical_devices(device_type)
        num_devices = arguments.num_devices if device_type == arguments.device_type else 0
        tf.config.set_visible_devices(found[:num_devices], device_type)


def _strategy(arguments: KerasArguments) -> tf.distribute.Strategy:
    if arguments.strategy is None:
        return tf.distribute.get_strategy()
    if arguments.strategy == "MirroredStrategy":
        return _mirrored(arguments)
    assert arguments.strategy == "TPUStrategy"
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=TPU_ADDRESS)
    tf.config.experimental_connect_to_cluster(resolver)
    topology = tf.tpu.experimental.initialize_tpu_system(resolver)
    # by default it would take every core
    cores = tf.tpu.experimental.DeviceAssignment.build(topology, num_replicas=arguments.num_devices)
    return tf.distribute.TPUStrategy(resolver, experimental_device_assignment=cores)


def _mirrored(arguments: KerasArguments) -> tf.distribute.MirroredStrategy:
    """Over this node's accelerators, or over logical devices of its CPU."""
    if arguments.logical_cpus:
        (cpu,) = tf.config.list_physical_devices(arguments.device_type)
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * arguments.logical_cpus)
    name = arguments.device_type.lower()
    return tf.distribute.MirroredStrategy([f"{name}:{i}" for i in range(arguments.num_devices)])
