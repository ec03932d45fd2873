from fwexp.identity.variables import arithmetic_variables


def test_what_changes_arithmetic_is_kept_and_the_rest_is_not() -> None:
    kept = {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math",
    }
    others = {
        "CUDA_VISIBLE_DEVICES": "0",
        "HOME": "/root",
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ONEDNN_VERBOSE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TORCHINDUCTOR_CACHE_DIR": "/tmp",
    }
    assert arithmetic_variables(kept | others) == kept
